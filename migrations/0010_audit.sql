-- Who did what, in a chain that shows when an entry was changed, left out or put in.
--
-- An entry's hash covers the hash before it. The server's role reads entries; it makes them by a function alone, which gives the
-- number and the hash, and it can change or delete none.

CREATE TABLE audit_log (
    tenant_id text COLLATE "C" NOT NULL REFERENCES tenants,
    number bigint NOT NULL CHECK (number > 0),
    at_ns bigint NOT NULL,
    action text COLLATE "C" NOT NULL CHECK (action ~ '^[a-z0-9_.]{1,64}$'),
    record text NOT NULL CHECK (length(record) <= 20000),    -- JSON, kept letter for letter: the hash is over this text
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, number)
);
CREATE INDEX audit_log_by_action ON audit_log (tenant_id, action, number);

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON audit_log USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY owner ON audit_log TO CURRENT_USER USING (true) WITH CHECK (true);

-- The newest entry of each tenant: entries that are cut off at the end are missed, too.
CREATE TABLE identity.audit_heads (
    tenant_id text COLLATE "C" PRIMARY KEY REFERENCES public.tenants,
    number bigint NOT NULL,
    hash bytea NOT NULL
);

-- Appends to the log of the transaction's tenant. Whoever appends at the same time waits, so that the chain has no fork.
CREATE FUNCTION identity.append_audit(at_ns bigint, action text, record text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant text := current_setting('app.tenant_id');
    head identity.audit_heads;
    next_number bigint;
    next_hash bytea;
BEGIN
    INSERT INTO identity.audit_heads VALUES (tenant, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM identity.audit_heads h WHERE h.tenant_id = tenant FOR UPDATE;
    next_number := head.number + 1;
    next_hash := sha256(head.hash || int8send(next_number) || int8send(at_ns)
        || convert_to(tenant || E'\n' || action || E'\n' || record, 'UTF8'));
    INSERT INTO public.audit_log VALUES (tenant, next_number, at_ns, action, record, next_hash);
    UPDATE identity.audit_heads h SET number = next_number, hash = next_hash WHERE h.tenant_id = tenant;
    RETURN next_number;
END
$$;

CREATE FUNCTION identity.audit_head() RETURNS TABLE (number bigint, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.number, h.hash FROM identity.audit_heads h WHERE h.tenant_id = current_setting('app.tenant_id')
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

-- Organizations beside the first: made, renamed, suspended by owners of the first, which hosts them.

-- The first that was made hosts the others; what a name sorts like decides nothing.
ALTER TABLE public.tenants
    ADD COLUMN ordinal bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN created_ns bigint NOT NULL DEFAULT 0,
    ADD COLUMN suspended_ns bigint;

CREATE OR REPLACE FUNCTION identity.all_tenants() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT tenant_id FROM public.tenants ORDER BY ordinal
$$;

-- False when there is one of this id.
CREATE FUNCTION identity.make_organization(tenant text, name text, now_ns bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.tenants (tenant_id, name, created_ns) VALUES (tenant, name, now_ns) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION identity.organizations() RETURNS TABLE (
    tenant_id text, name text, created_ns bigint, suspended_ns bigint, people bigint, is_host boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.tenant_id, t.name, t.created_ns, t.suspended_ns,
           (SELECT count(*) FROM identity.memberships m WHERE m.tenant_id = t.tenant_id),
           t.ordinal = (SELECT min(first.ordinal) FROM public.tenants first)
    FROM public.tenants t ORDER BY t.ordinal
$$;

-- 'done', or why not: 'unknown', 'host', which is not suspended. Null leaves as it is.
CREATE FUNCTION identity.change_organization(tenant text, new_name text, suspend boolean, now_ns bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF suspend AND tenant = (SELECT t.tenant_id FROM public.tenants t ORDER BY t.ordinal LIMIT 1) THEN
        RETURN 'host';
    END IF;
    UPDATE public.tenants t
    SET name = coalesce(new_name, t.name),
        suspended_ns = CASE WHEN suspend IS NULL THEN t.suspended_ns WHEN suspend THEN coalesce(t.suspended_ns, now_ns) END
    WHERE t.tenant_id = tenant;
    RETURN CASE WHEN FOUND THEN 'done' ELSE 'unknown' END;
END
$$;

-- Of a suspended organization nobody is a member, no key is good, no code enrols: nothing comes in, nothing is seen, all is kept.

CREATE OR REPLACE FUNCTION identity.member_of(account text, tenant text) RETURNS SETOF identity.member
LANGUAGE sql STABLE AS $$
    SELECT a.account_id, a.name, a.email, m.role, t.tenant_id, t.name
    FROM identity.accounts a
    JOIN identity.memberships m ON m.account_id = a.account_id AND m.tenant_id = tenant
    JOIN public.tenants t ON t.tenant_id = m.tenant_id AND t.suspended_ns IS NULL
    WHERE a.account_id = account
$$;

CREATE OR REPLACE FUNCTION identity.organizations_of(session_hash bytea) RETURNS TABLE (tenant_id text, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT member.tenant_id, member.tenant_name, member.role
    FROM identity.sessions s
    JOIN identity.memberships m ON m.account_id = s.account_id
    CROSS JOIN LATERAL identity.member_of(m.account_id, m.tenant_id) member
    WHERE s.token_hash = session_hash
    ORDER BY lower(member.tenant_name), member.tenant_id
$$;

CREATE OR REPLACE FUNCTION identity.use_api_key(key text, hash bytea, now_ns bigint) RETURNS TABLE (
    tenant_id text, name text, sensor text, scopes text[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.tenant_id, k.name, k.sensor, k.scopes
        FROM identity.api_keys k
        JOIN public.tenants t ON t.tenant_id = k.tenant_id AND t.suspended_ns IS NULL
        WHERE k.key_id = key AND k.secret_hash = hash AND NOT k.revoked
          AND (k.not_after_ns IS NULL OR k.not_after_ns > now_ns);
    IF FOUND THEN
        UPDATE identity.api_keys k SET used_ns = now_ns
        WHERE k.key_id = key AND (k.used_ns IS NULL OR now_ns - k.used_ns > 60000000000);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION identity.use_certificate(print bytea, now_ns bigint) RETURNS TABLE (
    key_id text, tenant_id text, name text, sensor text, sensor_id text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.key_id, k.tenant_id, k.name, k.sensor, k.sensor_id
        FROM identity.api_keys k
        JOIN public.tenants t ON t.tenant_id = k.tenant_id AND t.suspended_ns IS NULL
        WHERE k.fingerprint = print AND NOT k.revoked AND (k.not_after_ns IS NULL OR k.not_after_ns > now_ns);
    IF FOUND THEN
        UPDATE identity.api_keys k SET used_ns = now_ns
        WHERE k.fingerprint = print AND NOT k.revoked AND (k.used_ns IS NULL OR now_ns - k.used_ns > 60000000000);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION identity.ended_credentials(keys text[], now_ns bigint) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT asked.key FROM unnest(keys) AS asked (key)
    WHERE NOT EXISTS (
        SELECT FROM identity.api_keys k
        JOIN public.tenants t ON t.tenant_id = k.tenant_id AND t.suspended_ns IS NULL
        WHERE k.key_id = asked.key AND NOT k.revoked AND (k.not_after_ns IS NULL OR k.not_after_ns > now_ns))
$$;

CREATE OR REPLACE FUNCTION identity.claim_code(hash bytea, now_ns bigint) RETURNS TABLE (tenant_id text, host text, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.tenant_id, c.host,
        CASE WHEN c.used_ns IS NOT NULL THEN 'used' WHEN c.expires_ns <= now_ns THEN 'expired' ELSE 'open' END
    FROM public.claim_codes c
    JOIN public.tenants t ON t.tenant_id = c.tenant_id AND t.suspended_ns IS NULL
    WHERE c.code_hash = hash
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

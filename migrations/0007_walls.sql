-- Screens on walls. A screen shows a code, an administrator gives it to a tenant, and the screen comes for its credential.

CREATE TABLE walls (
    tenant_id text COLLATE "C" NOT NULL,
    wall_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    -- Of the credential that the screen holds; null until it has come for it. No role but the owner reads or writes it.
    credential_hash bytea UNIQUE CHECK (length(credential_hash) = 32),
    scenes text[] NOT NULL CHECK (
        cardinality(scenes) > 0 AND scenes <@ ARRAY['map', 'techniques', 'endpoints', 'pipeline']),
    shows_addresses boolean NOT NULL,
    shows_hosts boolean NOT NULL,
    shows_users boolean NOT NULL,
    theme text NOT NULL CHECK (theme IN ('dark', 'light')),
    dim_from_minute smallint NOT NULL CHECK (dim_from_minute BETWEEN 0 AND 1439),
    dim_to_minute smallint NOT NULL CHECK (dim_to_minute BETWEEN 0 AND 1439),
    created_by text NOT NULL,
    created_ns bigint NOT NULL,
    last_seen_ns bigint,
    revoked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, wall_id)
);

ALTER TABLE walls ENABLE ROW LEVEL SECURITY;
ALTER TABLE walls FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON walls USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
-- The functions below know a wall by its credential, before a tenant is known.
CREATE POLICY owner ON walls TO CURRENT_USER USING (true) WITH CHECK (true);

-- Screens that show a code. They belong to nobody until somebody types it.
CREATE TABLE identity.wall_pairings (
    secret_hash bytea PRIMARY KEY CHECK (length(secret_hash) = 32),    -- of what the screen alone knows
    code text COLLATE "C" NOT NULL UNIQUE CHECK (code ~ '^[0-9]{6}$'),
    created_ns bigint NOT NULL,
    expires_ns bigint NOT NULL,
    tenant_id text COLLATE "C",    -- once it was typed
    wall_id text COLLATE "C",
    CHECK ((tenant_id IS NULL) = (wall_id IS NULL))
);

-- `begun`; `taken`, another screen shows this code; `full`, as many screens as may wait do.
CREATE FUNCTION identity.begin_wall_pairing(
    hash bytea, new_code text, now_ns bigint, new_expires_ns bigint, outstanding_max bigint
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE identity.wall_pairings IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM identity.wall_pairings p WHERE p.expires_ns <= now_ns;
    IF (SELECT count(*) FROM identity.wall_pairings) >= outstanding_max THEN
        RETURN 'full';
    END IF;
    INSERT INTO identity.wall_pairings VALUES (hash, new_code, now_ns, new_expires_ns) ON CONFLICT DO NOTHING;
    RETURN CASE WHEN FOUND THEN 'begun' ELSE 'taken' END;
END
$$;

-- Whether the code of this screen was typed; no row when it shows none that still works.
CREATE FUNCTION identity.wall_pairing(hash bytea, now_ns bigint) RETURNS SETOF boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.wall_id IS NOT NULL FROM identity.wall_pairings p WHERE p.secret_hash = hash AND p.expires_ns > now_ns
$$;

-- False when no screen shows this code, or not any more. The screen has a minute at least to come for its credential.
CREATE FUNCTION identity.claim_wall_pairing(typed text, tenant text, wall text, now_ns bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.wall_pairings p
    SET tenant_id = tenant, wall_id = wall, expires_ns = greatest(p.expires_ns, now_ns + 60000000000)
    WHERE p.code = typed AND p.wall_id IS NULL AND p.expires_ns > now_ns;
    RETURN FOUND;
END
$$;

-- Gives the screen's wall its credential and ends the pairing, once. False when there is none, or the wall was revoked.
CREATE FUNCTION identity.collect_wall(hash bytea, credential bytea, now_ns bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    paired identity.wall_pairings;
BEGIN
    DELETE FROM identity.wall_pairings p
    WHERE p.secret_hash = hash AND p.wall_id IS NOT NULL AND p.expires_ns > now_ns
    RETURNING * INTO paired;
    UPDATE public.walls w SET credential_hash = credential, last_seen_ns = now_ns
    WHERE w.tenant_id = paired.tenant_id AND w.wall_id = paired.wall_id AND NOT w.revoked;
    RETURN FOUND;
END
$$;

-- The wall whose credential it is, unless it was revoked. Notes the time at most once a minute.
CREATE FUNCTION identity.use_wall(credential bytea, now_ns bigint) RETURNS TABLE (
    tenant_id text, tenant_name text, wall_id text, name text, scenes text[], shows_addresses boolean, shows_hosts boolean,
    shows_users boolean, theme text, dim_from_minute smallint, dim_to_minute smallint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen_ns bigint;
BEGIN
    SELECT w.last_seen_ns INTO seen_ns FROM public.walls w WHERE w.credential_hash = credential AND NOT w.revoked;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF seen_ns IS NULL OR now_ns - seen_ns > 60000000000 THEN
        UPDATE public.walls w SET last_seen_ns = now_ns WHERE w.credential_hash = credential AND NOT w.revoked;
    END IF;
    RETURN QUERY SELECT t.tenant_id, t.name, w.wall_id, w.name, w.scenes, w.shows_addresses, w.shows_hosts, w.shows_users,
        w.theme, w.dim_from_minute, w.dim_to_minute
        FROM public.walls w JOIN public.tenants t ON t.tenant_id = w.tenant_id
        WHERE w.credential_hash = credential AND NOT w.revoked;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

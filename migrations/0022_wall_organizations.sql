-- Screens that show several organizations: those beside the one whose wall it is, each by the right of one who administers it.
-- That right is asked for whenever the wall is: it ends with the membership, and rests while the role is a lesser one.

CREATE TABLE identity.wall_shows (
    tenant_id text COLLATE "C" NOT NULL,
    wall_id text COLLATE "C" NOT NULL,
    shown_tenant_id text COLLATE "C" NOT NULL CHECK (shown_tenant_id <> tenant_id),
    account_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, wall_id, shown_tenant_id),
    FOREIGN KEY (tenant_id, wall_id) REFERENCES public.walls,
    FOREIGN KEY (account_id, shown_tenant_id) REFERENCES identity.memberships (account_id, tenant_id) ON DELETE CASCADE
);
CREATE INDEX wall_shows_by_right ON identity.wall_shows (account_id, shown_tenant_id);

-- The organizations that somebody of this one administers beside it.
CREATE FUNCTION identity.administered_beside(account text) RETURNS TABLE (tenant_id text, tenant_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.tenant_id, t.name
    FROM identity.memberships here
    JOIN identity.memberships m ON m.account_id = here.account_id AND m.tenant_id <> here.tenant_id
    JOIN public.tenants t ON t.tenant_id = m.tenant_id AND t.suspended_ns IS NULL
    WHERE here.tenant_id = current_setting('app.tenant_id') AND here.account_id = account
        AND here.role IN ('owner', 'admin') AND m.role IN ('owner', 'admin')
    ORDER BY t.name, t.tenant_id
$$;

-- What holds of a wall now, whoever asks.
CREATE FUNCTION identity.wall_shows_now(tenant text, wall text) RETURNS TABLE (tenant_id text, tenant_name text)
LANGUAGE sql STABLE AS $$
    SELECT t.tenant_id, t.name
    FROM identity.wall_shows s
    JOIN identity.memberships m ON m.account_id = s.account_id AND m.tenant_id = s.shown_tenant_id
    JOIN public.tenants t ON t.tenant_id = s.shown_tenant_id AND t.suspended_ns IS NULL
    WHERE s.tenant_id = tenant AND s.wall_id = wall AND m.role IN ('owner', 'admin')
    ORDER BY t.name, t.tenant_id
$$;

-- These and no others beside its own. False, and to be rolled back, where somebody's right is missing: `account` must administer
-- what is new; what was there by another's right stays.
CREATE FUNCTION identity.show_on_wall(wall text, shown text[], account text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant text := current_setting('app.tenant_id');
BEGIN
    PERFORM FROM public.walls w WHERE w.tenant_id = tenant AND w.wall_id = wall AND NOT w.revoked FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM identity.wall_shows s
    WHERE s.tenant_id = tenant AND s.wall_id = wall AND NOT s.shown_tenant_id = ANY (shown);
    INSERT INTO identity.wall_shows
    SELECT tenant, wall, beside.tenant_id, account FROM identity.administered_beside(account) beside
    WHERE beside.tenant_id = ANY (shown)
    ON CONFLICT ON CONSTRAINT wall_shows_pkey DO UPDATE SET account_id = excluded.account_id;
    RETURN NOT EXISTS (
        SELECT FROM unnest(shown) asked
        WHERE asked NOT IN (SELECT now.tenant_id FROM identity.wall_shows_now(tenant, wall) now)
    );
END
$$;

-- Of this organization's walls.
CREATE FUNCTION identity.shown_on_walls() RETURNS TABLE (wall_id text, tenant_id text, tenant_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.wall_id, beside.tenant_id, beside.tenant_name
    FROM public.walls w CROSS JOIN LATERAL identity.wall_shows_now(w.tenant_id, w.wall_id) beside
    WHERE w.tenant_id = current_setting('app.tenant_id') AND NOT w.revoked
$$;

-- Of the one wall whose credential it is.
CREATE FUNCTION identity.shown_on_wall(credential bytea) RETURNS TABLE (tenant_id text, tenant_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT beside.tenant_id, beside.tenant_name
    FROM public.walls w CROSS JOIN LATERAL identity.wall_shows_now(w.tenant_id, w.wall_id) beside
    WHERE w.credential_hash = credential AND NOT w.revoked
$$;

-- A wall of a suspended organization is none until it is one again.
CREATE OR REPLACE FUNCTION identity.use_wall(credential bytea, now_ns bigint) RETURNS TABLE (
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
        FROM public.walls w JOIN public.tenants t ON t.tenant_id = w.tenant_id AND t.suspended_ns IS NULL
        WHERE w.credential_hash = credential AND NOT w.revoked;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

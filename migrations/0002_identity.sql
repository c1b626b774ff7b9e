-- Who people and machines are, before a tenant is known.
--
-- The server's role has no right on these tables, only on the functions below. They belong to the schema's owner, and each
-- answers about the one row whose secret's hash, address or key it is given.

CREATE SCHEMA identity;

CREATE TABLE identity.accounts (
    account_id text COLLATE "C" PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE CHECK (email = lower(email)),
    name text NOT NULL,
    password text NOT NULL,    -- argon2id, PHC form
    created_ns bigint NOT NULL
);

CREATE TABLE identity.memberships (
    tenant_id text COLLATE "C" NOT NULL REFERENCES public.tenants,
    account_id text COLLATE "C" NOT NULL REFERENCES identity.accounts,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'viewer')),
    PRIMARY KEY (account_id, tenant_id)
);

-- A session has one row for each of its tokens that still works.
CREATE TABLE identity.sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    session_id text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL REFERENCES identity.accounts,
    tenant_id text COLLATE "C" NOT NULL REFERENCES public.tenants,
    issued_ns bigint NOT NULL,
    used_ns bigint NOT NULL,
    expires_ns bigint NOT NULL
);
CREATE INDEX sessions_by_session ON identity.sessions (session_id);
CREATE INDEX sessions_by_expiry ON identity.sessions (expires_ns);

CREATE TABLE identity.api_keys (
    key_id text COLLATE "C" PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL REFERENCES public.tenants,
    name text NOT NULL,
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    created_ns bigint NOT NULL,
    created_by text,
    used_ns bigint,
    revoked boolean NOT NULL DEFAULT false
);
CREATE INDEX api_keys_by_tenant ON identity.api_keys (tenant_id);

CREATE TABLE identity.one_time_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    purpose text NOT NULL CHECK (purpose IN ('setup', 'sign_in')),
    tenant_id text COLLATE "C" NOT NULL REFERENCES public.tenants,
    account_id text COLLATE "C" REFERENCES identity.accounts,
    expires_ns bigint NOT NULL
);

-- The owner's functions look across tenants; the server's role, bound by `own_tenant`, does not.
CREATE POLICY owner ON public.tenants TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE TYPE identity.member AS (
    account_id text, name text, email text, role text, tenant_id text, tenant_name text
);

CREATE FUNCTION identity.member_of(account text, tenant text) RETURNS SETOF identity.member
LANGUAGE sql STABLE AS $$
    SELECT a.account_id, a.name, a.email, m.role, t.tenant_id, t.name
    FROM identity.accounts a
    JOIN identity.memberships m ON m.account_id = a.account_id AND m.tenant_id = tenant
    JOIN public.tenants t ON t.tenant_id = m.tenant_id
    WHERE a.account_id = account
$$;

CREATE FUNCTION identity.put_tenant(tenant text, name text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO public.tenants AS t (tenant_id, name) VALUES (tenant, name)
    ON CONFLICT (tenant_id) DO UPDATE SET name = excluded.name WHERE t.name <> excluded.name
$$;

CREATE FUNCTION identity.all_tenants() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT tenant_id FROM public.tenants ORDER BY tenant_id
$$;

CREATE FUNCTION identity.has_accounts() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM identity.accounts)
$$;

-- False when the address is taken.
CREATE FUNCTION identity.add_account(
    account text, email text, name text, password text, tenant text, role text, now_ns bigint
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO identity.accounts VALUES (account, email, name, password, now_ns) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO identity.memberships VALUES (tenant, account, role);
    RETURN true;
END
$$;

-- The stored password of one address, and the person in the first of their tenants.
CREATE FUNCTION identity.account_for_password(address text) RETURNS TABLE (
    password text, account_id text, name text, email text, role text, tenant_id text, tenant_name text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.password, member.*
    FROM identity.accounts a
    JOIN identity.memberships m ON m.account_id = a.account_id
    CROSS JOIN LATERAL identity.member_of(a.account_id, m.tenant_id) member
    WHERE a.email = address
    ORDER BY m.tenant_id
    LIMIT 1
$$;

CREATE FUNCTION identity.start_session(
    hash bytea, session text, account text, tenant text, now_ns bigint, expires_ns bigint
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.sessions s WHERE s.expires_ns <= now_ns;
    INSERT INTO identity.sessions VALUES (hash, session, account, tenant, now_ns, now_ns, expires_ns)
$$;

-- Whose session it is, alive at `now_ns`. Moves the idle limit at most once a minute, so that most requests write nothing;
-- a token that was replaced keeps the little time it was left.
CREATE FUNCTION identity.use_session(hash bytea, now_ns bigint, idle_ns bigint) RETURNS TABLE (
    issued_ns bigint, replaced boolean, account_id text, name text, email text, role text, tenant_id text, tenant_name text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_session identity.sessions;
    newer boolean;
BEGIN
    SELECT * INTO found_session FROM identity.sessions s WHERE s.token_hash = hash AND s.expires_ns > now_ns;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    newer := EXISTS (
        SELECT FROM identity.sessions s
        WHERE s.session_id = found_session.session_id AND s.issued_ns > found_session.issued_ns);
    IF NOT newer AND now_ns - found_session.used_ns > 60000000000 THEN
        UPDATE identity.sessions s SET used_ns = now_ns, expires_ns = now_ns + idle_ns WHERE s.token_hash = hash;
    END IF;
    RETURN QUERY SELECT found_session.issued_ns, newer, member.*
        FROM identity.member_of(found_session.account_id, found_session.tenant_id) member;
END
$$;

-- False when the session is not alive or the token was replaced already.
CREATE FUNCTION identity.rotate_session(
    old_hash bytea, new_hash bytea, now_ns bigint, grace_ns bigint, idle_ns bigint
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old identity.sessions;
BEGIN
    SELECT * INTO old FROM identity.sessions s WHERE s.token_hash = old_hash AND s.expires_ns > now_ns FOR UPDATE;
    IF NOT FOUND OR old.issued_ns >= now_ns OR EXISTS (
        SELECT FROM identity.sessions s WHERE s.session_id = old.session_id AND s.issued_ns > old.issued_ns
    ) THEN
        RETURN false;
    END IF;
    UPDATE identity.sessions s SET expires_ns = least(s.expires_ns, now_ns + grace_ns) WHERE s.token_hash = old_hash;
    INSERT INTO identity.sessions
    VALUES (new_hash, old.session_id, old.account_id, old.tenant_id, now_ns, now_ns, now_ns + idle_ns);
    RETURN true;
END
$$;

CREATE FUNCTION identity.end_session(hash bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.sessions
    WHERE session_id = (SELECT session_id FROM identity.sessions WHERE token_hash = hash)
$$;

CREATE FUNCTION identity.add_api_key(
    key text, tenant text, name text, hash bytea, now_ns bigint, created_by text
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO identity.api_keys VALUES (key, tenant, name, hash, now_ns, created_by)
$$;

CREATE FUNCTION identity.api_keys_of(tenant text) RETURNS TABLE (
    key_id text, name text, created_ns bigint, used_ns bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.key_id, k.name, k.created_ns, k.used_ns
    FROM identity.api_keys k
    WHERE k.tenant_id = tenant AND NOT k.revoked
    ORDER BY k.created_ns DESC, k.key_id
$$;

CREATE FUNCTION identity.use_api_key(key text, hash bytea, now_ns bigint) RETURNS TABLE (tenant_id text, name text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.tenant_id, k.name
        FROM identity.api_keys k WHERE k.key_id = key AND k.secret_hash = hash AND NOT k.revoked;
    IF FOUND THEN
        UPDATE identity.api_keys k SET used_ns = now_ns
        WHERE k.key_id = key AND (k.used_ns IS NULL OR now_ns - k.used_ns > 60000000000);
    END IF;
END
$$;

CREATE FUNCTION identity.revoke_api_key(tenant text, key text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.api_keys k SET revoked = true WHERE k.tenant_id = tenant AND k.key_id = key AND NOT k.revoked;
    RETURN FOUND;
END
$$;

-- False when there is an account already. A newer set-up token ends the earlier ones.
CREATE FUNCTION identity.put_setup_token(hash bytea, tenant text, expires_ns bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF identity.has_accounts() THEN
        RETURN false;
    END IF;
    DELETE FROM identity.one_time_tokens WHERE purpose = 'setup';
    INSERT INTO identity.one_time_tokens VALUES (hash, 'setup', tenant, NULL, expires_ns);
    RETURN true;
END
$$;

-- Makes the owner; no row when the token is wrong, used or too old, or there is an account already.
CREATE FUNCTION identity.redeem_setup(
    hash bytea, account text, email text, name text, password text, now_ns bigint
) RETURNS SETOF identity.member
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant text;
BEGIN
    LOCK TABLE identity.accounts IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM identity.one_time_tokens t
    WHERE t.token_hash = hash AND t.purpose = 'setup' AND t.expires_ns > now_ns
    RETURNING t.tenant_id INTO tenant;
    IF tenant IS NULL OR identity.has_accounts() THEN
        RETURN;
    END IF;
    PERFORM identity.add_account(account, email, name, password, tenant, 'owner', now_ns);
    RETURN QUERY SELECT * FROM identity.member_of(account, tenant);
END
$$;

CREATE FUNCTION identity.put_sign_in_token(hash bytea, tenant text, account text, now_ns bigint, expires_ns bigint)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.one_time_tokens t WHERE t.expires_ns <= now_ns;
    INSERT INTO identity.one_time_tokens VALUES (hash, 'sign_in', tenant, account, expires_ns)
$$;

CREATE FUNCTION identity.redeem_sign_in(hash bytea, now_ns bigint) RETURNS SETOF identity.member
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH used AS (
        DELETE FROM identity.one_time_tokens t
        WHERE t.token_hash = hash AND t.purpose = 'sign_in' AND t.expires_ns > now_ns
        RETURNING t.tenant_id, t.account_id
    )
    SELECT member.* FROM used CROSS JOIN LATERAL identity.member_of(used.account_id, used.tenant_id) member
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

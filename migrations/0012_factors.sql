-- Second factors, a person's way between their organizations, sign-in by an identity provider, keys with an end and with scopes.

-- Time-based codes (RFC 6238). The secret is sealed with a key that the database does not have.
CREATE TABLE identity.totp (
    account_id text COLLATE "C" PRIMARY KEY REFERENCES identity.accounts ON DELETE CASCADE,
    sealed bytea NOT NULL CHECK (length(sealed) BETWEEN 32 AND 200),
    confirmed_ns bigint,                  -- null: shown, but no code of it was seen yet; asks for nothing
    used_step bigint NOT NULL DEFAULT 0   -- a code works once
);

CREATE TABLE identity.recovery_codes (
    account_id text COLLATE "C" NOT NULL REFERENCES identity.accounts ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (account_id, code_hash)
);

-- Begins anew; false when one is confirmed already.
CREATE FUNCTION identity.begin_totp(session_hash bytea, sealed_secret bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO identity.totp AS t (account_id, sealed)
    SELECT s.account_id, sealed_secret FROM identity.sessions s WHERE s.token_hash = session_hash
    ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed WHERE t.confirmed_ns IS NULL;
    RETURN FOUND;
END
$$;

-- The secret that waits for its first code.
CREATE FUNCTION identity.pending_totp(session_hash bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.sealed FROM identity.sessions s JOIN identity.totp t ON t.account_id = s.account_id
    WHERE s.token_hash = session_hash AND t.confirmed_ns IS NULL
$$;

CREATE FUNCTION identity.confirm_totp(session_hash bytea, secret bytea, step bigint, codes bytea[], now_ns bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    account text;
BEGIN
    UPDATE identity.totp t SET confirmed_ns = now_ns, used_step = step
    FROM identity.sessions s
    WHERE s.token_hash = session_hash AND t.account_id = s.account_id AND t.confirmed_ns IS NULL AND t.sealed = secret
    RETURNING t.account_id INTO account;
    IF account IS NULL THEN
        RETURN false;
    END IF;
    DELETE FROM identity.recovery_codes c WHERE c.account_id = account;
    INSERT INTO identity.recovery_codes SELECT account, unnest(codes);
    RETURN true;
END
$$;

-- Since when the session's person is asked for codes, and how many recovery codes they have left.
CREATE FUNCTION identity.totp_state(session_hash bytea) RETURNS TABLE (confirmed_ns bigint, codes_left bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.confirmed_ns, (SELECT count(*) FROM identity.recovery_codes c WHERE c.account_id = t.account_id)
    FROM identity.sessions s JOIN identity.totp t ON t.account_id = s.account_id
    WHERE s.token_hash = session_hash AND t.confirmed_ns IS NOT NULL
$$;

CREATE FUNCTION identity.remove_totp(session_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    account text;
BEGIN
    DELETE FROM identity.totp t USING identity.sessions s
    WHERE s.token_hash = session_hash AND t.account_id = s.account_id
    RETURNING t.account_id INTO account;
    DELETE FROM identity.recovery_codes c WHERE c.account_id = account;
    RETURN account IS NOT NULL;
END
$$;

-- The sealed secret that a sign-in of this account has to know; none where none is asked for.
CREATE FUNCTION identity.totp_of(account text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.sealed FROM identity.totp t WHERE t.account_id = account AND t.confirmed_ns IS NOT NULL
$$;

-- False when this code, or a later one, was used before.
CREATE FUNCTION identity.use_totp_step(account text, step bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.totp t SET used_step = step WHERE t.account_id = account AND t.used_step < step;
    RETURN FOUND;
END
$$;

CREATE FUNCTION identity.use_recovery_code(account text, hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM identity.recovery_codes c WHERE c.account_id = account AND c.code_hash = hash;
    RETURN FOUND;
END
$$;

-- For whoever lost theirs, by an owner of the one organization that they are in: 'done', or why not: 'unknown', 'none', and
-- 'elsewhere', where another organization has its say.
CREATE FUNCTION identity.reset_totp(account text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant text := current_setting('app.tenant_id');
BEGIN
    IF NOT EXISTS (SELECT FROM identity.memberships m WHERE m.tenant_id = tenant AND m.account_id = account) THEN
        RETURN 'unknown';
    END IF;
    IF EXISTS (SELECT FROM identity.memberships m WHERE m.tenant_id <> tenant AND m.account_id = account) THEN
        RETURN 'elsewhere';
    END IF;
    DELETE FROM identity.recovery_codes c WHERE c.account_id = account;
    DELETE FROM identity.totp t WHERE t.account_id = account;
    RETURN CASE WHEN FOUND THEN 'done' ELSE 'none' END;
END
$$;

-- Organizations of a person: whoever was in one last comes back to it.

ALTER TABLE identity.accounts ADD COLUMN last_tenant text COLLATE "C";

CREATE OR REPLACE FUNCTION identity.account_for_password(address text) RETURNS TABLE (
    password text, account_id text, name text, email text, role text, tenant_id text, tenant_name text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.password, member.*
    FROM identity.accounts a
    JOIN identity.memberships m ON m.account_id = a.account_id
    CROSS JOIN LATERAL identity.member_of(a.account_id, m.tenant_id) member
    WHERE a.email = address
    ORDER BY m.tenant_id IS NOT DISTINCT FROM a.last_tenant DESC, m.tenant_id
    LIMIT 1
$$;

CREATE OR REPLACE FUNCTION identity.start_session(
    hash bytea, session text, account text, tenant text, address text, agent text, now_ns bigint, expires_ns bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM identity.sessions s WHERE s.expires_ns <= start_session.now_ns;
    -- Asked first: an update locks the table against others, whether it changes a row or none.
    IF EXISTS (SELECT FROM identity.accounts a WHERE a.account_id = account AND a.last_tenant IS DISTINCT FROM tenant) THEN
        UPDATE identity.accounts a SET last_tenant = tenant WHERE a.account_id = account;
    END IF;
    INSERT INTO identity.sessions
        (token_hash, session_id, account_id, tenant_id, issued_ns, used_ns, expires_ns, begun_ns, address, agent)
    VALUES (hash, session, account, tenant, now_ns, now_ns, expires_ns, now_ns, address, agent);
END
$$;

CREATE FUNCTION identity.organizations_of(session_hash bytea) RETURNS TABLE (tenant_id text, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.tenant_id, t.name, m.role
    FROM identity.sessions s
    JOIN identity.memberships m ON m.account_id = s.account_id
    JOIN public.tenants t ON t.tenant_id = m.tenant_id
    WHERE s.token_hash = session_hash
    ORDER BY lower(t.name), t.tenant_id
$$;

-- The person of the session in another organization of theirs; no row when it is none.
CREATE FUNCTION identity.member_beside(session_hash bytea, tenant text) RETURNS SETOF identity.member
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT member.* FROM identity.sessions s CROSS JOIN LATERAL identity.member_of(s.account_id, tenant) member
    WHERE s.token_hash = session_hash
$$;

-- Keys: an end, and what they are for.

ALTER TABLE identity.api_keys
    DROP CONSTRAINT api_keys_of_sensors,
    ADD CONSTRAINT api_keys_of_sensors CHECK (sensor_id IS NULL OR (not_after_ns IS NOT NULL AND fingerprint IS NOT NULL)),
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{ingest}' CHECK (cardinality(scopes) BETWEEN 1 AND 16);

DROP FUNCTION identity.add_api_key(text, text, text, text, bytea, bytea, bigint, text);
CREATE FUNCTION identity.add_api_key(
    key text, tenant text, name text, sensor text, hash bytea, fingerprint bytea, scopes text[], ends_ns bigint, now_ns bigint,
    created_by text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO identity.api_keys
        (key_id, tenant_id, name, sensor, secret_hash, fingerprint, scopes, not_after_ns, created_ns, created_by)
    VALUES (key, tenant, name, sensor, hash, fingerprint, scopes, ends_ns, now_ns, created_by)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

DROP FUNCTION identity.api_keys_of(text);
CREATE FUNCTION identity.api_keys_of(tenant text) RETURNS TABLE (
    key_id text, name text, sensor text, fingerprint bytea, scopes text[], ends_ns bigint, created_ns bigint, used_ns bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.key_id, k.name, k.sensor, k.fingerprint, k.scopes, k.not_after_ns, k.created_ns, k.used_ns
    FROM identity.api_keys k
    WHERE k.tenant_id = tenant AND NOT k.revoked AND k.sensor_id IS NULL
    ORDER BY k.created_ns DESC, k.key_id
$$;

DROP FUNCTION identity.use_api_key(text, bytea, bigint);
CREATE FUNCTION identity.use_api_key(key text, hash bytea, now_ns bigint) RETURNS TABLE (
    tenant_id text, name text, sensor text, scopes text[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.tenant_id, k.name, k.sensor, k.scopes
        FROM identity.api_keys k
        WHERE k.key_id = key AND k.secret_hash = hash AND NOT k.revoked
          AND (k.not_after_ns IS NULL OR k.not_after_ns > now_ns);
    IF FOUND THEN
        UPDATE identity.api_keys k SET used_ns = now_ns
        WHERE k.key_id = key AND (k.used_ns IS NULL OR now_ns - k.used_ns > 60000000000);
    END IF;
END
$$;

-- Who an identity provider says somebody is. Nothing but issuer and subject identifies them there: addresses change hands.
CREATE TABLE identity.provider_subjects (
    issuer text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL REFERENCES identity.accounts ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX provider_subjects_by_account ON identity.provider_subjects (account_id);

-- By groups of an identity provider, which say it anew at each sign-in; else by invitation.
ALTER TABLE identity.memberships ADD COLUMN by_provider boolean NOT NULL DEFAULT false;

-- Lets in whom the provider vouches for, with the roles that their groups have here, and the person in the organization that they
-- were in last. `outcome`: 'done'; 'taken', the address is somebody else's account; 'none', no organization is theirs.
CREATE FUNCTION identity.sign_in_by_provider(
    by_issuer text, by_subject text, address text, person_name text, new_account text, tenants text[], roles text[],
    link_by_address boolean, now_ns bigint
) RETURNS TABLE (
    outcome text, account_id text, name text, email text, role text, tenant_id text, tenant_name text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    account text;
    is_new boolean := false;
BEGIN
    -- Two first sign-ins of one person make one account.
    PERFORM pg_advisory_xact_lock(hashtextextended(by_issuer || E'\n' || by_subject, 0));
    SELECT p.account_id INTO account FROM identity.provider_subjects p WHERE p.issuer = by_issuer AND p.subject = by_subject;
    IF account IS NULL THEN
        SELECT a.account_id INTO account FROM identity.accounts a WHERE a.email = address;
        IF account IS NOT NULL AND NOT link_by_address THEN
            RETURN QUERY SELECT 'taken', NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text;
            RETURN;
        END IF;
        IF account IS NULL THEN
            IF cardinality(tenants) = 0 THEN
                RETURN QUERY SELECT 'none', NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text;
                RETURN;
            END IF;
            -- No password is this one's.
            INSERT INTO identity.accounts (account_id, email, name, password, created_ns)
            VALUES (new_account, address, person_name, '*', now_ns);
            account := new_account;
        END IF;
        INSERT INTO identity.provider_subjects VALUES (by_issuer, by_subject, account);
    END IF;
    DELETE FROM identity.memberships m
    WHERE m.account_id = account AND m.by_provider AND NOT m.tenant_id = ANY (tenants);
    INSERT INTO identity.memberships AS m (tenant_id, account_id, role, by_provider)
    SELECT granted.tenant, account, granted.role, true
    FROM unnest(tenants, roles) AS granted (tenant, role)
    JOIN public.tenants t ON t.tenant_id = granted.tenant
    ON CONFLICT ON CONSTRAINT memberships_pkey DO UPDATE SET role = excluded.role WHERE m.by_provider;
    DELETE FROM identity.sessions s
    WHERE s.account_id = account
      AND NOT EXISTS (SELECT FROM identity.memberships m WHERE m.account_id = account AND m.tenant_id = s.tenant_id);
    RETURN QUERY SELECT 'done', member.*
        FROM identity.accounts a
        JOIN identity.memberships m ON m.account_id = a.account_id
        CROSS JOIN LATERAL identity.member_of(a.account_id, m.tenant_id) member
        WHERE a.account_id = account
        ORDER BY m.tenant_id IS NOT DISTINCT FROM a.last_tenant DESC, m.tenant_id
        LIMIT 1;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'none', NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text;
    END IF;
END
$$;

DROP FUNCTION identity.people();
CREATE FUNCTION identity.people() RETURNS TABLE (
    account_id text, name text, email text, role text, seen_ns bigint, has_factor boolean, by_provider boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.account_id, a.name, a.email, m.role,
           (SELECT max(s.used_ns) FROM identity.sessions s WHERE s.account_id = a.account_id AND s.tenant_id = m.tenant_id),
           EXISTS (SELECT FROM identity.totp t WHERE t.account_id = a.account_id AND t.confirmed_ns IS NOT NULL),
           m.by_provider
    FROM identity.memberships m JOIN identity.accounts a ON a.account_id = m.account_id
    WHERE m.tenant_id = current_setting('app.tenant_id')
    ORDER BY lower(a.name), a.account_id
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

-- People of an organization: invited, given a role, removed; their sessions, by where they began.

ALTER TABLE identity.sessions
    ADD COLUMN begun_ns bigint,
    ADD COLUMN address text NOT NULL DEFAULT '',
    ADD COLUMN agent text NOT NULL DEFAULT '';
UPDATE identity.sessions SET begun_ns = issued_ns;
ALTER TABLE identity.sessions ALTER COLUMN begun_ns SET NOT NULL;
CREATE INDEX sessions_by_account ON identity.sessions (account_id);

DROP FUNCTION identity.start_session(bytea, text, text, text, bigint, bigint);
CREATE FUNCTION identity.start_session(
    hash bytea, session text, account text, tenant text, address text, agent text, now_ns bigint, expires_ns bigint
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM identity.sessions s WHERE s.expires_ns <= now_ns;
    INSERT INTO identity.sessions
        (token_hash, session_id, account_id, tenant_id, issued_ns, used_ns, expires_ns, begun_ns, address, agent)
    VALUES (hash, session, account, tenant, now_ns, now_ns, expires_ns, now_ns, address, agent)
$$;

CREATE OR REPLACE FUNCTION identity.rotate_session(
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
        (token_hash, session_id, account_id, tenant_id, issued_ns, used_ns, expires_ns, begun_ns, address, agent)
    VALUES (new_hash, old.session_id, old.account_id, old.tenant_id, now_ns, now_ns, now_ns + idle_ns,
            old.begun_ns, old.address, old.agent);
    RETURN true;
END
$$;

-- The sessions of whoever holds this one, in every organization of theirs.
CREATE FUNCTION identity.sessions_beside(hash bytea, now_ns bigint) RETURNS TABLE (
    session_id text, begun_ns bigint, used_ns bigint, address text, agent text, tenant_name text, is_this boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.session_id, min(s.begun_ns), max(s.used_ns), min(s.address), min(s.agent), min(t.name),
           s.session_id = own.session_id
    FROM identity.sessions own
    JOIN identity.sessions s ON s.account_id = own.account_id AND s.expires_ns > now_ns
    JOIN public.tenants t ON t.tenant_id = s.tenant_id
    WHERE own.token_hash = hash AND own.expires_ns > now_ns
    GROUP BY s.session_id, own.session_id
    ORDER BY max(s.used_ns) DESC, s.session_id
$$;

-- Ends one of them, or all but this one; the organizations whose live streams have to look again.
CREATE FUNCTION identity.end_sessions_beside(hash bytea, session text) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH own AS (SELECT s.session_id, s.account_id FROM identity.sessions s WHERE s.token_hash = hash),
    ended AS (
        DELETE FROM identity.sessions s USING own
        WHERE s.account_id = own.account_id
          AND CASE WHEN session IS NULL THEN s.session_id <> own.session_id ELSE s.session_id = session END
        RETURNING s.tenant_id
    )
    SELECT DISTINCT ended.tenant_id FROM ended
$$;

-- A new password ends every other session of the person.
CREATE FUNCTION identity.set_password(hash bytea, new_password text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.accounts a SET password = new_password
    FROM identity.sessions s WHERE s.token_hash = hash AND a.account_id = s.account_id;
    RETURN FOUND;
END
$$;

CREATE TABLE identity.invitations (
    invitation_id text COLLATE "C" PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    tenant_id text COLLATE "C" NOT NULL REFERENCES public.tenants,
    email text COLLATE "C" NOT NULL CHECK (email = lower(email)),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'viewer')),
    invited_by text NOT NULL,
    created_ns bigint NOT NULL,
    expires_ns bigint NOT NULL,
    UNIQUE (tenant_id, email)
);

-- What follows is about the transaction's organization alone.

CREATE FUNCTION identity.people() RETURNS TABLE (
    account_id text, name text, email text, role text, seen_ns bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.account_id, a.name, a.email, m.role,
           (SELECT max(s.used_ns) FROM identity.sessions s WHERE s.account_id = a.account_id AND s.tenant_id = m.tenant_id)
    FROM identity.memberships m JOIN identity.accounts a ON a.account_id = m.account_id
    WHERE m.tenant_id = current_setting('app.tenant_id')
    ORDER BY lower(a.name), a.account_id
$$;

-- 'done', or why not: 'unknown', 'owners' (only they decide about owners), 'last' (one owner stays). A null role removes the
-- person, with their sessions here, and with the account when this was the last organization of theirs.
CREATE FUNCTION identity.change_member(account text, new_role text, by_owner boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant text := current_setting('app.tenant_id');
    old_role text;
BEGIN
    -- Two who take each other's ownership away go one after the other.
    PERFORM FROM identity.memberships m WHERE m.tenant_id = tenant ORDER BY m.account_id FOR UPDATE;
    SELECT m.role INTO old_role FROM identity.memberships m WHERE m.tenant_id = tenant AND m.account_id = account;
    IF old_role IS NULL THEN
        RETURN 'unknown';
    END IF;
    IF NOT by_owner AND (old_role = 'owner' OR new_role = 'owner') THEN
        RETURN 'owners';
    END IF;
    IF old_role = 'owner' AND new_role IS DISTINCT FROM 'owner' AND NOT EXISTS (
        SELECT FROM identity.memberships m WHERE m.tenant_id = tenant AND m.role = 'owner' AND m.account_id <> account
    ) THEN
        RETURN 'last';
    END IF;
    IF new_role IS NOT NULL THEN
        UPDATE identity.memberships m SET role = new_role WHERE m.tenant_id = tenant AND m.account_id = account;
        RETURN 'done';
    END IF;
    DELETE FROM identity.sessions s WHERE s.tenant_id = tenant AND s.account_id = account;
    DELETE FROM identity.one_time_tokens t WHERE t.tenant_id = tenant AND t.account_id = account;
    DELETE FROM identity.memberships m WHERE m.tenant_id = tenant AND m.account_id = account;
    IF NOT EXISTS (SELECT FROM identity.memberships m WHERE m.account_id = account) THEN
        DELETE FROM identity.sessions s WHERE s.account_id = account;
        DELETE FROM identity.one_time_tokens t WHERE t.account_id = account;
        DELETE FROM identity.accounts a WHERE a.account_id = account;
    END IF;
    RETURN 'done';
END
$$;

-- 'done', 'member' (they are one already), 'many'. A second invitation takes the first one's place.
CREATE FUNCTION identity.invite(
    invitation text, hash bytea, address text, invited_role text, inviter text, now_ns bigint, until_ns bigint, open_max integer
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant text := current_setting('app.tenant_id');
BEGIN
    IF EXISTS (
        SELECT FROM identity.memberships m JOIN identity.accounts a ON a.account_id = m.account_id
        WHERE m.tenant_id = tenant AND a.email = address
    ) THEN
        RETURN 'member';
    END IF;
    DELETE FROM identity.invitations i WHERE i.expires_ns <= now_ns OR (i.tenant_id = tenant AND i.email = address);
    IF (SELECT count(*) FROM identity.invitations i WHERE i.tenant_id = tenant) >= open_max THEN
        RETURN 'many';
    END IF;
    INSERT INTO identity.invitations
    VALUES (invitation, hash, tenant, address, invited_role, inviter, now_ns, until_ns);
    RETURN 'done';
END
$$;

CREATE FUNCTION identity.open_invitations(now_ns bigint) RETURNS TABLE (
    invitation_id text, email text, role text, invited_by text, created_ns bigint, expires_ns bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.invitation_id, i.email, i.role, i.invited_by, i.created_ns, i.expires_ns FROM identity.invitations i
    WHERE i.tenant_id = current_setting('app.tenant_id') AND i.expires_ns > now_ns
    ORDER BY i.created_ns DESC, i.invitation_id
$$;

CREATE FUNCTION identity.cancel_invitation(invitation text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM identity.invitations i
    WHERE i.tenant_id = current_setting('app.tenant_id') AND i.invitation_id = invitation;
    RETURN FOUND;
END
$$;

-- What whoever holds the link is invited to; `account_id` is theirs when the address has an account already.
CREATE FUNCTION identity.invitation_of(hash bytea, now_ns bigint) RETURNS TABLE (
    tenant_id text, tenant_name text, email text, role text, account_id text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.tenant_id, t.name, i.email, i.role, a.account_id
    FROM identity.invitations i
    JOIN public.tenants t ON t.tenant_id = i.tenant_id
    LEFT JOIN identity.accounts a ON a.email = i.email
    WHERE i.token_hash = hash AND i.expires_ns > now_ns
$$;

-- Uses the link up. `known`: the account that proved to be the address's; else an account is made. No row when the link is not
-- good, or an account came to be, or was deleted, meanwhile.
CREATE FUNCTION identity.accept_invitation(
    hash bytea, known text, new_account text, new_name text, new_password text, now_ns bigint
) RETURNS SETOF identity.member
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    used identity.invitations;
    joining text;
BEGIN
    SELECT * INTO used FROM identity.invitations i WHERE i.token_hash = hash AND i.expires_ns > now_ns FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT a.account_id INTO joining FROM identity.accounts a WHERE a.email = used.email;
    IF joining IS DISTINCT FROM known THEN
        RETURN;
    END IF;
    IF joining IS NULL THEN
        INSERT INTO identity.accounts VALUES (new_account, used.email, new_name, new_password, now_ns) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        joining := new_account;
    END IF;
    INSERT INTO identity.memberships VALUES (used.tenant_id, joining, used.role) ON CONFLICT DO NOTHING;
    DELETE FROM identity.invitations i WHERE i.invitation_id = used.invitation_id;
    RETURN QUERY SELECT * FROM identity.member_of(joining, used.tenant_id);
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

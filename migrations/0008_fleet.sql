-- The fleet: sensors that enrolled with a claim code. The certificates that they hold are credentials as others are.

CREATE TABLE sensors (
    tenant_id text COLLATE "C" NOT NULL,
    sensor_id text COLLATE "C" NOT NULL,
    host text NOT NULL,    -- what its certificate and its records bear
    name text NOT NULL,    -- what people call it
    location text NOT NULL,
    enrolled_by text NOT NULL,    -- who made the code
    enrolled_ns bigint NOT NULL,
    last_heartbeat_ns bigint,
    version text,
    revoked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, sensor_id)
);
-- A name in the records is one sensor's.
CREATE UNIQUE INDEX sensors_by_host ON sensors (tenant_id, lower(host)) WHERE NOT revoked;

ALTER TABLE sensors ENABLE ROW LEVEL SECURITY;
ALTER TABLE sensors FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON sensors USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
-- A sensor enrols before a tenant is known.
CREATE POLICY owner ON sensors TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE TABLE claim_codes (
    tenant_id text COLLATE "C" NOT NULL,
    claim_id text COLLATE "C" NOT NULL,
    -- The server's role writes it and never reads it.
    code_hash bytea NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    host text NOT NULL,
    location text NOT NULL,
    created_by text NOT NULL,
    created_ns bigint NOT NULL,
    expires_ns bigint NOT NULL,
    used_ns bigint,
    PRIMARY KEY (tenant_id, claim_id)
);

ALTER TABLE claim_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON claim_codes USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
CREATE POLICY owner ON claim_codes TO CURRENT_USER USING (true) WITH CHECK (true);

-- A certificate that the product issued belongs to a sensor and ends.
ALTER TABLE identity.api_keys
    ADD COLUMN sensor_id text COLLATE "C",
    ADD COLUMN not_after_ns bigint,
    ADD CONSTRAINT api_keys_of_sensors CHECK (
        (sensor_id IS NULL) = (not_after_ns IS NULL) AND (sensor_id IS NULL OR fingerprint IS NOT NULL));
CREATE INDEX api_keys_by_sensor ON identity.api_keys (tenant_id, sensor_id) WHERE sensor_id IS NOT NULL AND NOT revoked;

DROP FUNCTION identity.api_keys_of(text);
DROP FUNCTION identity.revoke_api_key(text, text);
DROP FUNCTION identity.use_certificate(bytea, bigint);

-- Without those of the fleet, which are revoked with their sensor.
CREATE FUNCTION identity.api_keys_of(tenant text) RETURNS TABLE (
    key_id text, name text, sensor text, fingerprint bytea, created_ns bigint, used_ns bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.key_id, k.name, k.sensor, k.fingerprint, k.created_ns, k.used_ns
    FROM identity.api_keys k
    WHERE k.tenant_id = tenant AND NOT k.revoked AND k.sensor_id IS NULL
    ORDER BY k.created_ns DESC, k.key_id
$$;

CREATE FUNCTION identity.revoke_api_key(tenant text, key text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE identity.api_keys k SET revoked = true
    WHERE k.tenant_id = tenant AND k.key_id = key AND k.sensor_id IS NULL AND NOT k.revoked;
    RETURN FOUND;
END
$$;

CREATE FUNCTION identity.use_certificate(print bytea, now_ns bigint) RETURNS TABLE (
    key_id text, tenant_id text, name text, sensor text, sensor_id text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.key_id, k.tenant_id, k.name, k.sensor, k.sensor_id
        FROM identity.api_keys k
        WHERE k.fingerprint = print AND NOT k.revoked AND (k.not_after_ns IS NULL OR k.not_after_ns > now_ns);
    IF FOUND THEN
        UPDATE identity.api_keys k SET used_ns = now_ns
        WHERE k.fingerprint = print AND NOT k.revoked AND (k.used_ns IS NULL OR now_ns - k.used_ns > 60000000000);
    END IF;
END
$$;

-- Of these credentials, those that do not work any more.
CREATE FUNCTION identity.ended_credentials(keys text[], now_ns bigint) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT asked.key FROM unnest(keys) AS asked (key)
    WHERE NOT EXISTS (
        SELECT FROM identity.api_keys k
        WHERE k.key_id = asked.key AND NOT k.revoked AND (k.not_after_ns IS NULL OR k.not_after_ns > now_ns))
$$;

-- What the code is for; no row when there is none. `state` is `open`, `used` or `expired`.
CREATE FUNCTION identity.claim_code(hash bytea, now_ns bigint) RETURNS TABLE (tenant_id text, host text, state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.tenant_id, c.host,
        CASE WHEN c.used_ns IS NOT NULL THEN 'used' WHEN c.expires_ns <= now_ns THEN 'expired' ELSE 'open' END
    FROM public.claim_codes c WHERE c.code_hash = hash
$$;

-- Uses the code, once, for a sensor with this certificate. `enrolled`; `gone`, somebody was faster; `name_taken`.
CREATE FUNCTION identity.redeem_claim_code(
    hash bytea, sensor text, key text, print bytea, ends_ns bigint, now_ns bigint
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    claim public.claim_codes;
BEGIN
    UPDATE public.claim_codes c SET used_ns = now_ns
    WHERE c.code_hash = hash AND c.used_ns IS NULL AND c.expires_ns > now_ns
    RETURNING * INTO claim;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    INSERT INTO public.sensors (tenant_id, sensor_id, host, name, location, enrolled_by, enrolled_ns)
    VALUES (claim.tenant_id, sensor, claim.host, claim.host, claim.location, claim.created_by, now_ns)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        UPDATE public.claim_codes c SET used_ns = NULL WHERE c.code_hash = hash;
        RETURN 'name_taken';
    END IF;
    INSERT INTO identity.api_keys (
        key_id, tenant_id, name, sensor, fingerprint, created_ns, created_by, sensor_id, not_after_ns)
    VALUES (key, claim.tenant_id, claim.host, claim.host, print, now_ns, NULL, sensor, ends_ns);
    RETURN 'enrolled';
END
$$;

-- Another certificate for the sensor that holds `current`. Two work at a time: this one, and the one it was asked with.
CREATE FUNCTION identity.renew_certificate(current text, key text, print bytea, ends_ns bigint, now_ns bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held identity.api_keys;
BEGIN
    SELECT * INTO held FROM identity.api_keys k
    WHERE k.key_id = current AND k.sensor_id IS NOT NULL AND NOT k.revoked AND k.not_after_ns > now_ns
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE identity.api_keys k SET revoked = true
    WHERE k.tenant_id = held.tenant_id AND k.sensor_id = held.sensor_id AND k.key_id <> current AND NOT k.revoked;
    INSERT INTO identity.api_keys (
        key_id, tenant_id, name, sensor, fingerprint, created_ns, created_by, sensor_id, not_after_ns)
    VALUES (key, held.tenant_id, held.name, held.sensor, print, now_ns, NULL, held.sensor_id, ends_ns);
    RETURN true;
END
$$;

-- Until when the newest certificate of each of the tenant's sensors works.
CREATE FUNCTION identity.certificates_end(tenant text) RETURNS TABLE (sensor_id text, not_after_ns bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.sensor_id, max(k.not_after_ns) FROM identity.api_keys k
    WHERE k.tenant_id = tenant AND k.sensor_id IS NOT NULL AND NOT k.revoked
    GROUP BY k.sensor_id
$$;

-- Whether there was such a sensor. None of its certificates works any more.
CREATE FUNCTION identity.revoke_sensor(tenant text, asked text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- First: a renewal that is under way waits here, or this waits for it and then finds its certificate.
    PERFORM FROM identity.api_keys k
    WHERE k.tenant_id = tenant AND k.sensor_id = asked AND NOT k.revoked FOR UPDATE;
    UPDATE public.sensors s SET revoked = true WHERE s.tenant_id = tenant AND s.sensor_id = asked AND NOT s.revoked;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE identity.api_keys k SET revoked = true
    WHERE k.tenant_id = tenant AND k.sensor_id = asked AND NOT k.revoked;
    RETURN true;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

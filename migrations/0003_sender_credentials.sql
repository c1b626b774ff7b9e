-- A sender proves who it is by a key's secret or by a TLS certificate, and may be named as the sensor that it is.

ALTER TABLE identity.api_keys
    ALTER COLUMN secret_hash DROP NOT NULL,
    ADD COLUMN fingerprint bytea CHECK (length(fingerprint) = 32),    -- SHA-256 of the certificate
    ADD COLUMN sensor text,
    ADD CONSTRAINT api_keys_one_proof CHECK ((secret_hash IS NULL) <> (fingerprint IS NULL));
-- A certificate speaks for one tenant.
CREATE UNIQUE INDEX api_keys_by_fingerprint ON identity.api_keys (fingerprint)
    WHERE fingerprint IS NOT NULL AND NOT revoked;

DROP FUNCTION identity.add_api_key(text, text, text, bytea, bigint, text);
DROP FUNCTION identity.api_keys_of(text);
DROP FUNCTION identity.use_api_key(text, bytea, bigint);

-- False when the certificate is somebody's already.
CREATE FUNCTION identity.add_api_key(
    key text, tenant text, name text, sensor text, hash bytea, fingerprint bytea, now_ns bigint, created_by text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO identity.api_keys (key_id, tenant_id, name, sensor, secret_hash, fingerprint, created_ns, created_by)
    VALUES (key, tenant, name, sensor, hash, fingerprint, now_ns, created_by)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

CREATE FUNCTION identity.api_keys_of(tenant text) RETURNS TABLE (
    key_id text, name text, sensor text, fingerprint bytea, created_ns bigint, used_ns bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.key_id, k.name, k.sensor, k.fingerprint, k.created_ns, k.used_ns
    FROM identity.api_keys k
    WHERE k.tenant_id = tenant AND NOT k.revoked
    ORDER BY k.created_ns DESC, k.key_id
$$;

CREATE FUNCTION identity.use_api_key(key text, hash bytea, now_ns bigint) RETURNS TABLE (
    tenant_id text, name text, sensor text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.tenant_id, k.name, k.sensor
        FROM identity.api_keys k WHERE k.key_id = key AND k.secret_hash = hash AND NOT k.revoked;
    IF FOUND THEN
        UPDATE identity.api_keys k SET used_ns = now_ns
        WHERE k.key_id = key AND (k.used_ns IS NULL OR now_ns - k.used_ns > 60000000000);
    END IF;
END
$$;

CREATE FUNCTION identity.use_certificate(print bytea, now_ns bigint) RETURNS TABLE (
    key_id text, tenant_id text, name text, sensor text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.key_id, k.tenant_id, k.name, k.sensor
        FROM identity.api_keys k WHERE k.fingerprint = print AND NOT k.revoked;
    IF FOUND THEN
        UPDATE identity.api_keys k SET used_ns = now_ns
        WHERE k.fingerprint = print AND NOT k.revoked AND (k.used_ns IS NULL OR now_ns - k.used_ns > 60000000000);
    END IF;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

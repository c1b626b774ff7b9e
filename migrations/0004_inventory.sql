-- What an organization owns and who is in it. Each table is sent as a whole and replaced as a whole.

-- Grows with each replacement, so that whoever keeps a copy sees that it is old.
ALTER TABLE tenants ADD COLUMN inventory_seq bigint NOT NULL DEFAULT 0;

CREATE TABLE assets (
    tenant_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    addresses text[] NOT NULL,
    criticality smallint CHECK (criticality BETWEEN 0 AND 3),    -- low_impact, medium_impact, high_impact, extreme_impact
    owner text,
    role text,
    site text,
    PRIMARY KEY (tenant_id, name)
);

CREATE INDEX assets_by_lower_name ON assets (tenant_id, lower(name));

CREATE TABLE people (
    tenant_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    full_name text,
    email text,
    department text,
    title text,
    criticality smallint CHECK (criticality BETWEEN 0 AND 3),
    privileged boolean NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['assets', 'people'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON %I USING (tenant_id = current_setting(''app.tenant_id'', true)) '
            'WITH CHECK (tenant_id = current_setting(''app.tenant_id'', true))', name);
    END LOOP;
END
$$;

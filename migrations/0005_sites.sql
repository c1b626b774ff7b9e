-- Where the parts of an organization are. Replaced as a whole, as the other tables of the inventory.

CREATE TABLE sites (
    tenant_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),    -- degrees
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    country text,    -- ISO 3166-1, two letters
    PRIMARY KEY (tenant_id, name)
);

ALTER TABLE sites ENABLE ROW LEVEL SECURITY;
ALTER TABLE sites FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON sites USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));

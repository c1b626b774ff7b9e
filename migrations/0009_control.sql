-- What sensors are told to do, and what became of it.

-- Numbers are given per sensor and never again; what a sensor said of its captures is shown when it is away, too.
ALTER TABLE sensors
    ADD COLUMN commands_made bigint NOT NULL DEFAULT 0,
    ADD COLUMN captures jsonb;

CREATE TABLE sensor_commands (
    tenant_id text COLLATE "C" NOT NULL,
    sensor_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    command jsonb NOT NULL,
    created_by text NOT NULL,
    created_ns bigint NOT NULL,
    expires_ns bigint NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'sent', 'done', 'failed', 'expired', 'cancelled')),
    reason text,
    detail text,
    done_ns bigint,
    PRIMARY KEY (tenant_id, sensor_id, number),
    FOREIGN KEY (tenant_id, sensor_id) REFERENCES sensors (tenant_id, sensor_id)
);
-- What waits, for who asks each second.
CREATE INDEX sensor_commands_waiting ON sensor_commands (sensor_id) WHERE state IN ('queued', 'sent');

ALTER TABLE sensor_commands ENABLE ROW LEVEL SECURITY;
ALTER TABLE sensor_commands FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON sensor_commands USING (tenant_id = current_setting('app.tenant_id', true))
    WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
-- A process asks for all of its connected sensors at once.
CREATE POLICY owner ON sensor_commands TO CURRENT_USER USING (true) WITH CHECK (true);

-- Of these sensors, those for which a command waits that was not sent.
CREATE FUNCTION identity.commanded_sensors(sensors text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT c.sensor_id FROM public.sensor_commands c
    WHERE c.sensor_id = ANY (sensors) AND c.state = 'queued'
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA identity FROM PUBLIC;

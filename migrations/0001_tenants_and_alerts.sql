-- Tenants, their alerts and endpoints.
--
-- Every table here is a tenant's: row-level security, forced even for the owner, shows the rows of the tenant named in
-- `app.tenant_id` and none when it names nobody. Times are nanoseconds since 1970 in UTC.

CREATE TABLE tenants (
    tenant_id text COLLATE "C" PRIMARY KEY CHECK (tenant_id ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text NOT NULL,
    -- The last change number. Whoever changes alerts locks this row first, so numbers follow the order of commits.
    change_seq bigint NOT NULL DEFAULT 0
);

CREATE TABLE alerts (
    tenant_id text COLLATE "C" NOT NULL,
    alert_id text COLLATE "C" NOT NULL,
    rule_id text COLLATE "C" NOT NULL,
    endpoint_id text COLLATE "C" NOT NULL,
    source smallint NOT NULL CHECK (source BETWEEN 0 AND 2),        -- sigma, model, intel
    severity smallint NOT NULL CHECK (severity BETWEEN 0 AND 3),    -- low, medium, high, critical
    status smallint NOT NULL CHECK (status BETWEEN 0 AND 4),        -- open, acknowledged, investigating, resolved, false_positive
    verdict smallint CHECK (verdict BETWEEN 0 AND 1),               -- true_positive, false_positive
    simulated boolean NOT NULL,
    detections bigint NOT NULL CHECK (detections >= 1),
    first_seen_ns bigint NOT NULL,
    last_seen_ns bigint NOT NULL CHECK (last_seen_ns >= first_seen_ns),
    received_ns bigint NOT NULL,
    detected_ns bigint NOT NULL,
    stored_ns bigint NOT NULL,
    shown_ns bigint,
    version bigint NOT NULL,
    -- The version that the last change by a person made; 0 before the first.
    person_version bigint NOT NULL DEFAULT 0,
    change_seq bigint NOT NULL,
    title text NOT NULL,
    evidence text NOT NULL,
    user_name text,
    process_name text,
    assignee text,
    technique_ids text[] NOT NULL,
    -- json, not jsonb: it is never searched, and must come back byte for byte.
    techniques json NOT NULL,
    related_endpoints text[] NOT NULL,
    PRIMARY KEY (tenant_id, alert_id)
);
CREATE INDEX alerts_by_severity ON alerts (tenant_id, severity DESC, last_seen_ns DESC, alert_id);
CREATE INDEX alerts_by_last_seen ON alerts (tenant_id, last_seen_ns DESC, alert_id);
CREATE INDEX alerts_by_first_seen ON alerts (tenant_id, first_seen_ns, alert_id);
CREATE INDEX alerts_by_key ON alerts (tenant_id, rule_id, endpoint_id, first_seen_ns);
CREATE INDEX alerts_by_change ON alerts (tenant_id, change_seq);
CREATE INDEX alerts_unresolved ON alerts (tenant_id, endpoint_id, severity) WHERE status < 3;

-- What only the page of one alert shows; apart, so that lists read little.
CREATE TABLE alert_explanations (
    tenant_id text COLLATE "C" NOT NULL,
    alert_id text COLLATE "C" NOT NULL,
    rule json NOT NULL,
    what_happened json NOT NULL,
    matched json NOT NULL,
    trigger_event text NOT NULL,
    trigger_entity text,
    file_sha256 text,
    -- The window that made `related_endpoints`.
    correlation_window_ns bigint NOT NULL,
    PRIMARY KEY (tenant_id, alert_id),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts
);

-- Each detection once: its rule and the event that completed it.
CREATE TABLE alert_events (
    tenant_id text COLLATE "C" NOT NULL,
    rule_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    alert_id text COLLATE "C" NOT NULL,
    observed_ns bigint NOT NULL,
    recorded_ns bigint NOT NULL,
    -- A correlation's other events, oldest first.
    contributing text[],
    PRIMARY KEY (tenant_id, rule_id, event_id)
);
CREATE INDEX alert_events_by_alert ON alert_events (tenant_id, alert_id, observed_ns, event_id);

-- What people did. Append-only: the server's role may insert and read. What the product did (raised, folded) is in
-- `alerts` and `alert_events` already and is told from there.
CREATE TABLE alert_history (
    tenant_id text COLLATE "C" NOT NULL,
    alert_id text COLLATE "C" NOT NULL,
    entry bigint GENERATED ALWAYS AS IDENTITY,
    -- Entries of one change share the version that it made.
    version bigint NOT NULL,
    at_ns bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL CHECK (action IN ('status_changed', 'noted', 'assigned', 'undone')),
    from_value text,
    to_value text,
    note text,
    -- For `undone`: the version that was taken back.
    undoes bigint,
    -- What undo restores; absent on entries that changed nothing but the notes.
    before_status smallint,
    before_assignee text,
    before_verdict smallint,
    PRIMARY KEY (tenant_id, alert_id, entry),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts
);

CREATE TABLE endpoints (
    tenant_id text COLLATE "C" NOT NULL,
    endpoint_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    platform text NOT NULL,
    addresses text[] NOT NULL,
    first_seen_ns bigint NOT NULL,
    last_seen_ns bigint NOT NULL,
    simulated boolean NOT NULL,
    PRIMARY KEY (tenant_id, endpoint_id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tenants', 'alerts', 'alert_explanations', 'alert_events', 'alert_history', 'endpoints'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_tenant ON %I USING (tenant_id = current_setting(''app.tenant_id'', true)) '
            'WITH CHECK (tenant_id = current_setting(''app.tenant_id'', true))', name);
    END LOOP;
END
$$;

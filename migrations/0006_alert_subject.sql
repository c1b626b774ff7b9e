-- What an alert is about besides its rule and its endpoint: an intrusion detection system is one endpoint, and tells of many.
-- Empty for what an endpoint says of itself.
ALTER TABLE alerts ADD COLUMN subject text COLLATE "C" NOT NULL DEFAULT '';

DROP INDEX alerts_by_key;
CREATE INDEX alerts_by_key ON alerts (tenant_id, rule_id, endpoint_id, subject, first_seen_ns);

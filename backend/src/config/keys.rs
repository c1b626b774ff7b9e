//! Every setting in words.

/// Key and meaning. Defaults come from the code.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("data_dir", "Everything the product keeps lies below it."),
    (
        "roles",
        "What this process does of the whole: `all`, or some of `ingest` (the doors), `aggregate`, `normalize`, `join`, `index`, `detect`, `infer`, `alert` (the stages) and `api`; as a text with commas between them, too. Less than everything needs `bus.kafka` and `database.url`, and for `index` and `api` `search.opensearch`. `watchfloor serve --role` says the same. Any number of processes may have the same role.",
    ),
    ("http.listen", "Where console, API and ingest door listen."),
    (
        "http.public_url",
        "How people reach it, for the links that the server prints.",
    ),
    (
        "http.tls.certificate",
        "PEM file: the server's certificate, then those that lead to its authority. Set, this listener speaks TLS alone. The files are read again when they change.",
    ),
    ("http.tls.key", "PEM file: the certificate's private key."),
    (
        "http.tls.client_ca",
        "PEM file: authorities of client certificates. Set, a client may show one that they signed, and it counts as the API key that it was registered as.",
    ),
    (
        "identity.sealing_key",
        "32 bytes in Base64 (`openssl rand -base64 32`) that seal secrets in the database, such as those of second factors. Absent, each server makes one in its data directory; servers that share a database need the same.",
    ),
    (
        "identity.oidc.issuer",
        "The OpenID Connect provider that signs people in beside us, letter for letter as it calls itself: `https://sso.example/realms/soc`; none when absent. It is told to lead back to `<http.public_url>/api/v1/session/provider/return`.",
    ),
    ("identity.oidc.client_id", "What the provider calls this server."),
    (
        "identity.oidc.client_secret",
        "What the provider knows it by; absent for a public client.",
    ),
    ("identity.oidc.name", "What the button says after \"Sign in with\"."),
    (
        "identity.oidc.scopes",
        "Asked for beside `openid`; many providers list groups only when asked for `groups`.",
    ),
    (
        "identity.oidc.groups_claim",
        "Where the ID token, or else the user info, lists a person's groups; dots lead into objects: `realm_access.roles`.",
    ),
    (
        "identity.oidc.link_by_email",
        "Lets whoever the provider vouches for, with a verified address, into the account that has it. Only for a provider that verifies addresses itself.",
    ),
    (
        "identity.oidc.ca",
        "PEM file: the authorities of the provider's certificate, and no others; the host's when absent.",
    ),
    (
        "identity.oidc.grants",
        "Who may come in: `[[identity.oidc.grants]]` with `group`, `organization` (its id; `default` is the first) and `role` (`owner`, `admin`, `analyst`, `viewer`). The highest role of several counts; roles are given anew at each sign-in.",
    ),
    (
        "syslog.tcp",
        "Where to listen for syslog over TCP, octet-counted or by lines; nowhere when absent. Anyone who reaches it can send.",
    ),
    (
        "syslog.udp",
        "Where to listen for syslog over UDP; nowhere when absent. Anyone who reaches it can send.",
    ),
    (
        "syslog.tls.listen",
        "Where to listen for syslog over TLS (RFC 5425), for senders whose certificate is registered as an API key; nowhere when absent.",
    ),
    (
        "syslog.tls.certificate",
        "PEM file; with `key` absent too, those of `http.tls`.",
    ),
    ("syslog.tls.key", "PEM file: the certificate's private key."),
    (
        "syslog.tls.client_ca",
        "PEM file: authorities that must have signed a sender's certificate; any may when absent, it must be registered in either case.",
    ),
    (
        "syslog.tls.allow_unregistered",
        "Serves senders without a registered certificate too, as `syslog.tenant`'s.",
    ),
    (
        "syslog.tenant",
        "Whose records come from senders without a credential; the first tenant's when absent.",
    ),
    (
        "lumberjack.tcp",
        "Where to listen for Lumberjack 2 (Beats and Logstash) over TCP; nowhere when absent. Anyone who reaches it can send.",
    ),
    (
        "lumberjack.tls.listen",
        "Where to listen for Lumberjack 2 (Beats and Logstash) over TLS, for senders whose certificate is registered as an API key; nowhere when absent.",
    ),
    ("lumberjack.tls.certificate", "As `syslog.tls.certificate`."),
    ("lumberjack.tls.key", "As `syslog.tls.key`."),
    ("lumberjack.tls.client_ca", "As `syslog.tls.client_ca`."),
    (
        "lumberjack.tls.allow_unregistered",
        "Serves senders without a registered certificate too, as `lumberjack.tenant`'s.",
    ),
    (
        "lumberjack.tenant",
        "Whose records come from senders without a credential; the first tenant's when absent.",
    ),
    (
        "gelf.tcp",
        "Where to listen for GELF over TCP, ended by NUL; nowhere when absent. Anyone who reaches it can send.",
    ),
    (
        "gelf.udp",
        "Where to listen for GELF over UDP, chunked and compressed; nowhere when absent. Anyone who reaches it can send.",
    ),
    (
        "gelf.tls.listen",
        "Where to listen for GELF over TLS, for senders whose certificate is registered as an API key; nowhere when absent.",
    ),
    ("gelf.tls.certificate", "As `syslog.tls.certificate`."),
    ("gelf.tls.key", "As `syslog.tls.key`."),
    ("gelf.tls.client_ca", "As `syslog.tls.client_ca`."),
    (
        "gelf.tls.allow_unregistered",
        "Serves senders without a registered certificate too, as `gelf.tenant`'s.",
    ),
    (
        "gelf.tenant",
        "Whose records come from senders without a credential; the first tenant's when absent.",
    ),
    (
        "limits.connections_max",
        "Connections that one listener holds at once; another is closed at once.",
    ),
    (
        "limits.connections_per_peer_max",
        "Of these, from one address (IPv6: from one /64).",
    ),
    (
        "limits.records_per_second_max",
        "Records that one credential may send, or one address where there is none, on average over ten seconds. Beyond that HTTP and gRPC say when to come again, and raw TCP is read no further.",
    ),
    ("limits.bytes_per_second_max", "Their bytes."),
    (
        "grpc.listen",
        "Where to listen for gRPC, 50051 by convention: sensors (`watchfloor.sensor.v1.SensorService`) and OTLP logs, each with an API key, or with the certificate that a sensor enrolled for; nowhere when absent.",
    ),
    (
        "sensors.server_names",
        "Names and addresses by which sensors reach `grpc.listen`. Where `http.tls` names no files, that listener speaks TLS with a certificate that the product's own authority makes for them.",
    ),
    (
        "sensors.address",
        "What sensors are told to call; https://, the first of `sensors.server_names` and the port of `grpc.listen` when absent.",
    ),
    (
        "sensors.ca_certificate",
        "PEM file: an authority for sensors' certificates in place of the product's own, which is made at the first start in `pki` below the data directory. Every server of a cluster needs the same.",
    ),
    ("sensors.ca_key", "PEM file: its private key."),
    (
        "sensors.certificate_hours",
        "How long a sensor's certificate works. The sensor renews it at two thirds of that.",
    ),
    ("sensors.code_minutes", "How long a claim code works."),
    (
        "otlp.http",
        "Where to listen for OTLP logs over HTTP (`POST /v1/logs`), 4318 by convention, besides `http.listen`; nowhere else when absent.",
    ),
    (
        "follow",
        "Log files that are followed as they grow, a `[[follow]]` each: `paths` (a list, with `*`, `?`, `**`), `source` where the records do not say it (`zeek`, `suricata`, `auditd`, `syslog`), `sensor` for records that name no endpoint (this machine's name when absent), `tenant` (the first when absent).",
    ),
    (
        "database.url",
        "A PostgreSQL server of yours, as an unprivileged role (secret); TLS as its `sslmode` and `sslrootcert` say. Absent: a managed PostgreSQL 17 in the data directory.",
    ),
    (
        "database.migration_url",
        "With `database.url`: the role that owns and migrates the schema (secret).",
    ),
    (
        "database.auto_migrate",
        "Whether the schema is brought up to date at the start, by `database.migration_url`; else one that is older is refused.",
    ),
    (
        "database.binaries",
        "Folder with `bin/postgres` for the managed server; searched for when absent.",
    ),
    (
        "database.managed_uid",
        "User id under which the managed server runs when Watchfloor runs as root.",
    ),
    ("database.connections_max", "Connections kept open at most (2–200)."),
    (
        "database.acquire_timeout_ms",
        "How long a caller waits for a free connection.",
    ),
    ("database.statement_timeout_ms", "How long one statement may run."),
    (
        "database.lock_timeout_ms",
        "How long a statement may wait for another's lock.",
    ),
    (
        "bus.retention_bytes",
        "Deletes the oldest part of a partition beyond this many bytes on disk.",
    ),
    ("bus.retention_hours", "Deletes records older than this."),
    (
        "bus.kafka.brokers",
        "`host:port` of some brokers of a Kafka cluster, which then is the bus in place of the log in the data directory. Its topics are made where they are missing, with the cluster's own replication, and their retention is the brokers' to apply; a topic that is there keeps its settings, and its partition count must be ours. A broker keeps 4096 bytes with a position (`offset.metadata.max.bytes`): 65536 leave room for the counts of many senders.",
    ),
    ("bus.kafka.topic_prefix", "Before each topic's name."),
    ("bus.kafka.group_prefix", "Before each consumer group's name."),
    (
        "bus.kafka.tls.enabled",
        "Speaks TLS with the brokers, and checks their names and certificates.",
    ),
    (
        "bus.kafka.tls.ca",
        "PEM file: the authorities of their certificates; the host's when absent.",
    ),
    (
        "bus.kafka.tls.certificate",
        "PEM file: what to show where the brokers ask for a certificate.",
    ),
    ("bus.kafka.tls.key", "PEM file: the certificate's private key."),
    (
        "bus.kafka.sasl.mechanism",
        "How to sign in, over TLS alone: `scram-sha-256` or `scram-sha-512`; not at all when absent.",
    ),
    ("bus.kafka.sasl.username", "Who signs in."),
    ("bus.kafka.sasl.password", "With which password (secret)."),
    (
        "search.retention_days",
        "Forgets events that happened longer ago; keeps all when absent.",
    ),
    (
        "search.opensearch.urls",
        "`https://host:9200` of some nodes of one OpenSearch cluster, version 2 or later, which then is the index in place of the one in the data directory. One that does not answer is passed over for the next. The index template is made at the start, a tenant's index with its first event.",
    ),
    (
        "search.opensearch.username",
        "Who signs in, over https or on this machine alone; nobody when empty. It needs `cluster_monitor`, `manage_index_templates` (`indices:admin/index_template/*`), and everything on the indexes of the prefix.",
    ),
    ("search.opensearch.password", "With which password (secret)."),
    (
        "search.opensearch.index_prefix",
        "Before the tenant in the name of its index.",
    ),
    (
        "search.opensearch.shards",
        "Primary shards of an index that is made; one that is there keeps its own.",
    ),
    (
        "search.opensearch.replicas",
        "Copies of each shard of an index that is made.",
    ),
    ("search.opensearch.search_timeout_ms", "How long one search may take."),
    (
        "search.opensearch.write_timeout_ms",
        "How long one request that writes may take.",
    ),
    (
        "search.opensearch.bulk_bytes_max",
        "Bytes of one bulk request's body, at most what the cluster takes (`http.max_content_length`).",
    ),
    (
        "search.opensearch.tls.ca",
        "PEM file: the authorities of the nodes' certificates, and no others; the host's when absent.",
    ),
    (
        "search.opensearch.tls.certificate",
        "PEM file: what to show where the nodes ask for a certificate.",
    ),
    ("search.opensearch.tls.key", "PEM file: the certificate's private key."),
    (
        "redis.url",
        "`rediss://host:6379` (TLS) or `redis://host:6379` of a Redis, version 6 or later, with `/1` behind it another database than the first: replicas of `api` and `ingest` then tell one another of changes and ended sessions at once and count tries to sign in and what senders send together. Nothing is kept there that may not be lost. Absent or away: each process for itself, changes within half a second.",
    ),
    (
        "redis.username",
        "Who signs in; the server's default account when empty.",
    ),
    (
        "redis.password",
        "With which password, over TLS or on this machine alone (secret).",
    ),
    ("redis.prefix", "Before the name of each key and channel."),
    (
        "redis.tls.ca",
        "PEM file: the authorities of the server's certificate, and no others; the host's when absent.",
    ),
    (
        "redis.tls.certificate",
        "PEM file: what to show where the server asks for a certificate.",
    ),
    ("redis.tls.key", "PEM file: the certificate's private key."),
    (
        "influxdb.url",
        "`https://host:8086` of an InfluxDB 2: heartbeats of sensors are written there as `sensor_metrics`, whether enrolled sensors live as `sensor_status`, and charts are drawn from there. Absent or away: charts show what the process itself heard, an hour at most.",
    ),
    ("influxdb.organization", "Whose bucket it is."),
    (
        "influxdb.bucket",
        "The bucket, which must be there; how long it keeps is its own setting.",
    ),
    (
        "influxdb.token",
        "May read and write the bucket; over https or on this machine alone (secret).",
    ),
    (
        "influxdb.ca",
        "PEM file: the authorities of the server's certificate, and no others; the host's when absent.",
    ),
    (
        "rules.starter_pack",
        "Whether the rules that ship with the product run.",
    ),
    ("rules.folders", "Folders of Sigma rules, reloaded when they change."),
    (
        "aggregate.window_seconds",
        "Network alerts of one sensor, rule, source and destination within this time are one event with a count; an alert waits as long before it is seen (1–3600).",
    ),
    (
        "enrich.city",
        "Databases in MaxMind's format that say where addresses are (city or country); read again when they change.",
    ),
    (
        "enrich.asn",
        "Databases in MaxMind's format, or CSV tables of ranges, that say whose network addresses are in; read again when they change.",
    ),
    (
        "infer.enabled",
        "Whether windows of endpoints are judged by the graph models.",
    ),
    (
        "infer.models",
        "Folder with `<platform>/{model.onnx,manifest.json}`, read again when they change; `models` in the data directory when absent. A platform that it lacks has the model that ships.",
    ),
    (
        "infer.library",
        "ONNX Runtime's library; what `cargo xtask setup` fetched, or `ORT_DYLIB_PATH`, when absent.",
    ),
    (
        "infer.window_seconds",
        "How much of an endpoint's event time one window holds.",
    ),
    ("infer.step_seconds", "A window ends at every multiple of this."),
    (
        "infer.lateness_seconds",
        "How far behind its endpoint's newest event an event may come and still be in its windows.",
    ),
    ("infer.workers", "Threads that score windows (1–256)."),
    (
        "infer.routine",
        "Linux daemons, each `{executable, unit}`, whose own files and connections stay out of the windows; what they start does not.",
    ),
    (
        "alerts.dedup_window_seconds",
        "A detection joins the open alert of its rule and endpoint within this time (1–86400).",
    ),
    (
        "alerts.correlation_window_seconds",
        "Alerts on other endpoints that began within this time are related (1–3600).",
    ),
    (
        "log.filter",
        "`tracing` directives, such as `info` or `watchfloor=debug`.",
    ),
    ("log.format", "`text` or `json`."),
];

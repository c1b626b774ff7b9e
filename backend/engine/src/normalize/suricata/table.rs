//! What the fields of eve are in ECS. Facts: Suricata's EVE format, ECS 8.

use super::{Row, dns, refine};
use crate::normalize::{
    column::{
        Column,
        How::{self, *},
        column,
    },
    document::{Class, Document, class},
    node::Fields,
};

const fn c(from: &'static str, section: &'static str, name: &'static str, how: How) -> Column {
    column(from, section, name, how)
}

pub(super) const COMMON: &[Column] = &[
    c("src_ip", "source", "ip", Address),
    c("src_port", "source", "port", Port),
    c("dest_ip", "destination", "ip", Address),
    c("dest_port", "destination", "port", Port),
    c("proto", "network", "transport", Transport),
    c("app_proto", "network", "protocol", Lower),
    c("community_id", "network", "community_id", Text),
    c("in_iface", "observer.ingress.interface", "name", Text),
    c("flow_id", "suricata.eve", "flow_id", Text),
    c("icmp_type", "suricata.eve", "icmp_type", Long),
    c("icmp_code", "suricata.eve", "icmp_code", Long),
];

const ALERT: &[Column] = &[
    c("signature", "rule", "name", Text),
    c("signature_id", "rule", "id", Text),
    c("rev", "rule", "version", Text),
    c("category", "rule", "category", Text),
    c("severity", "event", "severity", Long),
];

const HTTP: &[Column] = &[
    c("hostname", "url", "domain", Host),
    c("url", "url", "original", Text),
    c("http_user_agent", "user_agent", "original", Text),
    c("http_refer", "http.request", "referrer", Text),
    c("http_method", "http.request", "method", Text),
    c("http_content_type", "http.response", "mime_type", Text),
    c("status", "http.response", "status_code", Long),
    c("length", "http.response.body", "bytes", Long),
];

const TLS: &[Column] = &[
    c("subject", "tls.server", "subject", Text),
    c("issuerdn", "tls.server", "issuer", Text),
    c("serial", "tls.server.x509", "serial_number", Text),
    c("sni", "tls.client", "server_name", Host),
    c("notbefore", "tls.server", "not_before", Time),
    c("notafter", "tls.server", "not_after", Time),
    c("session_resumed", "tls", "resumed", Flag),
];

const FILEINFO: &[Column] = &[
    c("filename", "file", "path", Path),
    c("size", "file", "size", Long),
    c("mimetype", "file", "mime_type", Text),
    c("md5", "file.hash", "md5", Hash),
    c("sha1", "file.hash", "sha1", Hash),
    c("sha256", "file.hash", "sha256", Hash),
];

const SSH: &[Column] = &[];

const ANOMALY: &[Column] = &[c("event", "rule", "name", Text), c("type", "rule", "category", Text)];

/// Objects that several event types carry.
pub(super) const OBJECTS: [(&str, &[Column]); 2] = [("http", HTTP), ("tls", TLS)];

const fn row(event_type: &'static str, class: Class, columns: &'static [Column]) -> Row {
    Row {
        event_type,
        class,
        columns,
        refine: refine::nothing,
    }
}

impl Row {
    const fn refined(mut self, refine: fn(&mut Document, &mut Fields<'_>)) -> Self {
        self.refine = refine;
        self
    }

    const fn kind(mut self, kind: &'static str) -> Self {
        self.class.kind = kind;
        self
    }
}

const NETWORK: &[&str] = &["network"];
const PROTOCOL: &[&str] = &["connection", "protocol", "info"];

pub(super) const ROWS: &[Row] = &[
    row(
        "flow",
        class(NETWORK, &["connection", "end"], "network-connection"),
        &[],
    ),
    row(
        "alert",
        class(&["network", "intrusion_detection"], &["allowed"], ""),
        ALERT,
    )
    .kind("alert")
    .refined(refine::alert),
    row("dns", class(NETWORK, PROTOCOL, "dns-query"), &[]).refined(dns::dns),
    row(
        "http",
        class(
            &["network", "web"],
            &["connection", "protocol", "access"],
            "http-request",
        ),
        &[],
    )
    .refined(refine::http),
    row("tls", class(NETWORK, PROTOCOL, "tls-handshake"), &[]).refined(refine::tls),
    row(
        "fileinfo",
        class(&["network", "file"], &["info"], "file-transferred"),
        FILEINFO,
    )
    .refined(refine::http_details),
    row("anomaly", class(NETWORK, &["info"], "protocol-anomaly"), ANOMALY),
    row("ssh", class(NETWORK, PROTOCOL, "ssh-session"), SSH),
    row(
        "netflow",
        class(NETWORK, &["connection", "info"], "network-connection"),
        &[],
    ),
    row("drop", class(NETWORK, &["connection", "denied"], "packet-dropped"), &[]),
    row("smb", class(NETWORK, PROTOCOL, "smb-request"), &[]),
    row("smtp", class(&["network", "email"], PROTOCOL, "smtp-transaction"), &[]),
    row(
        "krb5",
        class(&["network", "authentication"], PROTOCOL, "kerberos-request"),
        &[],
    ),
    row("dhcp", class(NETWORK, PROTOCOL, "dhcp"), &[]),
    row("stats", class(&[], &[], "stats"), &[]).kind("metric"),
];

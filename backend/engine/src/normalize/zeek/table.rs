//! What the fields of Zeek's logs are in ECS. Facts: Zeek's log formats, ECS 8.

use super::{Log, refine};
use crate::normalize::{
    column::{
        Column,
        How::{self, *},
        column,
    },
    document::class,
};

const fn c(from: &'static str, section: &'static str, name: &'static str, how: How) -> Column {
    column(from, section, name, how)
}

pub(super) const COMMON: &[Column] = &[
    c("id.orig_h", "source", "ip", Address),
    c("id.orig_p", "source", "port", Port),
    c("id.resp_h", "destination", "ip", Address),
    c("id.resp_p", "destination", "port", Port),
    c("proto", "network", "transport", Transport),
    c("uid", "zeek", "session_id", Text),
    c("id_orig_h", "source", "ip", Address),
    c("id_orig_p", "source", "port", Port),
    c("id_resp_h", "destination", "ip", Address),
    c("id_resp_p", "destination", "port", Port),
    c("community_id", "network", "community_id", Text),
    c("orig_l2_addr", "source", "mac", Mac),
    c("resp_l2_addr", "destination", "mac", Mac),
    c("vlan", "network.vlan", "id", Text),
];

const CONN: &[Column] = &[
    c("service", "network", "protocol", Lower),
    c("duration", "event", "duration", Seconds),
    c("orig_ip_bytes", "source", "bytes", Long),
    c("resp_ip_bytes", "destination", "bytes", Long),
    c("orig_pkts", "source", "packets", Long),
    c("resp_pkts", "destination", "packets", Long),
];

const DNS: &[Column] = &[
    c("query", "dns.question", "name", Text),
    c("qtype_name", "dns.question", "type", Text),
    c("rcode_name", "dns", "response_code", Text),
    c("trans_id", "dns", "id", Text),
    c("rtt", "event", "duration", Seconds),
];

const HTTP: &[Column] = &[
    c("method", "http.request", "method", Text),
    c("host", "url", "domain", Host),
    c("uri", "url", "original", Text),
    c("referrer", "http.request", "referrer", Text),
    c("user_agent", "user_agent", "original", Text),
    c("version", "http", "version", Text),
    c("status_code", "http.response", "status_code", Long),
    c("request_body_len", "http.request.body", "bytes", Long),
    c("response_body_len", "http.response.body", "bytes", Long),
    c("username", "user", "name", User),
    c("filename", "file", "name", Text),
    c("orig_mime_types", "http.request", "mime_type", Texts),
    c("resp_mime_types", "http.response", "mime_type", Texts),
];

const SSL: &[Column] = &[
    c("cipher", "tls", "cipher", Text),
    c("curve", "tls", "curve", Text),
    c("server_name", "tls.client", "server_name", Host),
    c("resumed", "tls", "resumed", Flag),
    c("established", "tls", "established", Flag),
    c("next_protocol", "tls", "next_protocol", Text),
    c("ja3", "tls.client", "ja3", Text),
    c("ja3s", "tls.server", "ja3s", Text),
    c("ja4", "tls.client", "ja4", Text),
    c("subject", "tls.server", "subject", Text),
    c("issuer", "tls.server", "issuer", Text),
    c("client_subject", "tls.client", "subject", Text),
    c("client_issuer", "tls.client", "issuer", Text),
];

const FILES: &[Column] = &[
    c("filename", "file", "name", Text),
    c("mime_type", "file", "mime_type", Text),
    c("total_bytes", "file", "size", Long),
    c("md5", "file.hash", "md5", Hash),
    c("sha1", "file.hash", "sha1", Hash),
    c("sha256", "file.hash", "sha256", Hash),
    c("duration", "event", "duration", Seconds),
];

const NOTICE: &[Column] = &[
    c("note", "rule", "name", Text),
    c("msg", "", "message", Text),
    c("sub", "rule", "description", Text),
    c("src", "source", "ip", Address),
    c("dst", "destination", "ip", Address),
    c("p", "destination", "port", Port),
    c("file_mime_type", "file", "mime_type", Text),
];

const X509: &[Column] = &[
    c("certificate.version", "file.x509", "version_number", Text),
    c("certificate.serial", "file.x509", "serial_number", Text),
    c("certificate.subject", "file.x509.subject", "distinguished_name", Text),
    c("certificate.issuer", "file.x509.issuer", "distinguished_name", Text),
    c("certificate.not_valid_before", "file.x509", "not_before", Time),
    c("certificate.not_valid_after", "file.x509", "not_after", Time),
    c("certificate.key_alg", "file.x509", "public_key_algorithm", Text),
    c("certificate.key_length", "file.x509", "public_key_size", Long),
    c("certificate.sig_alg", "file.x509", "signature_algorithm", Text),
    c("certificate.exponent", "file.x509", "public_key_exponent", Long),
    c("certificate.curve", "file.x509", "public_key_curve", Text),
    c("san.dns", "file.x509", "alternative_names", Texts),
];

const SSH: &[Column] = &[];

const WEIRD: &[Column] = &[c("name", "rule", "name", Text)];

const fn log(
    path: &'static str,
    telling: &'static str,
    class: crate::normalize::document::Class,
    columns: &'static [Column],
) -> Log {
    Log {
        path,
        telling,
        class,
        columns,
        refine: refine::nothing,
    }
}

impl Log {
    const fn refined(
        mut self,
        refine: fn(&mut crate::normalize::document::Document, &mut crate::normalize::node::Fields<'_>),
    ) -> Self {
        self.refine = refine;
        self
    }

    const fn alert(mut self) -> Self {
        self.class.kind = "alert";
        self
    }
}

const NETWORK: &[&str] = &["network"];
const PROTOCOL: &[&str] = &["connection", "protocol", "info"];

pub(super) const LOGS: &[Log] = &[
    log(
        "conn",
        "conn_state",
        class(NETWORK, &["connection", "end"], "network-connection"),
        CONN,
    )
    .refined(refine::conn),
    log("dns", "rcode_name", class(NETWORK, PROTOCOL, "dns-query"), DNS).refined(refine::dns),
    log(
        "http",
        "trans_depth",
        class(
            &["network", "web"],
            &["connection", "protocol", "access"],
            "http-request",
        ),
        HTTP,
    )
    .refined(refine::http),
    log("ssl", "cipher", class(NETWORK, PROTOCOL, "tls-handshake"), SSL).refined(refine::ssl),
    log(
        "files",
        "fuid",
        class(&["file", "network"], &["info"], "file-transferred"),
        FILES,
    )
    .refined(refine::files),
    log(
        "notice",
        "note",
        class(&["intrusion_detection"], &["info"], "notice"),
        NOTICE,
    )
    .alert(),
    log(
        "x509",
        "certificate.serial",
        class(&["file"], &["info"], "certificate-seen"),
        X509,
    ),
    log(
        "ssh",
        "auth_attempts",
        class(&["network", "authentication"], &["connection", "start"], "ssh-login"),
        SSH,
    )
    .refined(refine::ssh),
    log("weird", "peer", class(NETWORK, &["info"], "protocol-anomaly"), WEIRD),
    log("dns", "qclass", class(NETWORK, PROTOCOL, "dns-query"), DNS).refined(refine::dns),
    log("ssl", "server_name", class(NETWORK, PROTOCOL, "tls-handshake"), SSL).refined(refine::ssl),
    log("dhcp", "msg_types", class(NETWORK, PROTOCOL, "dhcp"), &[]),
    log(
        "ftp",
        "reply_code",
        class(NETWORK, PROTOCOL, "ftp-command"),
        &[c("user", "user", "name", User)],
    ),
    log(
        "kerberos",
        "request_type",
        class(&["network", "authentication"], PROTOCOL, "kerberos-request"),
        &[],
    ),
    log(
        "ntlm",
        "ntlmssp",
        class(&["network", "authentication"], PROTOCOL, "ntlm-login"),
        &[c("username", "user", "name", User)],
    ),
    log("rdp", "cookie", class(NETWORK, PROTOCOL, "rdp-session"), &[]),
    log(
        "smb_files",
        "",
        class(&["network", "file"], &["access"], "smb-file"),
        &[
            c("name", "file", "name", Text),
            c("path", "file", "path", Path),
            c("size", "file", "size", Long),
        ],
    ),
    log("smb_mapping", "share_type", class(NETWORK, PROTOCOL, "smb-share"), &[]),
    log("dce_rpc", "operation", class(NETWORK, PROTOCOL, "dce-rpc-call"), &[]),
    log(
        "smtp",
        "mailfrom",
        class(&["network", "email"], PROTOCOL, "smtp-transaction"),
        &[],
    ),
    log("tunnel", "tunnel_type", class(NETWORK, &["info"], "tunnel"), &[]),
];

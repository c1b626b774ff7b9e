//! `watchfloor-sensor enroll`: from a claim code to a certificate of the host's own.

use crate::{
    config::Config,
    host::Host,
    identity::{Asking, Enrolment, Identity},
    trust::Anchor,
};
use anyhow::{Context, bail};
use std::{path::PathBuf, time::Duration};
use tokio::time::timeout;
use tonic::{
    Code, Status,
    transport::{Certificate as TrustedCertificate, Channel, ClientTlsConfig, Endpoint},
};
use watchfloor_protocol::{
    PORT,
    v1::{Certificate, EnrolRequest, enrolment_service_client::EnrolmentServiceClient},
};
use watchfloor_shared::{Fingerprint, Timestamp};

const ANSWER_WAIT_MAX: Duration = Duration::from_secs(30);

/// What a person asked for.
#[derive(Debug, Clone, clap::Args)]
pub struct Asked {
    /// Where sensors reach the server: https://soc.example:50051
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// The claim code that the console shows, with the fingerprint behind the full stop
    #[arg(long)]
    pub code: String,
    /// What this sensor is called: the name that the code is for; the host's when left out
    #[arg(long)]
    pub name: Option<String>,
    /// PEM file of the authority that signed the server's certificate, in place of the code's fingerprint
    #[arg(long, value_name = "FILE", conflicts_with = "fingerprint")]
    pub ca: Option<PathBuf>,
    /// SHA-256 of a certificate that the server shows, in place of the code's
    #[arg(long, value_name = "SHA256")]
    pub fingerprint: Option<Fingerprint>,
    /// Replaces the enrolment that this host has
    #[arg(long)]
    pub again: bool,
}

/// A server's address in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    host: String,
    port: u16,
}

impl Server {
    fn read(text: &str) -> anyhow::Result<Self> {
        let Some(rest) = text.trim().strip_prefix("https://") else {
            bail!("--server must begin with https://: a sensor shows its certificate over TLS");
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.rsplit_once(':') {
            // A colon inside brackets is an address's own.
            Some((host, port)) if !port.ends_with(']') => {
                let port = port.parse().with_context(|| format!("--server: {port} is no port"))?;
                (host, port)
            }
            _ => (rest, PORT),
        };
        if host.is_empty() || host.contains(['/', '@', '?', ' ']) {
            bail!("--server is https://HOST or https://HOST:PORT and nothing more");
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }

    fn address(&self) -> String {
        format!("https://{}:{}", self.host, self.port)
    }
}

/// The code without its fingerprint, and by what to know the server.
fn anchored(asked: &Asked) -> anyhow::Result<(String, Anchor)> {
    let (code, behind) = match asked.code.split_once('.') {
        Some((code, behind)) => (code, Some(behind)),
        None => (asked.code.as_str(), None),
    };
    let anchor = match (&asked.ca, asked.fingerprint, behind) {
        (Some(file), _, _) => Anchor::File(file.clone()),
        (None, Some(fingerprint), _) => Anchor::Fingerprint(fingerprint),
        (None, None, Some(behind)) => {
            Anchor::Fingerprint(behind.parse().context("what stands behind the code's full stop")?)
        }
        (None, None, None) => bail!(
            "nothing here says how to know the server: paste the whole code, with the fingerprint behind the full stop, or give \
             --ca FILE or --fingerprint SHA256"
        ),
    };
    Ok((code.trim().to_owned(), anchor))
}

/// Enrols this host; what to tell the person.
pub async fn enroll(config: &Config, asked: &Asked) -> anyhow::Result<String> {
    let server = Server::read(&asked.server)?;
    let (code, anchor) = anchored(asked)?;
    let identity = Identity::below(&config.data_dir);
    let before = identity
        .enrolment()
        .context("what an earlier enrolment left cannot be read")?;
    if let (Some(before), false) = (&before, asked.again) {
        bail!(
            "this host is enrolled already, as {} at {}; give --again to replace that",
            before.name,
            before.server
        );
    }
    let name = match (&asked.name, config.name.as_str()) {
        (Some(name), _) => name.clone(),
        (None, "") => {
            Host::read()
                .context("this host does not say its name: give --name")?
                .name
        }
        (None, configured) => configured.to_owned(),
    };
    let ca_pem = anchor.pem(&server.host, server.port).await?;
    let asking = Asking::new(&name)?;
    let certificate = ask(&server, &ca_pem, code, &asking).await?;
    let enrolment = Enrolment {
        server: server.address(),
        tenant: certificate.tenant.clone(),
        sensor_id: certificate.sensor_id.clone(),
        name,
    };
    identity
        .keep(&enrolment, &ca_pem, &asking, &certificate)
        .with_context(|| {
            format!(
                "the code is used, but the certificate cannot be kept below {}: make that possible, revoke the sensor in the \
                 console, and enrol with a new code",
                config.data_dir.display()
            )
        })?;
    Ok(told(&enrolment, &identity, &certificate))
}

fn told(enrolment: &Enrolment, identity: &Identity, certificate: &Certificate) -> String {
    format!(
        "Enrolled as {} in the organization {}.\n  server       {}\n  certificate  {}, works until {} and renews itself\n\nStart the \
         sensor: systemctl enable --now watchfloor-sensor (or watchfloor-sensor run). It is online in the console within seconds.\n",
        enrolment.name,
        enrolment.tenant,
        enrolment.server,
        identity.pair_file().display(),
        Timestamp::from_nanos(certificate.not_after_unix_ns),
    )
}

async fn ask(server: &Server, ca_pem: &str, code: String, asking: &Asking) -> anyhow::Result<Certificate> {
    let tls = ClientTlsConfig::new().ca_certificate(TrustedCertificate::from_pem(ca_pem));
    let endpoint = Endpoint::from_shared(server.address())?.tls_config(tls)?;
    let channel: Channel = timeout(ANSWER_WAIT_MAX, endpoint.connect())
        .await
        .context("the server does not answer")?
        .with_context(|| {
            format!(
                "{} cannot be reached, or its certificate is not for this name",
                server.address()
            )
        })?;
    let request = EnrolRequest {
        code,
        request_pem: asking.request_pem.clone(),
    };
    let answer = timeout(ANSWER_WAIT_MAX, EnrolmentServiceClient::new(channel).enrol(request)).await;
    match answer.context("the server does not answer")? {
        Ok(certificate) => Ok(certificate.into_inner()),
        Err(status) => bail!(refused(&status)),
    }
}

/// What the server said, and what to do about it.
fn refused(status: &Status) -> String {
    let then = match status.code() {
        Code::Unimplemented => "the server is older than enrolment: update it",
        Code::Unavailable => "try again in a moment",
        _ => return format!("refused: {}", status.message()),
    };
    format!("refused: {}; {then}", status.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(code: &str) -> Asked {
        Asked {
            server: "https://soc.example".to_owned(),
            code: code.to_owned(),
            name: None,
            ca: None,
            fingerprint: None,
            again: false,
        }
    }

    #[test]
    fn a_servers_address_is_a_host_and_a_port_over_tls() {
        let read = |text: &str| Server::read(text).map(|server| server.address());
        assert_eq!(read("https://soc.example").unwrap(), "https://soc.example:50051");
        assert_eq!(read("https://soc.example:7443/").unwrap(), "https://soc.example:7443");
        assert_eq!(read("https://[2001:db8::1]").unwrap(), "https://[2001:db8::1]:50051");
        assert_eq!(read("https://[2001:db8::1]:1").unwrap(), "https://[2001:db8::1]:1");
        for wrong in [
            "soc.example",
            "http://soc.example",
            "https://",
            "https://a/b",
            "https://a:x",
            "https://u@a",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn without_something_to_know_the_server_by_nothing_is_sent() {
        let refused = anchored(&asked("K7QF-9TXM-2HVD-PB3C")).unwrap_err().to_string();
        assert!(refused.contains("--fingerprint"), "{refused}");
        assert!(anchored(&asked("K7QF-9TXM-2HVD-PB3C.short")).is_err());
        let whole = format!("K7QF-9TXM-2HVD-PB3C.{}", "0a".repeat(32));
        let (code, anchor) = anchored(&asked(&whole)).unwrap();
        assert_eq!(code, "K7QF-9TXM-2HVD-PB3C", "the fingerprint stays here");
        assert!(matches!(anchor, Anchor::Fingerprint(_)));
        let with_file = Asked {
            ca: Some("/etc/ca.pem".into()),
            ..asked("K7QF-9TXM-2HVD-PB3C")
        };
        assert!(matches!(anchored(&with_file).unwrap().1, Anchor::File(_)));
    }
}

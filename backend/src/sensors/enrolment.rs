//! From a claim code to a certificate, and from a certificate to the next.
//!
//! Invariant: a code makes one sensor. Who has no code learns nothing but that, and not often; who has one is told what is
//! wrong with what came along, and may try again with the same code.

use super::code;
use crate::{
    api::rate_limit::{Rate, RateLimiter},
    audit::Act,
    clock::Clock,
    doors::places::network,
    identity::token,
    pki::{Asked, Authority, Issued, PkiError, Subject, Unfit},
    store::{
        Database, Secret, StoreError, audit,
        identity::{
            api_keys::KeyHolder,
            sensors::{self, ClaimState, NewCertificate, Redeemed},
        },
    },
};
use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};
use watchfloor_shared::{
    Fingerprint, TenantId,
    audit::{Actor, ActorKind, Outcome},
    fleet::SensorCertificate,
};

/// A host needs one code; a rack of them behind one address, some. Who succeeds is not held back.
const TRIES: Rate = Rate {
    burst: 10,
    refill: Duration::from_secs(15),
};
const NETWORKS_MAX: usize = 10_000;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum EnrolRefused {
    #[error("this is no claim code: it has sixteen letters and digits")]
    Malformed,
    #[error("this code is not known here")]
    Unknown,
    #[error("this code was used already: make another one in the console")]
    Used,
    #[error("this code is too old: make another one in the console")]
    Expired,
    #[error("this code is for a sensor called `{0}`: enrol with that name")]
    OtherName(String),
    #[error("the request names another organization than the code's")]
    OtherOrganization,
    #[error("a sensor of this name is enrolled: revoke it in the console first")]
    NameTaken,
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("too many tries: wait {} s", .0.as_secs() + 1)]
    TooOften(Duration),
    #[error("only a sensor that enrolled has a certificate to renew, and shows it")]
    NotEnrolled,
    #[error(transparent)]
    Making(#[from] PkiError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EnrolRefused {
    /// For programs; the set only grows.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "code_malformed",
            Self::Unknown => "code_unknown",
            Self::Used => "code_used",
            Self::Expired => "code_expired",
            Self::OtherName(_) => "name_differs",
            Self::OtherOrganization => "organization_differs",
            Self::NameTaken => "name_taken",
            Self::Unfit(Unfit::NotOne) => "request_unusable",
            Self::Unfit(Unfit::Key) => "key_unfit",
            Self::TooOften(_) => "tried_too_often",
            Self::NotEnrolled => "not_enrolled",
            Self::Making(_) | Self::Store(_) => "unavailable",
        }
    }
}

/// Where sensors enrol, and by which certificate they know the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub address: String,
    pub fingerprint: Fingerprint,
}

/// How long what is made works.
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    pub code: Duration,
    pub certificate: Duration,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Enrolment(Arc<Parts>);

struct Parts {
    db: Database,
    clock: Clock,
    authority: Authority,
    lives: Lives,
    reached: OnceLock<Reached>,
    tries: RateLimiter<IpAddr>,
}

impl Enrolment {
    pub fn new(db: Database, clock: Clock, authority: Authority, lives: Lives) -> Self {
        Self(Arc::new(Parts {
            db,
            clock,
            authority,
            lives,
            reached: OnceLock::new(),
            tries: RateLimiter::new(TRIES, NETWORKS_MAX),
        }))
    }

    pub fn authority(&self) -> &Authority {
        &self.0.authority
    }

    pub fn code_life(&self) -> Duration {
        self.0.lives.code
    }

    /// Said once, when the listener is bound.
    pub fn is_reached_at(&self, reached: Reached) {
        if self.0.reached.set(reached).is_err() {
            tracing::warn!("where sensors enrol was said twice");
        }
    }

    /// None where no listener takes sensors over TLS.
    pub fn reached(&self) -> Option<&Reached> {
        self.0.reached.get()
    }

    /// A certificate for who has a code and a request that fits it.
    pub async fn enrol(&self, peer: IpAddr, code: &str, request_pem: &str) -> Result<SensorCertificate, EnrolRefused> {
        let network = network(peer);
        self.0.tries.take(&network).map_err(EnrolRefused::TooOften)?;
        let code = code::read(code).ok_or(EnrolRefused::Malformed)?;
        let enrolled = self.redeem(peer, &code, request_pem).await?;
        self.0.tries.give_back(&network);
        tracing::info!(tenant.id = %enrolled.tenant, sensor.id = enrolled.sensor_id, %peer, "a sensor enrolled");
        Ok(enrolled)
    }

    async fn redeem(&self, peer: IpAddr, code: &Secret, request_pem: &str) -> Result<SensorCertificate, EnrolRefused> {
        let claim = sensors::claim(&self.0.db, code).await?.ok_or(EnrolRefused::Unknown)?;
        match claim.state {
            ClaimState::Open => {}
            ClaimState::Used => return Err(EnrolRefused::Used),
            ClaimState::Expired => return Err(EnrolRefused::Expired),
        }
        let id = token::random_id();
        let subject = Subject {
            tenant: &claim.tenant,
            host: &claim.host,
            sensor: &id,
        };
        let issued = self.issue(subject, request_pem)?;
        match sensors::redeem(&self.0.db, code, &id, certificate(&issued)).await? {
            Redeemed::Enrolled => {
                let act = Act::new("ingest.enrolment", sensor(&id, &claim.host), Outcome::Done);
                self.record(&claim.tenant, act.from(peer)).await;
                Ok(told(issued, subject))
            }
            Redeemed::Gone => Err(EnrolRefused::Used),
            Redeemed::NameTaken => Err(EnrolRefused::NameTaken),
        }
    }

    /// The next certificate of the sensor that shows one.
    pub async fn renew(&self, holder: &KeyHolder, request_pem: &str) -> Result<SensorCertificate, EnrolRefused> {
        let (Some(id), Some(host)) = (&holder.enrolled, &holder.sensor) else {
            return Err(EnrolRefused::NotEnrolled);
        };
        let subject = Subject {
            tenant: &holder.tenant,
            host,
            sensor: id,
        };
        let issued = self.issue(subject, request_pem)?;
        if !sensors::renew(&self.0.db, &holder.id, certificate(&issued)).await? {
            return Err(EnrolRefused::NotEnrolled);
        }
        tracing::info!(tenant.id = %holder.tenant, sensor.id = id, "a sensor's certificate was renewed");
        let act = Act::new("ingest.renewal", sensor(id, host), Outcome::Done);
        self.record(&holder.tenant, act).await;
        Ok(told(issued, subject))
    }

    /// The certificate is made, and its holder needs it, whether this succeeds or not.
    async fn record(&self, tenant: &TenantId, act: Act<'_>) {
        let written = async {
            let mut tx = self.0.db.tenant(tenant).await?;
            audit::append(&mut tx, self.0.clock.now(), &act).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::error!(%error, action = act.action, "the audit log could not be written");
        }
    }

    /// A certificate for the subject, if that is whom the request names.
    fn issue(&self, subject: Subject<'_>, request_pem: &str) -> Result<Issued, EnrolRefused> {
        let asked = Asked::read(request_pem)?;
        if !asked.is_for(subject.host) {
            return Err(EnrolRefused::OtherName(subject.host.to_owned()));
        }
        if !asked.is_of(subject.tenant.as_str()) {
            return Err(EnrolRefused::OtherOrganization);
        }
        let now = self.0.clock.now();
        Ok(self.0.authority.issue(subject, &asked, now, self.0.lives.certificate)?)
    }
}

fn sensor(id: &str, host: &str) -> Actor {
    Actor {
        kind: ActorKind::Sensor,
        id: id.to_owned(),
        name: host.to_owned(),
    }
}

fn certificate(issued: &Issued) -> NewCertificate {
    NewCertificate {
        fingerprint: issued.fingerprint,
        not_after: issued.not_after,
    }
}

fn told(issued: Issued, subject: Subject<'_>) -> SensorCertificate {
    SensorCertificate {
        chain_pem: issued.chain_pem,
        tenant: subject.tenant.clone(),
        sensor_id: subject.sensor.to_owned(),
        not_before: issued.not_before,
        not_after: issued.not_after,
    }
}

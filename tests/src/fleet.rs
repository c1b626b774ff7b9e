//! Sensors that enrol, as the tests need them.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use std::{net::IpAddr, path::Path, time::Duration};
use watchfloor::{
    clock::Clock,
    pki::Authority,
    sensors::{Enrolment, Lives, Reached, code},
    store::{Database, Secret, sensors},
};
use watchfloor_shared::{TenantId, fleet::NewClaimCode};

/// As if the gRPC listener spoke TLS.
pub fn enrolment(dir: &Path, db: &Database, clock: &Clock) -> Enrolment {
    let authority = Authority::own(dir, clock.now()).unwrap();
    let lives = Lives {
        code: Duration::from_secs(60),
        certificate: Duration::from_secs(3_600),
    };
    let fingerprint = authority.fingerprint();
    let enrolment = Enrolment::new(db.clone(), clock.clone(), authority, lives);
    enrolment.is_reached_at(Reached {
        address: "https://soc.example:50051".to_owned(),
        fingerprint,
    });
    enrolment
}

/// A request for a certificate, and the key that goes with it.
pub struct Request {
    pub pem: String,
    pub key_pem: String,
}

pub fn request(name: &str, organization: Option<&str>) -> Request {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if let Some(organization) = organization {
        params.distinguished_name.push(DnType::OrganizationName, organization);
    }
    Request {
        pem: params.serialize_request(&key).unwrap().pem().unwrap(),
        key_pem: key.serialize_pem(),
    }
}

/// A code that waits to be used: its id and itself.
pub async fn claim(db: &Database, tenant: &TenantId, name: &str, life: Duration) -> (String, Secret) {
    let secret = code::generate();
    let new = NewClaimCode {
        name: name.to_owned(),
        location: format!("Hall of {name}"),
    };
    let mut tx = db.tenant(tenant).await.unwrap();
    let now = Clock::system().now();
    let claim = sensors::add_code(&mut tx, &secret, &new, name, now, life)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (claim.id, secret)
}

/// The id of a new sensor of this tenant.
pub async fn enrolled(db: &Database, enrolment: &Enrolment, tenant: &TenantId, name: &str) -> String {
    let (_, code) = claim(db, tenant, name, Duration::from_secs(60)).await;
    let peer = IpAddr::from([127, 0, 0, 1]);
    let certificate = enrolment.enrol(peer, code.reveal(), &request(name, None).pem).await;
    certificate.unwrap().sensor_id
}

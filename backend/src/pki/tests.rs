use super::*;
use tokio_rustls::rustls::{
    RootCertStore,
    crypto::ring,
    pki_types::UnixTime,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

const LIFE: Duration = Duration::from_secs(3_600);

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn request(name: &str, change: impl FnOnce(&mut CertificateParams)) -> String {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    change(&mut params);
    params.serialize_request(&key).unwrap().pem().unwrap()
}

fn verifier(authority: &Authority) -> std::sync::Arc<dyn ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone()).unwrap();
    WebPkiClientVerifier::builder_with_provider(roots.into(), ring::default_provider().into())
        .build()
        .unwrap()
}

#[test]
fn what_it_issues_is_a_client_certificate_for_its_time_and_no_authority() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::own(folder.path(), now()).unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let subject = Subject {
        tenant: &tenant,
        host: "web-1",
        sensor: "s1",
    };
    let asked = Asked::read(&request("web-1", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    }))
    .unwrap();
    let issued = authority.issue(subject, &asked, now(), LIFE).unwrap();
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(issued.chain_pem.as_bytes())
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!((chain.len(), fingerprint(&chain[0])), (2, issued.fingerprint));
    let verify = |seconds: i64| {
        let at = u64::try_from(now().seconds() + seconds).unwrap();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(at));
        verifier(&authority).verify_client_cert(&chain[0], &[], at).is_ok()
    };
    assert!(verify(0) && verify(3_599) && !verify(3_601) && !verify(-2 * 3_600));
    let text = String::from_utf8_lossy(&chain[0]).into_owned();
    assert!(
        text.contains("acme") && text.contains("web-1"),
        "whose it is can be read"
    );
    // Opened again it is the same, and nobody else may read its key.
    assert_eq!(
        Authority::own(folder.path(), now()).unwrap().fingerprint(),
        authority.fingerprint()
    );
    use std::os::unix::fs::PermissionsExt;
    let key = fs::metadata(AuthorityFiles::own(folder.path()).key).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    Authority::own(one.path(), now()).unwrap();
    Authority::own(other.path(), now()).unwrap();
    let files = AuthorityFiles {
        key: AuthorityFiles::own(other.path()).key,
        ..AuthorityFiles::own(one.path())
    };
    let error = Authority::open(&files).map(drop).unwrap_err().to_string();
    assert!(error.contains("is not its key"), "{error}");
}

#[test]
fn a_request_is_for_one_name_and_one_organization() {
    let asked = Asked::read(&request("web-1", |_| ())).unwrap();
    assert!(asked.is_for("web-1") && !asked.is_for("web-2") && asked.is_of("acme"));
    let other = Asked::read(&request("web-1", |params| {
        params.distinguished_name.push(DnType::OrganizationName, "beta");
    }))
    .unwrap();
    assert!(other.is_of("beta") && !other.is_of("acme"));
    let more = request("web-1", |params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName("db-1".try_into().unwrap())];
    });
    assert!(!Asked::read(&more).unwrap().is_for("web-1"));
}

#[test]
fn weak_keys_forged_signatures_and_other_bytes_are_refused() {
    let good = request("web-1", |_| ());
    let der = pem_body(&good);
    // The last byte of the signature.
    let mut forged = der.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(Asked::read(&pem_of(&forged)).unwrap_err(), Unfit::Key);
    assert_eq!(Asked::read(RSA_1024).unwrap_err(), Unfit::Key);
    for broken in [
        "",
        "x",
        "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n",
    ] {
        assert_eq!(Asked::read(broken).unwrap_err(), Unfit::NotOne);
    }
    assert_eq!(Asked::read(&"x".repeat(9 << 10)).unwrap_err(), Unfit::NotOne);
    for end in 0..der.len() {
        assert!(Asked::read(&pem_of(&der[..end])).is_err());
    }
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 0x11;
        // None panics, and none is taken for what was signed.
        let _ = Asked::read(&pem_of(&changed)).is_ok();
    }
}

fn pem_body(pem: &str) -> Vec<u8> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64_STANDARD.decode(body).unwrap()
}

fn pem_of(der: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    format!(
        "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
        BASE64_STANDARD.encode(der)
    )
}

/// `openssl req -new -newkey rsa:1024 -nodes -keyout /dev/null -subj /CN=web-1`
const RSA_1024: &str = "-----BEGIN CERTIFICATE REQUEST-----\n\
MIIBTzCBuQIBADAQMQ4wDAYDVQQDDAV3ZWItMTCBnzANBgkqhkiG9w0BAQEFAAOB\n\
jQAwgYkCgYEA7NWnLFCT/Y1Dbf57Xtyrcb8nhyXj6ZdKy0RyWk+Mef7tcfgi9B1M\n\
sTdE+Si0MB+FXGuqVsc1zj9oWZlDsonQD0Vpkvv19vZvk+Lg+ckaIedV/nyZh0jB\n\
sJBVNFQ4twddVGUah+H4kexUqL48sZOeuMiIb1ugyWkcq6v3HHlGEp0CAwEAAaAA\n\
MA0GCSqGSIb3DQEBCwUAA4GBAFYSIQUsP3dA8s5c1YaGWk+cwePWi+K++kg7do/b\n\
fHg72e3MzA5Vkt9RA5ocFkaU5YjXWk35raZyfULWXzGDuA+A2kBzW/X5vNusPjEG\n\
G8EKNlMOSe214oi7uW2khufR/hXCVdABhJNmiR8yozIIKvWPdubazUYyfn0enHQ1\n\
j2mf\n\
-----END CERTIFICATE REQUEST-----\n";

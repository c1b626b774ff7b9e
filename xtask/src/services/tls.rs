//! Certificates of an authority of our own, for 127.0.0.1, made once per installation.

use super::home::Home;
use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// Writes `ca.pem`, `server.pem`, `server.key` and `server-chain.pem` (key and certificate) into the home, unless they are there.
pub fn certificates(home: &Home) -> Result<()> {
    if home.path("server-chain.pem").exists() {
        return Ok(());
    }
    let (authority_key, key) = (KeyPair::generate()?, KeyPair::generate()?);
    let mut authority = CertificateParams::new(Vec::new())?;
    authority
        .distinguished_name
        .push(DnType::CommonName, "Watchfloor test authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key)?;
    let mut server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    server.distinguished_name.push(DnType::CommonName, "localhost");
    let certificate = server.signed_by(&key, &Issuer::new(authority, authority_key))?;
    home.write("ca.pem", &authority_certificate.pem())?;
    home.write("server.pem", &certificate.pem())?;
    home.write_private("server.key", &key.serialize_pem())?;
    home.write_private("server-chain.pem", &(key.serialize_pem() + &certificate.pem()))?;
    Ok(())
}

//! What a sender's TLS certificate is known by.
//!
//! Invariant: only the fingerprint is kept. Who presents the certificate proved to hold its key in the handshake; whether it may
//! send is asked of the store, for each connection.

use sha2::{Digest, Sha256};
use tokio_rustls::rustls::{
    pki_types::{
        CertificateDer,
        pem::{PemObject, SectionKind},
    },
    server::ParsedCertificate,
};
use watchfloor_shared::Fingerprint;

/// Longest PEM text that is looked at.
const PEM_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    #[error("this is not one X.509 certificate in PEM form")]
    NotOne,
    #[error("a private key came with the certificate: it belongs on the sender alone, make a new pair")]
    PrivateKey,
}

pub fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    Fingerprint(Sha256::digest(certificate).into())
}

/// Of the one certificate in the text.
pub fn fingerprint_of_pem(text: &str) -> Result<Fingerprint, InvalidCertificate> {
    if text.len() > PEM_BYTES_MAX {
        return Err(InvalidCertificate::NotOne);
    }
    let sections: Vec<(SectionKind, Vec<u8>)> = <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| InvalidCertificate::NotOne)?;
    match &sections[..] {
        [(SectionKind::Certificate, der)] => {
            let der = CertificateDer::from(der.as_slice());
            ParsedCertificate::try_from(&der).map_err(|_| InvalidCertificate::NotOne)?;
            Ok(fingerprint(&der))
        }
        several if several.iter().any(|(kind, _)| is_private(*kind)) => Err(InvalidCertificate::PrivateKey),
        _ => Err(InvalidCertificate::NotOne),
    }
}

fn is_private(kind: SectionKind) -> bool {
    matches!(
        kind,
        SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_known_by_its_der_form_and_nothing_else_is_taken_for_one() {
        let made = rcgen::generate_simple_self_signed(["sensor-1".to_owned()]).unwrap();
        let pem = made.cert.pem();
        let known = fingerprint(made.cert.der());
        assert_eq!(fingerprint_of_pem(&format!("text before\n{pem}")), Ok(known));
        assert_eq!(known.to_string().len(), 64);
        let key = made.signing_key.serialize_pem();
        assert_eq!(
            fingerprint_of_pem(&format!("{pem}{key}")),
            Err(InvalidCertificate::PrivateKey)
        );
        let broken = pem.replacen("MII", "AAA", 1);
        for not_one in ["", "x", &format!("{pem}{pem}"), &broken, &"x".repeat(PEM_BYTES_MAX + 1)] {
            assert_eq!(fingerprint_of_pem(not_one), Err(InvalidCertificate::NotOne));
        }
    }
}

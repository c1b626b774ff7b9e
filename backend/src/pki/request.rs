//! What a sensor asks a certificate with: PKCS #10.

use rcgen::{CertificateSigningRequestParams, DnType, DnValue, Error, PublicKey, PublicKeyData};

const PEM_BYTES_MAX: usize = 8 << 10;

/// A request whose signature holds, with a key that is good enough.
#[derive(Debug)]
pub struct Asked {
    parsed: CertificateSigningRequestParams,
}

/// Why a request gets no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("this is not one PKCS #10 request in PEM form")]
    NotOne,
    #[error(
        "the key is too weak or of a kind that is not taken, or the request is not signed with it: use ECDSA P-256, P-384 or Ed25519"
    )]
    Key,
}

impl Asked {
    pub fn read(pem: &str) -> Result<Self, Unfit> {
        if pem.len() > PEM_BYTES_MAX {
            return Err(Unfit::NotOne);
        }
        let parsed = CertificateSigningRequestParams::from_pem(pem).map_err(|error| match error {
            Error::InvalidCertificationRequestSignature | Error::UnsupportedSignatureAlgorithm => Unfit::Key,
            _ => Unfit::NotOne,
        })?;
        let asked = Self { parsed };
        match asked.is_strong() {
            true => Ok(asked),
            false => Err(Unfit::Key),
        }
    }

    /// The signature's algorithm says what the key is taken for, so its length must be that of the curve.
    fn is_strong(&self) -> bool {
        let key = &self.parsed.public_key;
        let bytes = match PublicKeyData::algorithm(key) {
            algorithm if algorithm == &rcgen::PKCS_ECDSA_P256_SHA256 => 65,
            algorithm if algorithm == &rcgen::PKCS_ECDSA_P384_SHA384 => 97,
            algorithm if algorithm == &rcgen::PKCS_ED25519 => 32,
            _ => return false,
        };
        key.der_bytes().len() == bytes
    }

    pub(super) fn key(&self) -> &PublicKey {
        &self.parsed.public_key
    }

    /// Whether the request names this sensor and nothing besides.
    pub fn is_for(&self, name: &str) -> bool {
        let params = &self.parsed.params;
        self.text(&DnType::CommonName).as_deref() == Some(name) && params.subject_alt_names.is_empty()
    }

    /// Whether it names this organization, or none.
    pub fn is_of(&self, organization: &str) -> bool {
        let named = self.parsed.params.distinguished_name.get(&DnType::OrganizationName);
        named.is_none() || self.text(&DnType::OrganizationName).as_deref() == Some(organization)
    }

    fn text(&self, kind: &DnType) -> Option<String> {
        match self.parsed.params.distinguished_name.get(kind)? {
            DnValue::Utf8String(text) => Some(text.clone()),
            DnValue::PrintableString(text) => Some(text.as_str().to_owned()),
            DnValue::Ia5String(text) => Some(text.as_str().to_owned()),
            _ => None,
        }
    }
}

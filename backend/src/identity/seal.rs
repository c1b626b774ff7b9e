//! Secrets that the server has to read again are kept sealed (ChaCha20-Poly1305): who reads the database alone cannot use them.
//!
//! Layout: the key's name (4 bytes), the nonce (12), the sealed text with its tag (16). What it is and whose it is, is sealed in
//! with it, so that one does not open in another's place.

use super::{private, token};
use crate::store::Secret;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use std::{fs, io, path::Path};

const NAME_LEN: usize = 4;
const KEY_LEN: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("{path}: {error}")]
    File { path: String, error: io::Error },
    #[error("a sealing key is 32 bytes in Base64")]
    NoKey,
    #[error("it was sealed with another key: give all servers of this database the same identity.sealing_key")]
    OtherKey,
    #[error("what was sealed has been changed, or is something else's")]
    Broken,
}

pub struct Sealer {
    key: LessSafeKey,
    name: [u8; NAME_LEN],
}

impl Sealer {
    /// Of 32 bytes in Base64.
    pub fn new(key: &Secret) -> Result<Self, SealError> {
        let bytes = BASE64.decode(key.reveal().trim()).map_err(|_| SealError::NoKey)?;
        let bytes: [u8; KEY_LEN] = bytes.try_into().map_err(|_| SealError::NoKey)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| SealError::NoKey)?;
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest([b"sealing key: ".as_slice(), &bytes].concat()).into();
        Ok(Self {
            key: LessSafeKey::new(key),
            name: [a, b, c, d],
        })
    }

    /// With the key in the data directory, made where there is none yet.
    pub fn own(data_dir: &Path) -> Result<Self, SealError> {
        let folder = data_dir.join("identity");
        let path = folder.join("sealing.key");
        let failed = |error| SealError::File {
            path: path.display().to_string(),
            error,
        };
        match fs::read_to_string(&path) {
            Ok(text) => Self::new(&Secret::new(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = BASE64.encode(token::random_bytes::<KEY_LEN>());
                private::make_folder(&folder).map_err(failed)?;
                private::write(&path, &text).map_err(failed)?;
                Self::new(&Secret::new(text))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// `what`: what it is and whose.
    pub fn seal(&self, what: &str, text: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce = token::random_bytes::<NONCE_LEN>();
        let mut sealed = text.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(what), &mut sealed)
            .map_err(|_| SealError::Broken)?;
        Ok([&self.name[..], &nonce, &sealed].concat())
    }

    pub fn open(&self, what: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (name, rest) = sealed.split_first_chunk::<NAME_LEN>().ok_or(SealError::Broken)?;
        if *name != self.name {
            return Err(SealError::OtherKey);
        }
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Broken)?;
        let mut text = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(nonce, Aad::from(what), &mut text);
        let length = opened.map_err(|_| SealError::Broken)?.len();
        text.truncate(length);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&Secret::new(BASE64.encode([byte; KEY_LEN]))).unwrap()
    }

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let one = sealer(1);
        let sealed = one.seal("totp of ada", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(one.open("totp of ada", &sealed).unwrap(), b"secret");
        assert!(matches!(one.open("totp of bo", &sealed), Err(SealError::Broken)));
        assert!(matches!(
            sealer(2).open("totp of ada", &sealed),
            Err(SealError::OtherKey)
        ));
        for length in 0..sealed.len() {
            assert!(one.open("totp of ada", &sealed[..length]).is_err(), "{length}");
        }
        assert_ne!(
            one.seal("totp of ada", b"secret").unwrap(),
            sealed,
            "the nonce is new each time"
        );
    }

    #[test]
    fn the_key_in_the_data_directory_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = Sealer::own(folder.path()).unwrap().seal("x", b"secret").unwrap();
        assert_eq!(
            Sealer::own(folder.path()).unwrap().open("x", &sealed).unwrap(),
            b"secret"
        );
        let path = folder.path().join("identity/sealing.key");
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&path, "short").unwrap();
        assert!(matches!(Sealer::own(folder.path()), Err(SealError::NoKey)));
    }
}

//! The desktop's keyring. Where there is none, or it is locked and stays so, nothing is kept, and one signs in again.

use crate::shell::Vault;
use watchfloor::store::Secret;

/// What our entries are called.
const SERVICE: &str = "watchfloor-desktop";

pub struct Keyring;

impl Vault for Keyring {
    fn get(&self, name: &str) -> Option<Secret> {
        let found = ::keyring::Entry::new(SERVICE, name).and_then(|entry| entry.get_password());
        match found {
            Ok(secret) => Some(Secret::new(secret)),
            Err(::keyring::Error::NoEntry) => None,
            Err(error) => {
                tracing::info!(%error, "the keyring gives nothing");
                None
            }
        }
    }

    fn put(&self, name: &str, secret: &Secret) {
        let kept = ::keyring::Entry::new(SERVICE, name).and_then(|entry| match secret.reveal() {
            "" => entry.delete_credential(),
            secret => entry.set_password(secret),
        });
        if let Err(error) = kept {
            tracing::info!(%error, "the keyring keeps nothing");
        }
    }
}

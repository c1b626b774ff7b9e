//! Passwords: argon2id with 19 MiB, 2 passes, 1 lane (OWASP's second profile), about 25 ms; the parameters are part of each
//! stored hash, so raising them later leaves the old ones valid.

use crate::store::Secret;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use std::sync::LazyLock;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    #[error("a password has at least 12 characters")]
    TooShort,
    #[error("a password has at most 200 characters")]
    TooLong,
}

#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("the password could not be hashed: {0}")]
    Argon2(String),
    #[error("hashing was interrupted")]
    Interrupted,
}

/// 12 to 200 characters; nothing else is asked of it.
pub fn check(password: &Secret) -> Result<(), InvalidPassword> {
    match password.reveal().chars().count() {
        0..12 => Err(InvalidPassword::TooShort),
        12..=200 => Ok(()),
        _ => Err(InvalidPassword::TooLong),
    }
}

/// The text to store, in PHC form.
pub async fn hash(password: &Secret) -> Result<String, HashError> {
    let password = password.clone();
    tokio::task::spawn_blocking(move || hash_now(password.reveal()))
        .await
        .map_err(|_| HashError::Interrupted)?
}

/// Whether the password is the stored one. With nothing stored it hashes all the same and answers no, so that an address
/// nobody has takes as long as a wrong password.
pub async fn verify(password: &Secret, stored: Option<String>) -> Result<bool, HashError> {
    let password = password.clone();
    let verify = move || {
        if password.reveal().chars().count() > 200 {
            return false;
        }
        // An account of an identity provider has none.
        let stored = stored.filter(|stored| stored.starts_with("$argon2"));
        let known = stored.is_some();
        let stored = stored.or_else(|| NOBODY.clone()).unwrap_or_default();
        let matches = PasswordHash::new(&stored)
            .is_ok_and(|stored| argon2().verify_password(password.reveal().as_bytes(), &stored).is_ok());
        matches && known
    };
    tokio::task::spawn_blocking(verify)
        .await
        .map_err(|_| HashError::Interrupted)
}

static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

fn hash_now(password: &str) -> Result<String, HashError> {
    let salt = SaltString::encode_b64(&super::token::random_bytes::<16>())
        .map_err(|error| HashError::Argon2(error.to_string()))?;
    argon2()
        .hash_password(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| HashError::Argon2(error.to_string()))
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_opens_and_nobody_has_none() {
        let right = Secret::new("correct horse battery");
        let stored = hash(&right).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify(&right, Some(stored.clone())).await.unwrap());
        assert!(
            !verify(&Secret::new("correct horse batterz"), Some(stored))
                .await
                .unwrap()
        );
        assert!(!verify(&Secret::new("nobody has this password"), None).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_account_takes_as_long_as_a_wrong_password() {
        let stored = hash(&Secret::new("correct horse battery")).await.unwrap();
        let wrong = Secret::new("wrong horse battery");
        let mut spent = [std::time::Duration::MAX; 2];
        for _ in 0..5 {
            for (slot, stored) in [Some(stored.clone()), None].into_iter().enumerate() {
                let start = std::time::Instant::now();
                verify(&wrong, stored).await.unwrap();
                spent[slot] = spent[slot].min(start.elapsed());
            }
        }
        // Without hashing it would take a thousandth.
        let [known, unknown] = spent;
        assert!(
            unknown > known / 10 && known > unknown / 10,
            "known {known:?}, unknown {unknown:?}"
        );
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(check(&Secret::new("elevenchars")), Err(InvalidPassword::TooShort));
        assert_eq!(check(&Secret::new("ä".repeat(200))), Ok(()));
        assert_eq!(check(&Secret::new("a".repeat(201))), Err(InvalidPassword::TooLong));
    }
}

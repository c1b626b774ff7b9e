//! By what a certificate is known.

use std::{fmt, str::FromStr};

/// SHA-256 of an X.509 certificate's DER form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// What a fingerprint is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons")]
pub struct NoFingerprint;

/// As `openssl x509 -fingerprint -sha256` has it, in lower case and without colons.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let digits: Vec<u8> = text.trim().bytes().filter(|byte| *byte != b':').collect();
        let mut bytes = [0; 32];
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(NoFingerprint);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NoFingerprint)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NoFingerprint)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_openssl_and_the_console_print_it() {
        let plain = "ab".repeat(32);
        let colons = ["AB"; 32].join(":");
        let read = |text: &str| text.parse::<Fingerprint>();
        assert_eq!(read(&plain), read(&colons));
        assert_eq!(read(&plain).unwrap().to_string(), plain);
        for wrong in ["", "ab", &"zz".repeat(32), &format!("{plain}ab"), &"é".repeat(32)] {
            assert_eq!(read(wrong), Err(NoFingerprint), "{wrong}");
        }
    }
}

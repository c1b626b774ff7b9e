//! Second factor: codes by time (RFC 6238: SHA-1, six digits, 30 seconds, as every authenticator app does them), and the recovery
//! codes for whoever lost theirs.

use super::token::{self, TokenHash};
use qrcode::{QrCode, render::svg};
use totp_rs::{Algorithm, Builder, Secret as TotpSecret, Totp};
use watchfloor_shared::{Timestamp, factor::FactorOffer};

/// 160 bits, as RFC 4226 advises.
const SECRET_LEN: usize = 20;
const STEP_S: u64 = 30;
const DIGITS: u8 = 6;
/// A clock may be one step off.
const SKEW_STEPS: u16 = 1;
const RECOVERY_CODES: usize = 10;
/// 80 bits.
const RECOVERY_LEN: usize = 10;
/// Base32 of them.
const RECOVERY_CHARS: usize = 16;
const PICTURE_PIXELS: u32 = 200;

/// The key that server and app share.
pub struct Key(Vec<u8>);

impl Key {
    pub fn generate() -> Self {
        Self(token::random_bytes::<SECRET_LEN>().to_vec())
    }

    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn totp(&self) -> Totp {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(SKEW_STEPS)
            .with_step_duration(STEP_S)
            .with_secret(self.0.clone())
            .build_noncompliant()
    }

    /// The step of the code, if it is one of now. The caller sees to it that a step counts once.
    pub fn step(&self, code: &str, now: Timestamp) -> Option<i64> {
        let seconds = u64::try_from(now.nanos() / 1_000_000_000).ok()?;
        let step = self.totp().check(code, seconds)?;
        i64::try_from(step).ok()
    }

    /// What an authenticator app is shown: `otpauth://`, the same as a picture, and to be typed.
    pub fn offer(&self, email: &str) -> FactorOffer {
        let secret = TotpSecret::from(self.0.clone()).to_base32();
        let account: String = email.bytes().map(escaped).collect();
        let uri = format!(
            "otpauth://totp/Watchfloor:{account}?secret={secret}&issuer=Watchfloor&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
        );
        FactorOffer {
            picture: picture(&uri),
            secret,
            uri,
        }
    }
}

fn escaped(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

/// SVG; empty when the address is longer than a picture holds.
fn picture(uri: &str) -> String {
    QrCode::new(uri).map_or_else(
        |_| String::new(),
        |code| {
            code.render::<svg::Color<'_>>()
                .min_dimensions(PICTURE_PIXELS, PICTURE_PIXELS)
                .build()
        },
    )
}

/// What a person types when asked for their second factor.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    Time(String),
    Recovery(TokenHash),
}

impl Typed {
    /// With or without the spaces and dashes that make it readable.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let is_time = code.len() == usize::from(DIGITS) && code.bytes().all(|byte| byte.is_ascii_digit());
        if is_time {
            return Some(Self::Time(code));
        }
        let code = code.to_ascii_uppercase();
        let is_recovery = code.len() == RECOVERY_CHARS && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_recovery.then(|| Self::Recovery(token::hash(&code)))
    }
}

/// New recovery codes, for the person, and what is kept of them.
pub fn recovery_codes() -> (Vec<String>, Vec<TokenHash>) {
    let codes =
        (0..RECOVERY_CODES).map(|_| TotpSecret::from(token::random_bytes::<RECOVERY_LEN>().to_vec()).to_base32());
    codes
        .map(|code| {
            let shown = code
                .as_bytes()
                .chunks(4)
                .map(String::from_utf8_lossy)
                .collect::<Vec<_>>();
            (shown.join("-"), token::hash(&code))
        })
        .unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_rfcs_own_codes_are_right() {
        let key = Key::from_bytes(b"12345678901234567890".to_vec());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(key.step(code, at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_a_step_off_and_no_more() {
        let key = Key::from_bytes(b"12345678901234567890".to_vec());
        let step = 1_111_111_111 / 30;
        for off in [-1, 0, 1] {
            assert_eq!(key.step("050471", at((step + off) * 30 + 7)), Some(step));
        }
        for off in [-2, 2] {
            assert_eq!(key.step("050471", at((step + off) * 30 + 7)), None);
        }
    }

    #[test]
    fn an_app_gets_all_that_it_needs() {
        let key = Key::from_bytes(b"12345678901234567890".to_vec());
        let offer = key.offer("ada+soc@x.org");
        assert_eq!(offer.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            offer
                .uri
                .starts_with("otpauth://totp/Watchfloor:ada%2Bsoc%40x.org?secret=GEZDGNBV")
        );
        assert!(offer.picture.contains("<svg"));
        assert_eq!(key.offer(&"a".repeat(4_000)).picture, "");
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        assert_eq!(Typed::parse(" 123 456 "), Some(Typed::Time("123456".to_owned())));
        let (codes, hashes) = recovery_codes();
        assert_eq!(codes.len(), RECOVERY_CODES);
        assert_eq!(codes[0].len(), RECOVERY_CHARS + 3);
        assert_eq!(Typed::parse(&codes[0].to_lowercase()), Some(Typed::Recovery(hashes[0])));
        for wrong in [
            "",
            "12345",
            "1234567",
            "ABCD-EFGH",
            "äbcd-efgh-ijkl-mnop",
            &"1".repeat(100),
        ] {
            assert_eq!(Typed::parse(wrong), None, "{wrong}");
        }
    }
}

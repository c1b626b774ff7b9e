//! Claim codes: 80 random bits in words that can be read out, and the fingerprint by which the sensor knows the server.

use crate::{identity::token, store::Secret};
use watchfloor_shared::Fingerprint;

/// Crockford's: without I, L, O and U, so that nothing is taken for another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SYMBOLS: usize = 16;
const GROUP: usize = 4;
/// Longest text that is looked at.
const TEXT_BYTES_MAX: usize = 256;

/// A new code, in the form that is stored: no groups.
pub fn generate() -> Secret {
    let bytes = token::random_bytes::<SYMBOLS>();
    let symbols = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    Secret::new(symbols.collect::<String>())
}

/// As it is shown: in groups, then the fingerprint.
pub fn shown(code: &Secret, fingerprint: Fingerprint) -> String {
    let mut text = String::new();
    for (at, symbol) in code.reveal().chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push('-');
        }
        text.push(symbol);
    }
    format!("{text}.{fingerprint}")
}

/// The code in whatever groups and case; what follows a full stop is not looked at. None where it cannot be one.
pub fn read(text: &str) -> Option<Secret> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let (code, _) = text.split_once('.').unwrap_or((text, ""));
    let symbols: Option<String> = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => Some('0'),
            'I' | 'L' => Some('1'),
            other => u8::try_from(other)
                .ok()
                .filter(|byte| ALPHABET.contains(byte))
                .map(char::from),
        })
        .collect();
    symbols.filter(|symbols| symbols.len() == SYMBOLS).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_and_programs_write_it() {
        let code = generate();
        let text = shown(&code, Fingerprint([7; 32]));
        assert_eq!(text.len(), 19 + 1 + 64, "{text}");
        assert_eq!(read(&text), Some(code.clone()));
        assert_eq!(read(&text[..19].to_lowercase()), Some(code.clone()));
        assert_eq!(read(&format!(" {} ", code.reveal())), Some(code.clone()));
        assert_eq!(
            read("0OlI-0000-0000-0000"),
            Some(Secret::new("0011000000000000")),
            "what looks alike is alike"
        );
        for wrong in [
            "",
            "0000-0000-0000-000",
            "0000-0000-0000-000U",
            "0000-0000-0000-00000",
            &"0".repeat(300),
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_ne!(generate(), generate());
    }
}

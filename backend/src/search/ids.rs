//! Event ids as numbers.

use watchfloor_shared::EventId;

/// The number that 32 lower-case hexadecimal digits spell.
pub fn parse(text: &str) -> Option<u128> {
    let digits = |c: &u8| c.is_ascii_digit() || (b'a'..=b'f').contains(c);
    (text.len() == 32 && text.as_bytes().iter().all(digits))
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

/// Why an id is none.
pub fn refusal(id: &EventId) -> String {
    format!("the event's id `{id}` is not 32 lower-case hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_32_small_digits_are_an_id() {
        let text = "0123456789abcdef0123456789abcdef";
        assert_eq!(parse(text), Some(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
        assert_eq!(parse("0123456789ABCDEF0123456789abcdef"), None);
        assert_eq!(parse("+123456789abcdef0123456789abcdef"), None);
    }
}

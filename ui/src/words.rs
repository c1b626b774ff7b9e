//! Words as people write them. Letters beyond ASCII change their case as the browser knows it: the tables for that would be a
//! measurable part of what ships.

pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        beyond_ascii::lower(text)
    }
}

pub fn upper(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_uppercase()
    } else {
        beyond_ascii::upper(text)
    }
}

#[cfg(target_arch = "wasm32")]
mod beyond_ascii {
    use js_sys::JsString;

    pub fn lower(text: &str) -> String {
        JsString::from(text).to_lower_case().into()
    }
    pub fn upper(text: &str) -> String {
        JsString::from(text).to_upper_case().into()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod beyond_ascii {
    pub fn lower(text: &str) -> String {
        text.to_lowercase()
    }
    pub fn upper(text: &str) -> String {
        text.to_uppercase()
    }
}

/// `False positive` of `false_positive`.
pub fn capital(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let begin = spaced.chars().next().map_or(0, char::len_utf8);
    format!("{}{}", upper(&spaced[..begin]), &spaced[begin..])
}

/// `JO` of `Jane Okafor` and of `j.okafor`.
pub fn initials(name: &str) -> String {
    let words = name.split(|c: char| c.is_whitespace() || c == '.');
    let letters = words.filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    upper(&letters.take(2).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shortened_and_written_as_people_do() {
        for (name, short) in [
            ("Jane Okafor", "JO"),
            ("j.okafor", "JO"),
            ("éva (night) kiss", "ÉN"),
            ("Ada", "A"),
            ("", ""),
        ] {
            assert_eq!(initials(name), short, "{name}");
        }
        assert_eq!(capital("false_positive"), "False positive");
        assert_eq!(capital("élan"), "Élan");
        assert_eq!(capital(""), "");
        assert_eq!(lower("ÀB"), "àb");
    }
}

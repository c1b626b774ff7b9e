//! What a text looks like, whatever it says.

/// Of a longer text this much is looked at.
const TEXT_BYTES_MAX: usize = 16 << 10;
/// A run of letters and digits shorter than this is a word.
const ENCODED_RUN_MIN: usize = 24;

/// The beginning of a text, cut between characters.
pub(super) fn head(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Shannon entropy of the bytes as a share of 8 bits.
#[allow(clippy::cast_precision_loss, reason = "counts below 2^24")]
pub(super) fn entropy(text: &str) -> f32 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let total = text.len().max(1) as f32;
    let bits: f32 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = *count as f32 / total;
            -share * share.log2()
        })
        .sum();
    bits / 8.0
}

#[allow(clippy::cast_precision_loss, reason = "counts below 2^24")]
pub(super) fn digit_share(text: &str) -> f32 {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits as f32 / text.len().max(1) as f32
}

/// Share of the text in long runs that look like base64 or hexadecimal digits.
#[allow(clippy::cast_precision_loss, reason = "counts below 2^24")]
pub(super) fn encoded_share(text: &str) -> f32 {
    let is_code = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let runs = text.as_bytes().split(|byte| !is_code(*byte));
    let encoded: usize = runs.filter(|run| is_encoded(run)).map(<[u8]>::len).sum();
    encoded as f32 / text.len().max(1) as f32
}

fn is_encoded(run: &[u8]) -> bool {
    if run.len() < ENCODED_RUN_MIN {
        return false;
    }
    let has = |class: fn(&u8) -> bool| run.iter().any(class);
    let slashes = run.iter().filter(|byte| **byte == b'/').count();
    let is_hex = run.iter().all(u8::is_ascii_hexdigit) && has(u8::is_ascii_digit);
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    // Base64 of text in two-byte characters has few digits, but an `A` in every third place.
    let zeros = run.iter().filter(|byte| **byte == b'A').count();
    let is_wide = zeros * 5 > run.len() && has(u8::is_ascii_lowercase);
    slashes * 12 <= run.len() && (is_hex || is_mixed || is_wide)
}

/// Whether four numbers below 256 with points between them stand in the text. A version is one too; senders of those are few.
pub(super) fn has_address(text: &str) -> bool {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words
        .filter(|word| word.len() >= 7)
        .any(|word| word.parse::<std::net::Ipv4Addr>().is_ok())
}

pub(super) fn contains_any(text: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| text.contains(part))
}

/// How many of the parts the text has.
pub(super) fn count_of(text: &str, parts: &[&str]) -> usize {
    parts.iter().filter(|part| text.contains(**part)).count()
}

pub(super) fn has_url(text: &str) -> bool {
    contains_any(text, &["http://", "https://", "ftp://", "tftp://", "hxxp"])
}

/// The last part of a path of either platform.
pub(super) fn base_name(path: &str) -> &str {
    path.trim_end_matches(" (deleted)")
        .rsplit(['\\', '/'])
        .next()
        .unwrap_or_default()
}

/// What follows the last point of a name; `None` where it has none, or begins with its only one.
pub(super) fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && (1..=5).contains(&extension.len())).then_some(extension)
}

/// `invoice.pdf.exe`: something that runs, called like something that does not.
pub(super) fn has_double_extension(name: &str) -> bool {
    const QUIET: &[&str] = &[
        "pdf", "doc", "docx", "xls", "xlsx", "ppt", "txt", "rtf", "jpg", "jpeg", "png", "gif", "htm", "html", "zip",
        "mp3", "mp4",
    ];
    let Some((stem, last)) = name.rsplit_once('.') else {
        return false;
    };
    let inner = extension(stem).unwrap_or_default();
    QUIET.contains(&inner) && !QUIET.contains(&last) && last.len() <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_text_is_told_from_paths_and_words() {
        let wide = "powershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcA";
        assert!(encoded_share(wide) > 0.5);
        assert!(encoded_share("echo 7f454c4602010100000000000000000002003e00 | xxd -r -p") > 0.3);
        for plain in [
            "/usr/lib/x86_64-linux-gnu/perl/5.36/auto/share/dist/Something/File",
            r"C:\Program Files\Common Files\Microsoft Shared\ClickToRun\OfficeClickToRun.exe /service",
            "thisisaveryverylongwordwithoutanydigitsinit",
        ] {
            assert!(encoded_share(plain) < 0.01, "{plain}");
        }
    }

    #[test]
    fn names_and_addresses() {
        assert!(has_address("nc 198.51.100.7 443") && !has_address("1.2.3 4.5 300.1.1.1"));
        assert!(has_double_extension("invoice.pdf.exe") && !has_double_extension("setup.1.exe"));
        assert_eq!(base_name(r"C:\a\b.exe"), "b.exe");
        assert_eq!(base_name("/usr/bin/x (deleted)"), "x");
        assert_eq!((extension(".bashrc"), extension("a.tar.gz")), (None, Some("gz")));
        assert!(entropy("") < 0.001 && entropy("aaaa") < 0.001 && entropy("abcdefgh") > 0.37);
    }
}

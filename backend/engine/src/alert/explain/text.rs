//! Shortening machine text so that its telling part stays.

const ELLIPSIS: char = '…';

/// The last part of a path, of either slash.
pub(super) fn file_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches(['\\', '/']);
    trimmed
        .rsplit(['\\', '/'])
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(path)
}

/// The first `chars_max` characters.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    window(text, 0, chars_max)
}

/// The last parts of a path or key that fit.
pub(super) fn path_end(path: &str, chars_max: usize) -> String {
    let count = path.chars().count();
    if count <= chars_max {
        return path.to_owned();
    }
    let kept: String = path.chars().skip(count + 1 - chars_max.max(1)).collect();
    let from = kept
        .find(['\\', '/'])
        .filter(|from| *from * 2 < kept.len())
        .unwrap_or(0);
    format!("{ELLIPSIS}{}", kept.get(from..).unwrap_or_default())
}

/// The part of `text` around byte `at` that fits, cut at spaces where one is near.
pub(super) fn around(text: &str, at: usize, chars_max: usize) -> String {
    let count = text.chars().count();
    if count <= chars_max {
        return flat(text);
    }
    let position = text.get(..at).map_or(0, |before| before.chars().count());
    let context = chars_max / 4;
    let start = position.saturating_sub(context).min(count.saturating_sub(chars_max));
    let before: Vec<char> = text.chars().skip(start).take(context.min(position - start)).collect();
    let word = before
        .iter()
        .position(|c| c.is_whitespace())
        .map_or(0, |space| space + 1);
    window(text, if start == 0 { 0 } else { start + word }, chars_max)
}

/// At most `chars_max` characters from character `start` on, marked where something is cut off, on one line.
fn window(text: &str, start: usize, chars_max: usize) -> String {
    let mut room = chars_max;
    let mut shown = String::new();
    if start > 0 {
        shown.push(ELLIPSIS);
        room = room.saturating_sub(1);
    }
    let rest: Vec<char> = text.chars().skip(start).take(room + 1).collect();
    if rest.len() <= room {
        shown.extend(rest);
    } else {
        shown.extend(rest.iter().take(room.saturating_sub(1)));
        shown.push(ELLIPSIS);
    }
    flat(&shown)
}

/// Line breaks and other control characters become spaces.
fn flat(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

/// A command line without the program that it starts with.
pub(super) fn arguments<'a>(command_line: &'a str, image: &str) -> &'a str {
    let line = command_line.trim_start();
    if let Some(quoted) = line.strip_prefix('"') {
        return quoted.split_once('"').map_or("", |(_, rest)| rest.trim());
    }
    let starts_with_image = line
        .get(..image.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(image));
    let rest = if starts_with_image && !image.is_empty() {
        line.get(image.len()..)
    } else {
        None
    };
    rest.or_else(|| line.split_once(char::is_whitespace).map(|(_, rest)| rest))
        .unwrap_or("")
        .trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_telling_part_of_a_long_line_stays() {
        let line = format!(
            "cmd {} rundll32 comsvcs.dll, MiniDump {}",
            "a".repeat(200),
            "b".repeat(200)
        );
        let at = line.find("comsvcs").unwrap();
        let shown = around(&line, at, 60);
        assert!(shown.contains("comsvcs.dll, MiniDump"), "{shown}");
        assert!(shown.chars().count() <= 60);
        assert!(shown.starts_with('…') && shown.ends_with('…'));
        assert_eq!(around("short", 0, 60), "short");
    }

    #[test]
    fn a_path_keeps_its_end() {
        assert_eq!(
            path_end("C:\\Users\\bob\\AppData\\Local\\Temp\\x.exe", 20),
            "…\\Local\\Temp\\x.exe"
        );
        assert_eq!(path_end("ÄÖÜ", 3), "ÄÖÜ");
        assert_eq!(file_name("C:\\Windows\\System32\\"), "System32");
        assert_eq!(file_name("\\"), "\\");
    }

    #[test]
    fn arguments_leave_the_program_out() {
        assert_eq!(
            arguments("\"C:\\Program Files\\a.exe\" /x y", "C:\\Program Files\\a.exe"),
            "/x y"
        );
        assert_eq!(
            arguments("C:\\Program Files\\a.exe /x", "c:\\program files\\A.EXE"),
            "/x"
        );
        assert_eq!(arguments("whoami", "C:\\Windows\\whoami.exe"), "");
        assert_eq!(arguments("", ""), "");
    }
}

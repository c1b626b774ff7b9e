//! Scripts: blocks that an interpreter reported, code on a command line, files it was given.

use super::{
    command, mark_place,
    process::{obfuscations, steps},
};
use crate::graph::{
    facts::Platform,
    place::place,
    schema::{NodeKind, OfScript as F},
    shape,
    traits::Traits,
};

/// The language, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) enum Language {
    PowerShell,
    Shell,
    Other,
}

/// Code as text. `path` is the file that it came from.
pub(in crate::graph) fn code(text: &str, path: Option<&str>, language: Language, platform: Platform) -> Traits {
    let mut traits = base(path, language, platform);
    let text = shape::head(text);
    let lower = text.to_lowercase();
    traits.mark_if(F::Inline, path.is_none());
    traits.level(F::Length, text.len(), 16 << 10);
    traits.share(F::Entropy, shape::entropy(text));
    traits.share(F::Encoded, shape::encoded_share(text));
    traits.mark_if(F::Url, shape::has_url(&lower));
    traits.mark_if(F::Address, shape::has_address(&lower));
    traits.share(F::Obfuscated, steps(obfuscations(&lower), 4));
    for (feature, words, full) in [
        (F::Downloads, command::DOWNLOADS, 2),
        (F::Native, command::NATIVE, 4),
        (F::Evaluates, command::EVALUATES, 3),
        (F::Secrets, command::SECRETS, 3),
        (F::Discovers, command::DISCOVERS, 4),
        (F::Persists, command::PERSISTS, 3),
        (F::Evades, command::EVADES, 3),
        (F::Socket, command::SOCKET, 3),
        (F::Compressed, command::COMPRESSED, 2),
        (F::Hidden, command::HIDDEN, 2),
        (F::ModuleLike, command::MODULE_LIKE, 3),
    ] {
        traits.share(feature, steps(shape::count_of(&lower, words), full));
    }
    traits
}

/// A file that an interpreter was given; its text is not known.
pub(in crate::graph) fn file(path: &str, language: Language, platform: Platform) -> Traits {
    base(Some(path), language, platform)
}

fn base(path: Option<&str>, language: Language, platform: Platform) -> Traits {
    let mut traits = Traits::new(NodeKind::Script);
    traits.mark(match language {
        Language::PowerShell => F::PowerShell,
        Language::Shell => F::Shell,
        Language::Other => F::Other,
    });
    if let Some(path) = path {
        traits.mark(F::FromFile);
        let place = place(&path.to_lowercase(), platform);
        let unusual = Some(F::InUnusual);
        mark_place(
            &mut traits,
            place,
            [
                Some(F::InSystem),
                Some(F::InPrograms),
                Some(F::InUserProfile),
                Some(F::InTemp),
                Some(F::InUserProfile),
                None,
                unusual,
            ],
        );
    }
    traits
}

/// What an interpreter's arguments make it run: code, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graph) enum Given<'a> {
    Code(&'a str),
    File(&'a str),
}

/// `sh -c CODE`, `python x.py`. Only where arguments are told apart.
pub(in crate::graph) fn given<'a>(args: &[&'a str]) -> Option<Given<'a>> {
    let mut rest = args.iter().skip(1);
    while let Some(arg) = rest.next() {
        match *arg {
            "-c" | "-e" | "-r" | "-lc" | "-ec" | "-ic" | "--eval" | "-exec" => {
                return rest.next().map(|code| Given::Code(code));
            }
            "-m" => return None,
            flag if flag.starts_with('-') => {}
            path => return (path.contains('/') || path.contains('.')).then_some(Given::File(path)),
        }
    }
    None
}

/// The same of a command line on Windows, where programs part it themselves: code is all that follows.
pub(in crate::graph) fn given_line(line: &str) -> Option<Given<'_>> {
    let mut rest = match line.trim_start().strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.1,
        None => line.trim_start().split_once(' ')?.1,
    };
    loop {
        rest = rest.trim_start();
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        match word.to_lowercase().as_str() {
            "" | "-m" => return None,
            "/c" | "/k" | "/r" | "-c" | "-e" | "-ec" | "-enc" | "-encodedcommand" | "-command" | "-r" => {
                return (!after.is_empty()).then_some(Given::Code(after));
            }
            "-file" | "-f" => return Some(Given::File(after.trim_matches('"'))),
            flag if flag.starts_with(['-', '/']) => rest = after,
            path => return path.contains('.').then_some(Given::File(word.trim_matches('"'))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interpreter_was_given_is_found() {
        assert_eq!(given(&["sh", "-c", "id; w"]), Some(Given::Code("id; w")));
        assert_eq!(given(&["python3", "-u", "/opt/x.py"]), Some(Given::File("/opt/x.py")));
        assert_eq!(given(&["bash", "--login"]), None);
        assert_eq!(
            given_line(r#""C:\Windows\System32\cmd.exe" /d /c dir /b"#),
            Some(Given::Code("dir /b"))
        );
        assert_eq!(
            given_line("powershell.exe -NoP -File a.ps1"),
            Some(Given::File("a.ps1"))
        );
        assert_eq!(given_line("powershell -nop -enc SQBF"), Some(Given::Code("SQBF")));
        assert_eq!(given_line("cmd.exe"), None);
    }
}

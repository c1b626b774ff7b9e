//! What the desktop hands over: `watchfloor://alert/<id>` and files.

use serde::{Deserialize, Serialize};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

pub const SCHEME: &str = "watchfloor";
/// An alert's id, in hexadecimal digits.
const ID_DIGITS: usize = 32;

/// What someone wants of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// A page of the console, by its path.
    Show(String),
    Import(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    #[error("{0} is not a link of Watchfloor: watchfloor://alert/<id of 32 hexadecimal digits>")]
    Link(String),
    #[error("{0} is neither a file nor a folder")]
    File(PathBuf),
}

impl Wanted {
    /// What an argument means to whoever started us in `folder`.
    pub fn of(argument: &OsStr, folder: &Path) -> Result<Self, Unknown> {
        let text = argument.to_string_lossy();
        if let Some(rest) = text.strip_prefix("watchfloor:") {
            return alert(rest).ok_or_else(|| Unknown::Link(text.clone().into_owned()));
        }
        let path = match text.strip_prefix("file://") {
            Some(_) => url::Url::parse(&text)
                .ok()
                .and_then(|url| url.to_file_path().ok())
                .unwrap_or_else(|| PathBuf::from(argument)),
            None => folder.join(argument),
        };
        match path.exists() {
            true => Ok(Wanted::Import(path)),
            false => Err(Unknown::File(path)),
        }
    }
}

/// The console's page of an alert.
pub fn alert_page(id: &str) -> String {
    format!("/alerts/{id}")
}

fn alert(rest: &str) -> Option<Wanted> {
    let id = rest
        .trim_start_matches('/')
        .strip_prefix("alert/")?
        .trim_end_matches('/');
    let is_id = id.len() == ID_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| Wanted::Show(alert_page(&id.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_its_alert_and_nowhere_else() {
        let id = "0123456789abcdef0123456789ABCDEF";
        let of = |text: &str| Wanted::of(OsStr::new(text), Path::new("/"));
        let wanted = Wanted::Show(format!("/alerts/{}", id.to_lowercase()));
        assert_eq!(of(&format!("watchfloor://alert/{id}")), Ok(wanted.clone()));
        assert_eq!(of(&format!("watchfloor://alert/{id}/")), Ok(wanted));
        for wrong in [
            "watchfloor:",
            "watchfloor://alert/",
            "watchfloor://alert/../settings",
            "watchfloor://alert/0123456789abcdef0123456789abcde?",
            "watchfloor://setup/0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(of(wrong), Err(Unknown::Link(wrong.to_owned())));
        }
    }

    #[test]
    fn files_are_found_from_where_one_stands_and_by_their_address() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a b.evtx");
        std::fs::write(&file, "").unwrap();
        let of = |text: &str| Wanted::of(OsStr::new(text), dir.path());
        assert_eq!(of("a b.evtx"), Ok(Wanted::Import(file.clone())));
        let address = url::Url::from_file_path(&file).unwrap();
        assert!(address.as_str().contains("a%20b"));
        assert_eq!(of(address.as_str()), Ok(Wanted::Import(file)));
        assert!(matches!(of("not-there.json"), Err(Unknown::File(_))));
    }
}

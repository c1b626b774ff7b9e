//! Starting with the desktop session: an entry in the XDG autostart folder.

use std::{
    io,
    path::{Path, PathBuf},
};

const FILE: &str = "watchfloor-desktop.desktop";

/// The session's folder of such entries, of this user.
pub fn folder() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("autostart"))
}

/// Makes or removes the entry. `program` is what is to start, hidden in the tray.
pub fn set(folder: &Path, wanted: bool, program: &Path) -> io::Result<()> {
    let path = folder.join(FILE);
    if !wanted {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    std::fs::create_dir_all(folder)?;
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName=Watchfloor\nExec={} --hidden\nX-GNOME-Autostart-enabled=true\n",
        quoted(program)
    );
    std::fs::write(path, entry)
}

/// As the Desktop Entry Specification quotes an argument of `Exec`: what its shell and the entry itself would read is escaped,
/// once for each of them.
fn quoted(program: &Path) -> String {
    let mut text = String::from("\"");
    for character in program.to_string_lossy().chars() {
        match character {
            '"' | '`' | '$' => text.extend(["\\\\", &character.to_string()]),
            '\\' => text.push_str("\\\\\\\\"),
            '%' => text.push_str("%%"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_comes_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("autostart");
        set(&folder, true, Path::new("/opt/100% $HOME/watchfloor-desktop")).unwrap();
        let entry = std::fs::read_to_string(folder.join(FILE)).unwrap();
        assert!(
            entry.contains(r#"Exec="/opt/100%% \\$HOME/watchfloor-desktop" --hidden"#),
            "{entry}"
        );
        set(&folder, false, Path::new("/x")).unwrap();
        set(&folder, false, Path::new("/x")).unwrap();
        assert!(!folder.join(FILE).exists());
    }
}

//! What this host is called, which boot it is, who its users are.

use rustc_hash::FxHashMap;
use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::Path,
    time::{Duration, Instant, SystemTime},
};

const PASSWD: &str = "/etc/passwd";
const PASSWD_LOOK: Duration = Duration::from_secs(10);
/// A longer list of users is not kept; their numbers still are.
const USERS_MAX: usize = 100_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host {
    pub name: String,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// `uname -r`.
    pub kernel: String,
}

impl Host {
    pub fn read() -> io::Result<Self> {
        let uname = rustix::system::uname();
        Ok(Self {
            name: uname.nodename().to_string_lossy().into_owned(),
            boot_id: fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned(),
            kernel: uname.release().to_string_lossy().into_owned(),
        })
    }
}

/// Names of the local accounts, read anew when the file has changed.
#[derive(Debug, Default)]
pub struct Users {
    names: FxHashMap<u32, String>,
    modified: Option<SystemTime>,
    looked: Option<Instant>,
}

impl Users {
    pub fn name(&mut self, uid: u32) -> Option<&str> {
        if self.looked.is_none_or(|at| at.elapsed() > PASSWD_LOOK) {
            self.looked = Some(Instant::now());
            let modified = fs::metadata(PASSWD).and_then(|file| file.modified()).ok();
            if modified != self.modified {
                self.modified = modified;
                self.names = accounts(Path::new(PASSWD)).unwrap_or_default();
            }
        }
        self.names.get(&uid).map(String::as_str)
    }
}

fn accounts(file: &Path) -> io::Result<FxHashMap<u32, String>> {
    let mut names = FxHashMap::default();
    for line in BufReader::new(fs::File::open(file)?).lines().take(USERS_MAX) {
        let line = line?;
        let mut fields = line.split(':');
        if let (Some(name), Some(Ok(uid))) = (fields.next(), fields.nth(1).map(str::parse)) {
            names.entry(uid).or_insert_with(|| name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_account_of_a_number_gives_its_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(
            file.path(),
            "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbroken\nann:x:1000:1::/:/b\n",
        )
        .unwrap();
        let names = accounts(file.path()).unwrap();
        assert_eq!(names.get(&0).map(String::as_str), Some("root"));
        assert_eq!(names.get(&1000).map(String::as_str), Some("ann"));
        assert_eq!(names.len(), 2);
    }
}

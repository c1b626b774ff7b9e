//! A disk without room, for real: a small file system in memory. Mounting one needs root.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// On `folder`, which is made. None, with the reason printed, where that is not allowed; with `CI` set that fails instead.
    pub fn mount(folder: &Path, bytes: u64) -> Option<Self> {
        fs::create_dir_all(folder).expect("a folder");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={bytes},mode=711"), "tmpfs"])
            .arg(folder);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self(folder.to_owned())),
            outcome => {
                assert!(
                    std::env::var_os("CI").is_none(),
                    "a small file system cannot be mounted: {outcome:?}"
                );
                println!("skipped: a small file system cannot be mounted here ({outcome:?})");
                None
            }
        }
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        let mut ballast = fs::File::create(self.ballast()).expect("ballast");
        for block in [1 << 20, 4 << 10] {
            let zeros = vec![0; block];
            while ballast.write_all(&zeros).is_ok() {}
        }
    }

    pub fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("removed");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

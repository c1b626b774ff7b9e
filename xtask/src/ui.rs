//! Builds the console into `ui/dist`: wasm, its glue, one style sheet, fonts, and a Brotli twin of each text or wasm file.

use crate::{
    process::{cargo, root, step, target_dir},
    setup,
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const FONT_WEIGHTS: [&str; 3] = ["400", "500", "600"];
const FONT_FAMILIES: [&str; 2] = ["ibm-plex-sans", "ibm-plex-mono"];
/// What the console's wasm may weigh on its way to the browser.
const WASM_BROTLI_BYTES_MAX: u64 = 500 * 1024;
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

#[derive(clap::Args)]
pub struct Options {
    /// Quick to build, several times as large
    #[arg(long)]
    pub dev: bool,
}

pub fn run(options: &Options) -> Result<()> {
    build(if options.dev { Profile::Dev } else { Profile::Release })
}

fn build(profile: Profile) -> Result<()> {
    let root = root();
    setup::npm_packages()?;
    let wasm = compile(profile)?;
    let dist = root.join("ui/dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| format!("cannot clear {}", dist.display()))?;
    }
    fs::create_dir_all(&dist)?;
    bind(&wasm, &dist, profile)?;
    copy_folder(&root.join("ui/static"), &dist)?;
    write_styles(&root.join("ui/css"), &dist.join("css"))?;
    copy_fonts(&root, &dist.join("fonts"))?;
    compress(&dist, profile)?;
    weigh(&dist, profile)
}

/// Says what the wasm weighs. What ships stays within the budget.
fn weigh(dist: &Path, profile: Profile) -> Result<()> {
    let wasm = dist.join("watchfloor_ui_bg.wasm");
    let packed = fs::metadata(wasm.with_added_extension("br"))?.len();
    let plain = fs::metadata(&wasm)?.len();
    println!("   console: {packed} bytes of wasm as Brotli, {plain} plain");
    if profile == Profile::Release && packed > WASM_BROTLI_BYTES_MAX {
        bail!(
            "the console's wasm is {} bytes over its budget of {WASM_BROTLI_BYTES_MAX}",
            packed - WASM_BROTLI_BYTES_MAX
        );
    }
    Ok(())
}

fn compile(profile: Profile) -> Result<PathBuf> {
    let profile = profile.cargo_name();
    step(
        "console",
        cargo(&[
            "build",
            "--package",
            "watchfloor-ui",
            "--target",
            TARGET,
            "--profile",
            profile,
        ]),
    )?;
    Ok(target_dir().join(TARGET).join(profile).join("watchfloor-ui.wasm"))
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
        let plain = fs::read(path)?;
        let mut packed = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams {
            quality: profile.brotli_quality(),
            size_hint: plain.len(),
            ..Default::default()
        };
        brotli::BrotliCompress(&mut plain.as_slice(), &mut packed, &parameters)?;
        fs::write(path.with_added_extension("br"), packed)?;
    }
    Ok(())
}

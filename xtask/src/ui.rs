//! Builds the console into `ui/dist`: wasm, its glue, one style sheet, fonts, and a Brotli twin of each text or wasm file.

use crate::{
    process::{cargo, root, step, target_dir},
    setup, world,
};
use anyhow::{Context, Result, bail};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";
const FONT_WEIGHTS: [&str; 3] = ["400", "500", "600"];
const FONT_FAMILIES: [&str; 2] = ["ibm-plex-sans", "ibm-plex-mono"];
/// What the wasm may weigh that a screen waits for: the frame, and the heaviest page with all that it needs.
const WASM_BROTLI_BYTES_MAX: u64 = 500 * 1024;
const NAME: &str = "watchfloor_ui";
/// Fetches the chunks; the wasm names it.
const CHUNKS: &str = "chunks.js";
const PACKED: [&str; 7] = ["html", "js", "mjs", "css", "wasm", "svg", "json"];
/// The library that draws the base map, and its worker, which it looks for beside itself.
const MAP_LIBRARY: [&str; 2] = ["maplibre-gl.mjs", "maplibre-gl-worker.mjs"];
/// Where the map's files lie below `ui/dist`. No page of the console has this name.
const ATLAS: &str = "atlas";
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
    /// Only the wasm is large enough, and another in each profile, for packing to be worth haste.
    fn brotli_quality(self, path: &Path) -> i32 {
        match self {
            Profile::Dev if path.extension().is_some_and(|extension| extension == "wasm") => 3,
            _ => 11,
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
    let split = split(&compile(profile)?, profile)?;
    let mut bundle = Bundle::default();
    bundle.add_folder(&split.folder, "")?;
    bundle.add_folder(&bind(&split.main, profile)?, "")?;
    bundle.add_folder(&root.join("ui/static"), "")?;
    bundle.add("css/watchfloor.css", style_sheet(&root.join("ui/css"))?.into_bytes());
    add_fonts(&root, &mut bundle)?;
    add_atlas(&root, &mut bundle)?;
    let dist = root.join("ui/dist");
    bundle.place(&dist, profile)?;
    weigh(&dist, &split.pages, profile)
}

/// The console's files by their path below `ui/dist`.
#[derive(Default)]
struct Bundle(BTreeMap<PathBuf, Vec<u8>>);

impl Bundle {
    fn add(&mut self, path: impl Into<PathBuf>, bytes: Vec<u8>) {
        self.0.insert(path.into(), bytes);
    }

    /// The files of one folder, without its subfolders.
    fn add_folder(&mut self, from: &Path, to: &str) -> Result<()> {
        for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                self.add(Path::new(to).join(entry.file_name()), fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    /// Makes `dist` hold this bundle and nothing else. What is there already is not touched: the server embeds these files and
    /// is built anew when one of them is written.
    fn place(&self, dist: &Path, profile: Profile) -> Result<()> {
        fs::create_dir_all(dist)?;
        let twins = self.0.keys().filter(|path| is_packed(path));
        let wanted: BTreeSet<PathBuf> = twins
            .map(|path| path.with_added_extension("br"))
            .chain(self.0.keys().cloned())
            .collect();
        for entry in walkdir::WalkDir::new(dist) {
            let entry = entry?;
            let path = entry.path().strip_prefix(dist)?;
            if entry.file_type().is_file() && !wanted.contains(path) {
                fs::remove_file(entry.path())?;
            }
        }
        for (path, bytes) in &self.0 {
            let at = dist.join(path);
            let twin = at.with_added_extension("br");
            let is_there = fs::read(&at).is_ok_and(|there| there == *bytes);
            if is_there && (twin.exists() || !is_packed(path)) {
                continue;
            }
            if let Some(folder) = at.parent() {
                fs::create_dir_all(folder)?;
            }
            if is_packed(path) {
                fs::write(&twin, packed(bytes, profile.brotli_quality(path))?)?;
            }
            fs::write(&at, bytes)?;
        }
        Ok(())
    }
}

/// Says what the wasm weighs. What a screen waits for stays within the budget when it ships.
fn weigh(dist: &Path, pages: &BTreeMap<String, Vec<String>>, profile: Profile) -> Result<()> {
    let packed = |stem: &str| -> Result<u64> {
        let file = dist.join(stem).with_added_extension("wasm.br");
        let weight = fs::metadata(&file).with_context(|| format!("{} is missing", file.display()))?;
        Ok(weight.len())
    };
    let frame = packed(&format!("{NAME}_bg"))?;
    println!("   console: {frame} bytes of wasm as Brotli for the frame");
    for (page, chunks) in pages {
        let mut bytes = 0;
        for chunk in chunks {
            bytes += packed(chunk)?;
        }
        println!("   console: {bytes} more for {page}");
        let sum = frame + bytes;
        if profile == Profile::Release && sum > WASM_BROTLI_BYTES_MAX {
            bail!(
                "the console's wasm for {page} is {} bytes over its budget of {WASM_BROTLI_BYTES_MAX}",
                sum - WASM_BROTLI_BYTES_MAX
            );
        }
    }
    Ok(())
}

fn compile(profile: Profile) -> Result<PathBuf> {
    let profile = profile.cargo_name();
    step(
        "console",
        cargo(&[
            "rustc",
            "--package",
            "watchfloor-ui",
            "--target",
            TARGET,
            "--profile",
            profile,
            "--",
            // By these the splitter knows which function needs which.
            "-Clink-args=--emit-relocs",
        ]),
    )?;
    Ok(target_dir().join(TARGET).join(profile).join("watchfloor-ui.wasm"))
}

/// The wasm in parts.
struct Split {
    /// The chunks, and the script that fetches them.
    folder: PathBuf,
    /// What is there from the start, still without its glue.
    main: PathBuf,
    /// The files, without extension, that each chunk named in `pages/later.rs` needs.
    pages: BTreeMap<String, Vec<String>>,
}

fn split(wasm: &Path, profile: Profile) -> Result<Split> {
    let folder = emptied(&target_dir().join("console-chunks").join(profile.cargo_name()))?;
    let main = target_dir()
        .join("console-chunks")
        .join(profile.cargo_name())
        .with_extension("wasm");
    let input = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let (main_module, link_name) = (format!("./{NAME}.js"), format!("./{CHUNKS}"));
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = &folder;
    options.main_out_path = &main;
    options.main_module = &main_module;
    options.link_name = &link_name;
    let split = wasm_split_cli_support::transform(options).map_err(|error| anyhow::anyhow!("{error:#}"))?;
    for chunk in &split.split_modules {
        let bytes = fs::read(chunk)?;
        fs::write(chunk, without_custom_sections(&bytes).context("a chunk is no wasm")?)?;
    }
    Ok(Split {
        folder,
        main,
        pages: split.prefetch_map.into_iter().collect(),
    })
}

/// Names and the like, which no browser needs to run it. `None` where this is no module of wasm.
fn without_custom_sections(module: &[u8]) -> Option<Vec<u8>> {
    const HEADER_BYTES: usize = 8;
    const CUSTOM: u8 = 0;
    let (header, mut rest) = module.split_at_checked(HEADER_BYTES)?;
    let mut kept = header.to_vec();
    while let Some(id) = rest.first() {
        let (mut length, mut at) = (0_usize, 1);
        loop {
            let byte = *rest.get(at)?;
            length |= usize::from(byte & 0x7f).checked_shl(7 * u32::try_from(at - 1).ok()?)?;
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (section, after) = rest.split_at_checked(at.checked_add(length)?)?;
        if *id != CUSTOM {
            kept.extend_from_slice(section);
        }
        rest = after;
    }
    Some(kept)
}

fn emptied(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder.to_owned())
}

/// Refuses by itself when the crate `wasm-bindgen` in Cargo.lock is of another version.
fn bind(wasm: &Path, profile: Profile) -> Result<PathBuf> {
    let folder = emptied(&target_dir().join("console").join(profile.cargo_name()))?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name(NAME)
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(profile == Profile::Release)
        .remove_producers_section(true)
        // The chunks use the table of functions.
        .keep_lld_exports(true)
        .web(true)?;
    bindgen.generate(&folder).context("wasm-bindgen failed")?;
    Ok(folder)
}

fn style_sheet(from: &Path) -> Result<String> {
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
    Ok(sheet)
}

fn add_fonts(root: &Path, bundle: &mut Bundle) -> Result<()> {
    for family in FONT_FAMILIES {
        let folder = root.join("node_modules/@fontsource").join(family).join("files");
        for weight in FONT_WEIGHTS {
            let file = format!("{family}-latin-{weight}-normal.woff2");
            let bytes = fs::read(folder.join(&file)).with_context(|| format!("the font {file} is missing"))?;
            bundle.add(Path::new("fonts").join(file), bytes);
        }
    }
    Ok(())
}

/// What the map alone needs, fetched when it opens: its library with the licence that asks to go along, and the world.
fn add_atlas(root: &Path, bundle: &mut Bundle) -> Result<()> {
    let (npm, atlas) = (root.join("node_modules"), Path::new(ATLAS));
    bundle.add_folder(&root.join("ui/static/atlas"), ATLAS)?;
    let library = npm.join("maplibre-gl");
    for file in MAP_LIBRARY {
        let script =
            fs::read_to_string(library.join("dist").join(file)).with_context(|| format!("{file} is missing"))?;
        // Its map of the sources is not shipped.
        let end = script.rfind("//# sourceMappingURL").unwrap_or(script.len());
        bundle.add(atlas.join(file), script.as_bytes()[..end].to_vec());
    }
    bundle.add(
        atlas.join("maplibre-gl.LICENSE.txt"),
        fs::read(library.join("LICENSE.txt"))?,
    );
    for scale in world::SCALES {
        bundle.add(
            atlas.join(format!("world-{}.json", scale.0)),
            world::collection(&npm, scale)?,
        );
    }
    Ok(())
}

/// Whether a file has a Brotli twin. Fonts are compressed already.
fn is_packed(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| PACKED.contains(&extension))
}

fn packed(plain: &[u8], quality: i32) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality,
        size_hint: plain.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*plain, &mut packed, &parameters)?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_left_out_of_a_chunk_and_code_is_not() {
        let header = [0, b'a', b's', b'm', 1, 0, 0, 0];
        let custom = [&[0, 0x83, 0x01][..], &[7; 131]].concat();
        let code = [10, 2, 1, 2];
        let module = [&header[..], &custom, &code].concat();
        assert_eq!(without_custom_sections(&module).unwrap(), [&header[..], &code].concat());
        assert_eq!(without_custom_sections(&module[..20]), None);
    }

    #[test]
    fn what_is_in_place_is_not_written_again() {
        let dist = tempfile::tempdir().unwrap();
        let mut bundle = Bundle::default();
        bundle.add("index.html", b"<p>".to_vec());
        bundle.add("fonts/a.woff2", vec![1]);
        fs::write(dist.path().join("old.js"), "").unwrap();
        bundle.place(dist.path(), Profile::Dev).unwrap();
        let files = || {
            let entries = walkdir::WalkDir::new(dist.path()).sort_by_file_name().into_iter();
            let files = entries.flatten().filter(|entry| entry.file_type().is_file());
            files
                .map(|file| {
                    (
                        file.file_name().to_owned(),
                        file.metadata().unwrap().modified().unwrap(),
                    )
                })
                .collect::<Vec<_>>()
        };
        let first = files();
        let names: Vec<&str> = first.iter().map(|(name, _)| name.to_str().unwrap()).collect();
        assert_eq!(names, ["a.woff2", "index.html", "index.html.br"]);
        bundle.place(dist.path(), Profile::Dev).unwrap();
        assert_eq!(files(), first);
        bundle.add("index.html", b"<p>new".to_vec());
        bundle.place(dist.path(), Profile::Dev).unwrap();
        assert_eq!(fs::read(dist.path().join("index.html")).unwrap(), b"<p>new");
        let changed = files();
        assert!(changed[0] == first[0] && changed[1] != first[1] && changed[2] != first[2]);
    }
}

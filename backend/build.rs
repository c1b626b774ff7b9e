//! The console's bundle is embedded from `ui/dist`. The folder must be there for the server to compile; without a bundle the
//! server says so instead of showing a page.

use std::{env, fs, path::PathBuf};

fn main() -> std::io::Result<()> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../ui/dist");
    fs::create_dir_all(&dist)?;
    for line in [
        "cargo:rerun-if-changed=build.rs".to_owned(),
        format!("cargo:rerun-if-changed={}", dist.display()),
    ] {
        print_line(&line)?;
    }
    Ok(())
}

fn print_line(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}")
}

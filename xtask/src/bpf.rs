//! The sensor's half in the kernel: C → the committed object. Only one version of clang makes the same bytes; a machine without
//! it checks that the object was made of the source that is there.

use crate::process::{command, root, step, succeeds};
use anyhow::{Result, bail};
use std::{fs, path::Path};

const CLANG: &str = "clang-14";
const STRIP: &str = "llvm-strip-14";
const SOURCE: &str = "backend/sensor/bpf/sensor.bpf.c";
const OBJECT: &str = "backend/sensor/bpf/sensor.bpf.o";
/// The checksum of the source that the object was made of.
const MADE_OF: &str = "backend/sensor/bpf/made-of.crc32";

pub fn generate(check: bool) -> Result<()> {
    let mut crc = flate2::Crc::new();
    crc.update(&fs::read(root().join(SOURCE))?);
    let source = format!("{:08x}\n", crc.sum());
    if !succeeds(command(CLANG, &["--version"])) || !succeeds(command(STRIP, &["--version"])) {
        if fs::read_to_string(root().join(MADE_OF)).unwrap_or_default() != source {
            bail!(
                "{OBJECT} was made of another {SOURCE}; with {CLANG} and {STRIP} installed, run: cargo xtask generate"
            );
        }
        println!("   {CLANG} or {STRIP} is not here: {OBJECT} was not made again, its source is unchanged");
        return Ok(());
    }
    let fresh = crate::process::target_dir().join("sensor.bpf.o");
    compile(&fresh)?;
    for (path, made) in [(OBJECT, fs::read(&fresh)?), (MADE_OF, source.into_bytes())] {
        let path = root().join(path);
        if fs::read(&path).is_ok_and(|there| there == made) {
            continue;
        }
        if check {
            bail!(
                "{} is not what its source says; run: cargo xtask generate",
                path.display()
            );
        }
        fs::write(&path, made)?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

fn compile(to: &Path) -> Result<()> {
    let to = to.to_string_lossy();
    let arguments = [
        "-g",
        "-O2",
        "-Wall",
        "-Werror",
        "-mcpu=v3",
        "-target",
        "bpf",
        // No path of this machine in the object.
        "-fdebug-compilation-dir=.",
        "-c",
        SOURCE,
        "-o",
        &to,
    ];
    step("sensor in the kernel", command(CLANG, &arguments))?;
    step(
        "sensor in the kernel, without debug information",
        command(STRIP, &["-g", &to]),
    )
}

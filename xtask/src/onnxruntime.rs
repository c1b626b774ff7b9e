//! ONNX Runtime's library for the models, from its registry package: a wheel of PyPI, held to the hashes below. The notices of the
//! library lie beside it, as its licence asks.

use crate::process::{command, step, succeeds, target_dir};
use anyhow::{Context, Result};

const REQUIREMENT: &str = "onnxruntime==1.31.1 \\
    --hash=sha256:1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536 \\
    --hash=sha256:0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc
";
/// Wheels differ by Python's version; the library in them does not.
const PYTHON: &str = "3.12";
const UNPACK: &str = r#"
import os, sys, zipfile, glob
folder, out = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(folder + "/*.whl")[0])
for name in wheel.namelist():
    base = os.path.basename(name)
    if base.startswith("libonnxruntime.so"): target = "libonnxruntime.so"
    elif name in ("onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt"): target = base
    else: continue
    partial = os.path.join(out, target + ".new")
    with wheel.open(name) as source, open(partial, "wb") as file: file.write(source.read())
    os.replace(partial, os.path.join(out, target))
"#;

/// Does nothing where the library is there.
pub fn fetch() -> Result<()> {
    let out = target_dir().join("onnxruntime");
    let stamp = out.join("requirement.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == REQUIREMENT)
        && out.join("libonnxruntime.so").is_file()
    {
        return Ok(());
    }
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let wheels = out.join("wheel");
    if wheels.exists() {
        std::fs::remove_dir_all(&wheels)?;
    }
    let wanted = out.join("wanted.txt");
    std::fs::write(&wanted, REQUIREMENT)?;
    if !succeeds(command("python3", &["-m", "pip", "--version"])) {
        anyhow::bail!(
            "ONNX Runtime is fetched by pip, which is missing. Type:\n\n    sudo apt-get install --yes python3-pip\n"
        );
    }
    let platform = format!("manylinux_2_28_{}", std::env::consts::ARCH);
    let mut download = command(
        "python3",
        &[
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
        ],
    );
    download
        .args(["--python-version", PYTHON, "--platform", &platform, "--dest"])
        .arg(&wheels)
        .arg("-r")
        .arg(&wanted);
    step("ONNX Runtime", download)?;
    let mut unpack = command("python3", &["-c", UNPACK]);
    unpack.arg(&wheels).arg(&out);
    step("ONNX Runtime's library", unpack)?;
    std::fs::remove_dir_all(&wheels)?;
    std::fs::rename(wanted, stamp)?;
    Ok(())
}

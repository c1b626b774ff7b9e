"""Makes the PyPI build of PyTorch importable without CUDA: writes empty libraries for those it links and a CPU never calls.

Run once after the locked requirements were installed with `--no-deps`. Every symbol that PyTorch's libraries ask for is there, by name and
version, and ends the process if it is ever called. Needs gcc and readelf.
"""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections import defaultdict
from pathlib import Path

SYSTEM = re.compile(r"^(ld-linux|libcuda\.so|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s|gomp)\.so)")
SYSTEM_VERSION = re.compile(r"(GLIBC|GCC|CXXABI|GOMP|lib)")
#: Symbols without a version are told apart by how they begin.
PREFIXES = {
    "libcublasLt": "cublasLt",
    "libcublas": "cublas",
    "libcudnn": "cudnn",
    "libcufft": "cufft",
    "libcusparseLt": "cusparseLt",
    "libcusparse": "cusparse",
    "libnccl": "nccl",
    "libnvrtc": "nvrtc",
    "libnvshmem_host": "nvshmem",
    "libcusolver": "cusolver",
    "libcupti": "cupti",
    "libcufile": "cuFile",
}
SYMBOL_COLUMNS = 8


def output(*command: object) -> str:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


def wanted(libraries: list[Path]) -> tuple[set[str], dict[str, set[str]]]:
    """Libraries that are linked, and undefined symbols by their version ('' where they have none)."""
    linked: set[str] = set()
    symbols: dict[str, set[str]] = defaultdict(set)
    for library in libraries:
        linked |= set(re.findall(r"\(NEEDED\).*\[(.+?)\]", output("readelf", "-dW", library)))
        for line in output("readelf", "--dyn-syms", "-W", library).splitlines():
            columns = line.split()
            if len(columns) >= SYMBOL_COLUMNS and columns[6] == "UND":
                name, _, version = columns[7].partition("@")
                symbols[version.strip("@")].add(name)
    return linked, symbols


def exported(library: str, symbols: dict[str, set[str]]) -> dict[str, set[str]]:
    stem = library.split(".so")[0]
    prefix = PREFIXES.get(stem, stem[3:])
    longer = tuple(other for other in PREFIXES.values() if other != prefix and other.startswith(prefix))
    found: dict[str, set[str]] = defaultdict(set)
    for version, names in symbols.items():
        for name in names:
            is_versioned = version and (version == library or version.startswith(f"{stem}.so"))
            begins = name.startswith(prefix) and not (longer and name.startswith(longer))
            if is_versioned or (begins and not SYSTEM_VERSION.match(version)):
                found[version].add(name)
    return found


def write_stub(folder: Path, library: str, symbols: dict[str, set[str]]) -> int:
    stem = library.split(".so")[0]
    names = sorted({name for group in symbols.values() for name in group if re.fullmatch(r"\w+", name)})
    source, versions = folder / f".{stem}.c", folder / f".{stem}.map"
    source.write_text("#include <stdlib.h>\n" + "".join(f"void {name}(void){{abort();}}\n" for name in names))
    command: list[object] = ["gcc", "-shared", "-fPIC", "-O1", f"-Wl,-soname,{library}", "-o", folder / library, source]
    versioned = {version: group for version, group in symbols.items() if version}
    if versioned:
        body = (f"{version} {{ global: {' '.join(f'{name};' for name in sorted(group))} }};" for version, group in versioned.items())
        versions.write_text("\n".join(body) + "\n")
        command.append(f"-Wl,--version-script={versions}")
    output(*command)
    source.unlink()
    versions.unlink(missing_ok=True)
    return len(names)


def main() -> None:
    folder = Path(sysconfig.get_paths()["purelib"]) / "torch" / "lib"
    present = {path.name for path in folder.parent.parent.glob("nvidia/**/*.so*")} | {path.name for path in folder.glob("*.so*")}
    linked, symbols = wanted(sorted([*folder.glob("libtorch*.so"), *folder.glob("libc10*.so")]))
    for library in sorted(name for name in linked if name not in present and not SYSTEM.match(name)):
        print(f"{library}: {write_stub(folder, library, exported(library, symbols))} symbols")


if __name__ == "__main__":
    main()

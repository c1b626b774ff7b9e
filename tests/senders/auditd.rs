//! The audit system of this host: programs that the test starts, as the audit daemon writes of them, followed, and as our sensor hears
//! of them where there is no daemon.
//!
//! Rules live in the kernel and outlive whoever set them: the test takes its own back, and leaves a daemon that runs alone.

use super::{
    Process, is_there,
    server::{Server, WAIT_MAX},
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use watchfloor::follow::FollowConfig;
use watchfloor_shared::search::EventHit;

const STARTED: usize = 300;
const KEY: &str = "watchfloor-test";

/// What the kernel's audit system was told, until it is dropped.
struct Rule {
    program: PathBuf,
    was_enabled: bool,
}

impl Rule {
    /// None where the kernel or a daemon that runs does not leave room for it; says which.
    fn set(program: PathBuf) -> Option<Self> {
        let skip = |why: &str| -> Option<Self> {
            println!("skipped: {why}");
            None
        };
        // SAFETY: asks the kernel for a number.
        if unsafe { libc::geteuid() } != 0 {
            return skip("only root may use the audit system");
        }
        let Some(status) = auditctl(&["-s"]) else {
            return skip("this kernel has no audit system, or not for us");
        };
        let is = |name: &str, value: &str| status.lines().any(|line| line.split_once(' ') == Some((name, value)));
        if !is("pid", "0") {
            return skip("an audit daemon runs here already");
        }
        if is("enabled", "2") {
            return skip("the audit system's settings are locked");
        }
        let rule = Self {
            program,
            was_enabled: is("enabled", "1"),
        };
        match auditctl(&rule.words("-a")) {
            Some(_) => Some(rule),
            None => skip("the kernel refuses the rule"),
        }
    }

    fn words(&self, add_or_delete: &str) -> Vec<String> {
        let program = format!("exe={}", self.program.display());
        let words = [
            add_or_delete,
            "always,exit",
            "-F",
            "arch=b64",
            "-S",
            "execve",
            "-F",
            &program,
            "-k",
            KEY,
        ];
        words.map(str::to_owned).to_vec()
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        auditctl(&self.words("-d"));
        auditctl(&["-e", if self.was_enabled { "1" } else { "0" }]);
    }
}

/// What it says, where it does what it is told.
fn auditctl<S: AsRef<std::ffi::OsStr>>(words: &[S]) -> Option<String> {
    let output = Command::new("auditctl").args(words).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Started as the host's own is, but with settings and a log of the test's.
fn start(folder: &Path) -> Process {
    let settings = format!(
        "local_events = yes\nwrite_logs = yes\nlog_file = {}\nlog_format = ENRICHED\nflush = INCREMENTAL_ASYNC\nfreq = 50\n\
         num_logs = 5\nmax_log_file = 8\nmax_log_file_action = ROTATE\nname_format = NONE\nspace_left = 75\n\
         space_left_action = SYSLOG\nadmin_space_left = 50\nadmin_space_left_action = SUSPEND\n\
         disk_full_action = SUSPEND\ndisk_error_action = SUSPEND\n",
        folder.join("audit.log").display()
    );
    std::fs::write(folder.join("auditd.conf"), settings).unwrap();
    std::fs::create_dir(folder.join("plugins.d")).unwrap();
    let mut auditd = Command::new("auditd");
    let child = auditd
        .arg("-n")
        .arg("-c")
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Process(child.spawn().unwrap())
}

/// Starts the program so often; the number is its argument.
fn run(program: &Path, numbers: std::ops::Range<usize>) {
    for n in numbers {
        assert!(Command::new(program).arg(n.to_string()).status().unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_the_hosts_auditd_saw_are_found_once_when_the_server_is_killed_meanwhile() {
    if !is_there("auditctl", &["-v"], "auditd") {
        return;
    }
    let mut server = Server::start_with(|config, folder| {
        config.follow = vec![FollowConfig {
            paths: vec![format!("{}/auditd/audit.log*", folder.display())],
            source: Some("auditd".to_owned()),
            ..FollowConfig::default()
        }];
    });
    let folder = server.path("auditd");
    std::fs::create_dir(&folder).unwrap();
    let program = server.path("probe");
    std::fs::copy("/bin/true", &program).unwrap();
    let Some(_rule) = Rule::set(program.clone()) else {
        return;
    };
    let mut auditd = start(&folder);
    wait("auditd is registered with the kernel", || {
        auditctl(&["-s"]).is_some_and(|status| status.contains(&format!("pid {}\n", auditd.0.id())))
    })
    .await;
    run(&program, 0..STARTED / 3);
    server.wait_taken(STARTED as u64 / 6).await;
    server.restart();
    run(&program, STARTED / 3..STARTED * 2 / 3);
    rotate(&auditd);
    wait("the log is rotated", || folder.join("audit.log.1").exists()).await;
    server.kill();
    run(&program, STARTED * 2 / 3..STARTED);
    wait("the last is in the log", || {
        let log = std::fs::read_to_string(folder.join("audit.log")).unwrap_or_default();
        log.contains(&format!("a1=\"{}\"", STARTED - 1))
    })
    .await;
    server.restart();
    assert!(auditd.is_running());
    drop(auditd);
    server.wait_quiet().await;
    each_once(&server.found().await, &program);
}

/// Where eBPF is not allowed: by multicast, which takes no daemon's place.
#[tokio::test(flavor = "multi_thread")]
async fn programs_that_the_sensor_hears_of_from_the_kernels_audit_system_are_found_once() {
    if !is_there("auditctl", &["-v"], "auditd") {
        return;
    }
    let server = Server::start();
    let program = server.path("probe");
    std::fs::copy("/bin/true", &program).unwrap();
    let Some(_rule) = Rule::set(program.clone()) else {
        return;
    };
    auditctl(&["-e", "1"]).unwrap();
    std::fs::create_dir(server.path("sensor")).unwrap();
    let settings = [
        ("capture.methods", "[\"audit\"]".to_owned()),
        ("data_dir", format!("{:?}", server.path("sensor"))),
        ("server.address", format!("\"http://127.0.0.1:{}\"", server.ports.grpc)),
        ("server.key_file", format!("{:?}", server.path("key"))),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let config = watchfloor_sensor::config::load(None, std::iter::empty(), &settings).unwrap();
    let sensor = watchfloor_sensor::Agent::new(config).unwrap().start().await.unwrap();
    run(&program, 0..STARTED);
    server.wait_taken(STARTED as u64).await;
    server.wait_quiet().await;
    sensor.stop().await;
    each_once(&server.found().await, &program);
}

/// Each start of the program is one event.
fn each_once(found: &[EventHit], program: &Path) {
    let mut times: HashMap<usize, usize> = HashMap::new();
    let path = program.display().to_string();
    for hit in found
        .iter()
        .filter(|hit| hit.source["process"]["executable"] == path.as_str())
    {
        let arguments = hit.source["process"]["args"].as_array().unwrap();
        *times
            .entry(arguments[1].as_str().unwrap().parse().unwrap())
            .or_default() += 1;
    }
    let wrong: Vec<usize> = (0..STARTED).filter(|n| times.get(n) != Some(&1)).collect();
    assert!(
        wrong.is_empty(),
        "of {STARTED} these are missing or there twice: {wrong:?}"
    );
    println!("{} events, {} of them programs of the test", found.len(), times.len());
}

/// As logrotate asks for it.
fn rotate(auditd: &Process) {
    let id = i32::try_from(auditd.0.id()).unwrap();
    // SAFETY: a signal to a child of this process.
    assert_eq!(unsafe { libc::kill(id, libc::SIGUSR1) }, 0);
}

async fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + WAIT_MAX;
    while !is_so() {
        assert!(Instant::now() < until, "not so: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

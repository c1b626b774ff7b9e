//! The methods on the kernel that runs these tests. They need root; without it they say so and pass.

use super::*;
use std::{
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const WAIT_MAX: Duration = Duration::from_secs(10);

/// What a shell does that writes `file`, then connects to us for a while.
struct Doings {
    file: String,
    port: u16,
    _listener: TcpListener,
    _dir: tempfile::TempDir,
}

impl Doings {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let dir = tempfile::tempdir().unwrap();
        Self {
            file: dir.path().join("written").display().to_string(),
            port: listener.local_addr().unwrap().port(),
            _listener: listener,
            _dir: dir,
        }
    }

    fn start(&self) -> std::process::Child {
        let script = format!(
            "echo x > {}; exec 3<>/dev/tcp/127.0.0.1/{}; sleep 2.5; true",
            self.file, self.port
        );
        Command::new("bash")
            .args(["-c", &script])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Start, write, connect, end: which of them were seen, by the shell's number.
    fn seen(&self, shell: u32, observed: &[Observed]) -> [bool; 4] {
        let mut seen = [false; 4];
        for activity in observed.iter().filter_map(|observed| match observed {
            Observed::Activity(activity) if activity.pid == shell => Some(activity),
            _ => None,
        }) {
            match &activity.action {
                SensorAction::ProcessExec => {
                    let image = activity.image.as_ref().unwrap();
                    seen[0] |= image.args.first().is_some_and(|arg| arg == "bash")
                        && image.executable.as_ref().is_some_and(|path| path.ends_with("/bash"));
                }
                SensorAction::FileOpen { path, .. } => seen[1] |= *path == self.file,
                SensorAction::Connection {
                    destination_port,
                    direction,
                    error: None,
                    ..
                } => seen[2] |= *destination_port == self.port && direction == "egress",
                SensorAction::ProcessExit { exit_code: 0, .. } => seen[3] = true,
                _ => {}
            }
        }
        seen
    }
}

fn sees_all(method: Method) {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: seeing what other processes do needs root");
        return;
    }
    let config = CaptureConfig {
        mounts: vec![std::env::temp_dir()],
        ..CaptureConfig::default()
    };
    let mut started = match method.start(&config) {
        Ok(started) => started,
        Err(reason) => {
            println!("skipped: {}: {reason}", method.words());
            return;
        }
    };
    println!("{:?}", started.blind);
    let doings = Doings::new();
    let (mut observed, began) = (Vec::new(), Instant::now());
    started.capture.poll(&mut observed).unwrap();
    let mut shell = doings.start();
    while doings.seen(shell.id(), &observed) != [true; 4] && began.elapsed() < WAIT_MAX {
        started.capture.poll(&mut observed).unwrap();
        // Reaped, so that it ends.
        let _ = shell.try_wait();
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = shell.kill();
    shell.wait().unwrap();
    assert_eq!(
        doings.seen(shell.id(), &observed),
        [true; 4],
        "started, wrote, connected, ended: {observed:#?}"
    );
    assert!(
        !observed
            .iter()
            .any(|observed| matches!(observed, Observed::Activity(activity) if activity.pid == std::process::id())),
        "the sensor itself is never reported"
    );
}

#[test]
fn ebpf_sees_a_start_a_written_file_a_connection_and_the_end() {
    sees_all(Method::Ebpf);
}

#[test]
fn the_process_connector_sees_them_too() {
    sees_all(Method::ProcConnector);
}

#[test]
fn the_reasons_of_all_refused_methods_are_said() {
    let config = CaptureConfig {
        methods: Vec::new(),
        ..CaptureConfig::default()
    };
    assert!(choose(&config).err().unwrap().contains("settings"));
}

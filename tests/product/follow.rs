//! Files that grow while they are followed: through rotations and `kill -9`, each line is found once.

use std::{
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use watchfloor::{
    clock::Clock,
    follow::FollowConfig,
    startup::{self, Doors, Running},
};
use watchfloor_tests::product;

const CHILD: &str = "WATCHFLOOR_TEST_FOLLOW_CHILD";
const LOGS: &str = "WATCHFLOOR_TEST_FOLLOW_LOGS";
const KILLS: usize = 6;
const WAIT_MAX: Duration = Duration::from_secs(120);

async fn start(dir: &Path, logs: &Path) -> Running {
    let mut config = product::config(dir);
    config.follow = vec![FollowConfig {
        paths: vec![
            format!("{}/*.log", logs.display()),
            format!("{}/eve.json", logs.display()),
        ],
        sensor: Some("sensor-1".to_owned()),
        ..FollowConfig::default()
    }];
    startup::start(config, Clock::system(), Doors::Open).await.unwrap()
}

/// Waits until so many events are found, and a little longer for one too many.
async fn found(running: &Running, wanted: usize) -> usize {
    let until = Instant::now() + WAIT_MAX;
    loop {
        let count = product::event_ids(running).await.len();
        if count >= wanted || Instant::now() >= until {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(running.drained(WAIT_MAX).await);
    product::event_ids(running).await.len()
}

struct Log {
    path: PathBuf,
    written: usize,
}

impl Log {
    fn append(&mut self, lines: usize) {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path).unwrap();
        for _ in 0..lines {
            self.written += 1;
            // No identity and no time of its own: position and bytes alone tell these events apart. Some are equal.
            let line = format!(
                "{{\"@timestamp\":\"2026-01-01T00:00:00Z\",\"message\":\"line {}\"}}\n",
                self.written / 3
            );
            file.write_all(line.as_bytes()).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_is_found_once_through_both_kinds_of_rotation() {
    let (dir, logs) = (product::folder(), product::folder());
    let mut log = Log {
        path: logs.path().join("eve.json"),
        written: 0,
    };
    log.append(300);
    let running = start(dir.path(), logs.path()).await;
    assert_eq!(found(&running, 300).await, 300);
    // Renamed, written to a little more by who had it open, begun anew, and the old one packed.
    let mut late = OpenOptions::new().append(true).open(&log.path).unwrap();
    let rotated = logs.path().join("eve.json.1");
    std::fs::rename(&log.path, &rotated).unwrap();
    log.append(100);
    late.write_all(b"{\"@timestamp\":\"2026-01-01T00:00:00Z\",\"message\":\"late\"}\n")
        .unwrap();
    assert_eq!(found(&running, 401).await, 401);
    let mut gzip = flate2::write::GzEncoder::new(
        std::fs::File::create(logs.path().join("old.log")).unwrap(),
        flate2::Compression::fast(),
    );
    gzip.write_all(&std::fs::read(&rotated).unwrap()).unwrap();
    gzip.finish().unwrap();
    // Copied and emptied.
    std::fs::copy(&log.path, logs.path().join("copy.log")).unwrap();
    std::fs::write(&log.path, "").unwrap();
    log.append(50);
    // Zeek's table beside it, with half a line at its end.
    let table = logs.path().join("conn.log");
    let zeek =
        "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.resp_h\n#types\ttime\tstring\taddr\taddr\n";
    std::fs::write(
        &table,
        format!("{zeek}1700000000.5\tC1\t192.0.2.1\t192.0.2.2\n1700000001.5\tC2\t192"),
    )
    .unwrap();
    assert_eq!(found(&running, 452).await, 452);
    assert_eq!(running.view.dead_letters(&running.tenant, 10).await.total, 0);
    running.stop().await;
    // Half a line becomes whole while nobody looks.
    OpenOptions::new()
        .append(true)
        .open(&table)
        .unwrap()
        .write_all(b".0.2.1\t192.0.2.2\n")
        .unwrap();
    log.append(7);
    let running = start(dir.path(), logs.path()).await;
    assert_eq!(found(&running, 460).await, 460);
    assert_eq!(running.view.dead_letters(&running.tenant, 10).await.total, 0);
    running.stop().await;
}

/// Not a test of its own: the server that gets killed.
#[tokio::test(flavor = "multi_thread")]
async fn follow_child() {
    let (Some(dir), Some(logs)) = (std::env::var_os(CHILD), std::env::var_os(LOGS)) else {
        return;
    };
    let _running = start(Path::new(&dir), Path::new(&logs)).await;
    std::future::pending::<()>().await;
}

fn child(dir: &Path, logs: &Path) -> Child {
    let arguments = ["--exact", "follow::follow_child", "--nocapture", "--test-threads=1"];
    Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .env(CHILD, dir)
        .env(LOGS, logs)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The checkpoints as they lie on the disk.
fn stored(dir: &Path) -> Vec<u8> {
    std::fs::read(dir.join("follow/checkpoints.json")).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_file_grows_and_is_rotated_nothing_is_missing_and_nothing_doubled() {
    let (dir, logs) = (product::folder(), product::folder());
    let mut log = Log {
        path: logs.path().join("app.log"),
        written: 0,
    };
    for round in 0..KILLS {
        let mut server = child(dir.path(), logs.path());
        // Killed in the middle of its work: some time after it stored how far it was.
        let before = stored(dir.path());
        let until = Instant::now() + WAIT_MAX;
        while stored(dir.path()) == before {
            assert!(Instant::now() < until, "the server reads nothing");
            log.append(20);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for _ in 0..7 * round {
            log.append(20);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        server.kill().unwrap();
        server.wait().unwrap();
        // While the server is away the file is rotated as well.
        log.append(50);
        if round % 2 == 1 {
            std::fs::rename(&log.path, logs.path().join(format!("app.log.{round}"))).unwrap();
            log.append(10);
        }
    }
    let running = start(dir.path(), logs.path()).await;
    assert_eq!(found(&running, log.written).await, log.written);
    let snapshot = running.view.snapshot().await;
    assert_eq!(snapshot.unaccounted, 0, "{snapshot:#?}");
    running.stop().await;
}

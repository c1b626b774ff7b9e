//! `kill -9` at random moments of a replay: afterwards everything is as if nothing had happened.

use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use watchfloor::{replay::Plan, startup::Doors};
use watchfloor_tests::{fixtures::recording, product};

const RECORDING: &str = "data/train/windows/otrf/lateral_movement/empire_psexec_dcerpc_tcp_svcctl.jsonl.zst";
const CHILD: &str = "WATCHFLOOR_TEST_CRASH_CHILD";
const ROUNDS: usize = 20;
const WHOLE_MAX: Duration = Duration::from_secs(300);

/// Not a test of its own: the process that gets killed. It takes the recording in, again and again from the start, as a sender
/// does that was not told yes.
#[tokio::test(flavor = "multi_thread")]
async fn crash_child() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let Some(recording) = recording(RECORDING) else { return };
    let running = product::start(Path::new(&dir), Doors::Closed).await;
    product::take_in(&running, &recording, &Plan::default()).await;
    running.stop().await;
}

fn child(dir: &Path) -> Child {
    let arguments = ["--exact", "crash::crash_child", "--nocapture", "--test-threads=1"];
    Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .env(CHILD, dir)
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(complaint(dir)).unwrap())
        .spawn()
        .unwrap()
}

/// What the child says beside its data.
fn complaint(dir: &Path) -> PathBuf {
    dir.with_extension("child")
}

/// Runs one child to its end or until `kill_after`; returns whether it was killed.
fn round(dir: &Path, kill_after: Duration) -> bool {
    let mut child = child(dir);
    let until = Instant::now() + kill_after;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            let said = std::fs::read_to_string(complaint(dir)).unwrap_or_default();
            assert!(status.success(), "the child failed on its own, {status}: {said}");
            return false;
        }
        if Instant::now() >= until {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_nothing_is_missing_and_nothing_doubled() {
    let Some(recording) = recording(RECORDING) else { return };
    let expected = undisturbed(&recording).await;
    let dir = product::folder();
    let mut random = StdRng::seed_from_u64(7);
    // The first round makes the database, which the others find; how long they take is known after one of them.
    round(dir.path(), Duration::from_millis(1_500));
    let whole = Instant::now();
    assert!(
        !round(dir.path(), WHOLE_MAX),
        "a whole run takes longer than {WHOLE_MAX:?}"
    );
    let whole = whole.elapsed();
    std::fs::remove_dir_all(dir.path()).unwrap();
    std::fs::create_dir_all(dir.path()).unwrap();
    let (mut killed, mut rounds) = (0, 0);
    while killed < ROUNDS {
        rounds += 1;
        assert!(
            rounds <= 4 * ROUNDS,
            "only {killed} of {rounds} rounds were killed: the moments are wrong"
        );
        killed += usize::from(round(dir.path(), whole.mul_f64(random.random_range(0.05..0.95))));
    }
    println!(
        "{killed} of {rounds} rounds were killed in the middle; a whole one takes {:.1} s",
        whole.as_secs_f64()
    );

    let running = product::start(dir.path(), Doors::Closed).await;
    product::take_in(&running, &recording, &Plan::default()).await;
    let outcome = (product::event_ids(&running).await, product::alerts(&running).await);
    let snapshot = running.view.snapshot().await;
    running.stop().await;
    assert_eq!(outcome.0, expected.0, "indexed events differ from an undisturbed run");
    assert_eq!(outcome.1, expected.1, "alerts differ from an undisturbed run");
    assert_eq!(snapshot.unaccounted, 0, "{snapshot:#?}");
}

async fn undisturbed(recording: &Path) -> (Vec<String>, Vec<String>) {
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    product::take_in(&running, recording, &Plan::default()).await;
    let outcome = (product::event_ids(&running).await, product::alerts(&running).await);
    running.stop().await;
    assert!(!outcome.0.is_empty() && !outcome.1.is_empty());
    outcome
}

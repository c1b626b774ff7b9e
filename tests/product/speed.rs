//! Start to ready on a data directory that has data.

use std::time::Instant;
use watchfloor::{replay::Plan, startup::Doors};
use watchfloor_tests::{fixtures::recording, product};

/// No limit is asserted by the clock: the figure is printed, and what must hold is that everything is still there.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_everything_and_says_how_long_it_took() {
    let Some(recording) =
        recording("data/train/windows/otrf/credential_access/psh_lsass_memory_dump_comsvcs.jsonl.zst")
    else {
        return;
    };
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Open).await;
    product::take_in(&running, &recording, &Plan::default()).await;
    let before = (product::alerts(&running).await, product::event_ids(&running).await);
    running.stop().await;
    let started = Instant::now();
    let running = product::start(dir.path(), Doors::Open).await;
    println!("ready again after {:.2} s", started.elapsed().as_secs_f64());
    assert_eq!(
        before,
        (product::alerts(&running).await, product::event_ids(&running).await)
    );
    running.stop().await;
}

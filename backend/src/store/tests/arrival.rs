//! The same detections give the same alerts, however they arrive.

use super::{acme, at, database, detection};
use crate::store::{
    Database, Window,
    alerts::{self, AlertSettings},
};
use proptest::{prelude::*, test_runner::TestRunner};
use std::collections::BTreeMap;
use watchfloor_engine::alert::Detection;
use watchfloor_shared::{
    AlertId,
    alert::{AlertFilter, AlertSort},
};

/// Everything that must not depend on how detections arrived.
async fn outcome_of(db: &Database, batches: &[Vec<Detection>]) -> BTreeMap<AlertId, String> {
    let mut tx = acme(db).await;
    for batch in batches {
        alerts::record(&mut tx, batch, &AlertSettings::default(), at(0))
            .await
            .unwrap();
    }
    let page = alerts::list(&mut tx, &AlertFilter::default(), AlertSort::Oldest, &Window::first(500))
        .await
        .unwrap();
    let tell = |a: watchfloor_shared::alert::AlertSummary| (a.id.clone(), serde_json::to_string(&a).unwrap());
    // Rolled back: the next case starts empty.
    page.items.into_iter().map(tell).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_alerts_do_not_depend_on_arrival() {
    let db = database!();
    let step = (0..2u8, 0..3u8, 0..80i64, any::<u16>(), 0..8u8);
    let cases = prop::collection::vec(step, 1..40);
    let mut runner = TestRunner::new(proptest::test_runner::Config {
        cases: 24,
        ..Default::default()
    });
    let check = |steps: Vec<(u8, u8, i64, u16, u8)>| {
        let mut clocks = [0i64; 3];
        let mut queues: [std::collections::VecDeque<Detection>; 3] = Default::default();
        let mut in_order = Vec::new();
        for (event, (rule, endpoint, pause, ..)) in steps.iter().enumerate() {
            let clock = &mut clocks[usize::from(*endpoint)];
            *clock += pause;
            let d = detection(&format!("r{rule}"), &format!("h{endpoint}"), event as u64, *clock);
            queues[usize::from(*endpoint)].push_back(d.clone());
            in_order.push(d);
        }
        let mut batches = vec![Vec::new()];
        let mut delivered = Vec::new();
        for (.., order, cut) in &steps {
            let waiting: Vec<usize> = (0..3).filter(|q| !queues[*q].is_empty()).collect();
            let next = queues[waiting[usize::from(*order) % waiting.len()]]
                .pop_front()
                .unwrap();
            delivered.push(next.clone());
            batches.last_mut().unwrap().push(next);
            match cut {
                0..2 => batches.push(Vec::new()),
                2 => batches.push(delivered[usize::from(*order) % delivered.len()..].to_vec()),
                _ => {}
            }
        }
        let both = async { (outcome_of(&db, &batches).await, outcome_of(&db, &[in_order]).await) };
        let (arrived, straight) = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(both));
        prop_assert_eq!(arrived, straight);
        Ok(())
    };
    runner.run(&cases, check).unwrap();
}

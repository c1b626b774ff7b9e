//! How evenly keys spread over partitions, and partitions over replicas: the product's own partitioner under loads that are not
//! even, as those of a site are not.

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde::Serialize;
use watchfloor::bus::partitioner::partition_of;

const SEED: u64 = 7;

/// One shape of load on one layout. Shares are of the mean, so 1 is even.
#[derive(Debug, Clone, Serialize)]
pub struct Skew {
    pub endpoints: u32,
    /// The nth busiest endpoint sends 1/n^zipf as much as the busiest; 0 means that all send the same.
    pub zipf: f64,
    pub partitions: u32,
    pub replicas: u32,
    /// What the busiest endpoint alone sends, of all.
    pub busiest_endpoint_share: f64,
    pub hottest_partition: f64,
    pub hottest_replica: f64,
    /// With one replica gone, whose partitions went to those that have fewest.
    pub hottest_after_loss: f64,
    /// Partitions that changed hands then, of all.
    pub moved_share: f64,
}

pub fn run() -> Vec<Skew> {
    let mut rows = Vec::new();
    for zipf in [0.0, 0.8, 1.0] {
        for (endpoints, partitions, replicas) in [
            (1_000, 16, 4),
            (10_000, 16, 4),
            (10_000, 64, 4),
            (100_000, 64, 16),
            (100_000, 256, 16),
        ] {
            rows.push(skew(endpoints, zipf, partitions, replicas));
        }
    }
    rows
}

fn skew(endpoints: u32, zipf: f64, partitions: u32, replicas: u32) -> Skew {
    let mut rates: Vec<f64> = (1..=endpoints).map(|rank| f64::from(rank).powf(-zipf)).collect();
    let all: f64 = rates.iter().sum();
    let busiest = rates.first().copied().unwrap_or_default() / all;
    // Which host is busy has nothing to do with what it is called.
    rates.shuffle(&mut StdRng::seed_from_u64(SEED));
    let mut by_partition = vec![0.0; partitions as usize];
    for (number, rate) in rates.iter().enumerate() {
        let key = format!("acme:ws-{number:06}.example");
        by_partition[partition_of(key.as_bytes(), partitions) as usize] += rate / all;
    }
    // As a cooperative assignor deals them: no replica has two more than another.
    let mut held: Vec<Vec<usize>> = vec![Vec::new(); replicas as usize];
    for partition in 0..partitions as usize {
        held[partition % replicas as usize].push(partition);
    }
    let hottest = |held: &[Vec<usize>]| {
        let load = |partitions: &Vec<usize>| partitions.iter().map(|p| by_partition[*p]).sum::<f64>();
        held.iter().map(load).fold(0.0, f64::max) * held.len() as f64
    };
    let hottest_replica = hottest(&held);
    let lost = held.pop().unwrap_or_default();
    for partition in &lost {
        if let Some(least) = held.iter_mut().min_by_key(|held| held.len()) {
            least.push(*partition);
        }
    }
    Skew {
        endpoints,
        zipf,
        partitions,
        replicas,
        busiest_endpoint_share: busiest,
        hottest_partition: by_partition.iter().copied().fold(0.0, f64::max) * f64::from(partitions),
        hottest_replica,
        hottest_after_loss: hottest(&held),
        moved_share: lost.len() as f64 / f64::from(partitions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_load_is_spread_evenly_and_a_busy_host_is_seen() {
        let even = skew(100_000, 0.0, 64, 16);
        assert!((1.0..1.1).contains(&even.hottest_partition), "{even:?}");
        assert!((1.0..1.1).contains(&even.hottest_replica), "{even:?}");
        assert!((even.moved_share - 1.0 / 16.0).abs() < 1e-9, "{even:?}");
        // One host sends more than a partition's share: no layout can divide it.
        let busy = skew(1_000, 1.0, 64, 4);
        assert!(busy.hottest_partition >= busy.busiest_endpoint_share * 64.0, "{busy:?}");
        assert!(busy.hottest_partition > even.hottest_partition && busy.hottest_after_loss >= 1.0);
    }
}

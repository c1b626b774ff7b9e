//! Bytes that were valid once: the same ones on every run, for the tests that stand beside the fuzz targets.

use rand::{Rng, SeedableRng, rngs::StdRng};

/// `count` variants of `seed`, each with one to six bytes changed, put in, taken out, or everything behind one cut off.
pub fn mutations(seed: &[u8], count: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(|number| {
        let mut random = StdRng::seed_from_u64(number);
        let mut bytes = seed.to_vec();
        for _ in 0..random.random_range(1..=6) {
            let at = random.random_range(0..=bytes.len());
            match random.random_range(0..8) {
                0..4 if at < bytes.len() => bytes[at] = random.random(),
                4 | 5 => bytes.insert(at, random.random()),
                6 if at < bytes.len() => drop(bytes.remove(at)),
                7 if at > bytes.len() / 2 => bytes.truncate(at),
                _ => {}
            }
        }
        bytes
    })
}

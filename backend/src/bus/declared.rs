//! The topics' declarations, in a small file of their own: without it no batch could be given its name back.

use super::{BusError, Retention, TopicSpec, partition::Topic, segment};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    id: u32,
    name: String,
    partitions: u32,
    retention_bytes_max: Option<u64>,
    retention_age_max_ms: Option<u64>,
}

pub fn load(dir: &Path) -> Result<BTreeMap<u32, Arc<Topic>>, BusError> {
    let path = dir.join("topics.json");
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        other => other?,
    };
    let declared: Vec<Declared> = serde_json::from_slice(&text)
        .map_err(|error| BusError::Corrupt(format!("{} is unreadable: {error}", path.display())))?;
    let topic = |declared: Declared| {
        let spec = TopicSpec {
            name: declared.name,
            partitions: declared.partitions,
            retention: Retention {
                bytes_max: declared.retention_bytes_max,
                age_max: declared.retention_age_max_ms.map(Duration::from_millis),
            },
        };
        (declared.id, Arc::new(Topic::new(declared.id, spec)))
    };
    Ok(declared.into_iter().map(topic).collect())
}

pub fn save(dir: &Path, topics: &[(u32, TopicSpec)]) -> io::Result<()> {
    let declared = |(id, spec): &(u32, TopicSpec)| Declared {
        id: *id,
        name: spec.name.clone(),
        partitions: spec.partitions,
        retention_bytes_max: spec.retention.bytes_max,
        retention_age_max_ms: spec
            .retention
            .age_max
            .map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
    };
    let declared: Vec<_> = topics.iter().map(declared).collect();
    write_whole(&dir.join("topics.json"), &serde_json::to_vec_pretty(&declared)?)
}

/// Replaces a small file in one step, durably.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("tmp");
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    path.parent().map_or(Ok(()), segment::sync_dir)
}

//! The databases that place addresses, read again when one of their files changes.
//!
//! Invariant: there are always whole databases in force. A file that cannot be read leaves those that are as they were.

use crate::config::EnrichConfig;
use bytes::Bytes;
use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};
use tokio_util::sync::CancellationToken;
use watchfloor_engine::enrich::{InvalidDatabase, Tables};

const LOOK_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: std::io::Error },
    #[error(transparent)]
    Invalid(#[from] InvalidDatabase),
}

/// Cheap to clone; all clones see the same databases.
#[derive(Clone, Default)]
pub struct GeoBook {
    config: EnrichConfig,
    tables: Arc<RwLock<Arc<Tables>>>,
}

/// When each file was written, and how long it is.
type Marks = Vec<Option<(SystemTime, u64)>>;

impl GeoBook {
    pub fn open(config: &EnrichConfig) -> Result<Self, GeoError> {
        let tables = load(config)?;
        Ok(Self {
            config: config.clone(),
            tables: Arc::new(RwLock::new(Arc::new(tables))),
        })
    }

    pub fn current(&self) -> Arc<Tables> {
        Arc::clone(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the files until `stop`.
    pub async fn follow(self, stop: CancellationToken) {
        if self.config.paths().next().is_none() {
            return;
        }
        let mut marks = self.marks();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let book = self.clone();
            let known = marks.clone();
            let looked = tokio::task::spawn_blocking(move || book.look(&known)).await;
            marks = looked.unwrap_or(marks);
        }
    }

    /// Takes changed files over. Returns what was seen.
    pub fn look(&self, known: &Marks) -> Marks {
        let marks = self.marks();
        if marks == *known {
            return marks;
        }
        match load(&self.config) {
            Ok(tables) => {
                *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tables);
                tracing::info!("the databases that place addresses were read again");
            }
            Err(error) => tracing::warn!(%error, "databases not read again; those in force stay"),
        }
        marks
    }

    pub fn marks(&self) -> Marks {
        let mark = |path: &PathBuf| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        self.config.paths().map(mark).collect()
    }
}

fn load(config: &EnrichConfig) -> Result<Tables, GeoError> {
    let read = |paths: &[PathBuf]| -> Result<Vec<Bytes>, GeoError> {
        let read = |path: &PathBuf| match std::fs::read(path) {
            Ok(bytes) => Ok(Bytes::from(bytes)),
            Err(error) => Err(GeoError::Io {
                path: path.clone(),
                error,
            }),
        };
        paths.iter().map(read).collect()
    };
    Ok(Tables::new(read(&config.city)?, read(&config.asn)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_database_is_refused_at_the_start_and_changes_nothing_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("city.mmdb");
        let config = EnrichConfig {
            city: vec![path.clone()],
            asn: Vec::new(),
        };
        assert!(matches!(GeoBook::open(&config), Err(GeoError::Io { .. })));
        std::fs::write(&path, "hello").unwrap();
        assert!(matches!(GeoBook::open(&config), Err(GeoError::Invalid(_))));

        let book = GeoBook {
            config,
            tables: Arc::default(),
        };
        let (before, marks) = (book.current(), book.marks());
        std::fs::write(&path, "hello again").unwrap();
        assert_ne!(book.look(&marks), marks);
        assert!(Arc::ptr_eq(&before, &book.current()));
    }
}

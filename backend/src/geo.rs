//! The databases that place addresses, read again when one of their files changes.
//!
//! Invariant: there are always whole databases in force. A file that cannot be read leaves those that are as they were.

use crate::config::EnrichConfig;
use bytes::Bytes;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};
use tokio_util::sync::CancellationToken;
use watchfloor_engine::enrich::{InvalidDatabase, Tables};
use watchfloor_shared::identity::Credit;

/// Whose data asks to be named: by the licence file beside a database, and by the type that a database says of itself.
const CREDITS: [(&str, &str, &str, &str); 4] = [
    ("DBIP-LICENSE", "DBIP", "IP geolocation by DB-IP", "https://db-ip.com"),
    (
        "ROUTEVIEWS-LICENSE",
        "",
        "AS numbers by RouteViews",
        "https://www.routeviews.org",
    ),
    ("NRO_LICENSE", "", "AS registrations by the NRO", "https://www.nro.net"),
    (
        "GEOLITE2_LICENSE",
        "GeoLite2",
        "GeoLite2 data by MaxMind",
        "https://www.maxmind.com",
    ),
];

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

    /// Whom the console names wherever it shows a place.
    pub fn credits(&self) -> Vec<Credit> {
        let folders: Vec<&Path> = self.config.paths().filter_map(|path| path.parent()).collect();
        let tables = self.current();
        let asks = |(file, kind, ..): &&(&str, &str, &str, &str)| {
            let is_beside = folders.iter().any(|folder| folder.join(file).exists());
            is_beside || !kind.is_empty() && tables.types().any(|name| name.starts_with(kind))
        };
        let credit = |(_, _, text, url): &(&str, &str, &str, &str)| Credit {
            text: (*text).to_owned(),
            url: (*url).to_owned(),
        };
        CREDITS.iter().filter(asks).map(credit).collect()
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
        assert_eq!(book.credits(), []);
        std::fs::write(dir.path().join("DBIP-LICENSE"), "name us").unwrap();
        let [credit] = &book.credits()[..] else { panic!() };
        assert_eq!(credit.url, "https://db-ip.com");
    }
}

//! The models in force, by platform: those that ship, or those of a folder, taken over anew when their files change.

use super::{InferConfig, Manifest, Model, ModelError, library};
use rust_embed::RustEmbed;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use watchfloor_engine::graph::Platform;

const MODEL_FILE: &str = "model.onnx";
const MANIFEST_FILE: &str = "manifest.json";

#[derive(RustEmbed)]
#[folder = "../models"]
struct Shipped;

/// Where models and the library come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Folders with `<platform>/{model.onnx,manifest.json}`, the first that has a platform counts; those that ship come last.
    pub folders: Vec<PathBuf>,
    pub library: Option<PathBuf>,
}

/// Why the files of a platform, as they are now, are not in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelProblem {
    pub platform: Platform,
    pub reason: String,
}

/// Cheap to clone; all clones see a change at once.
#[derive(Clone)]
pub struct ModelBook {
    shelf: Arc<Shelf>,
}

struct Shelf {
    places: Places,
    /// None where inference is off.
    workers: usize,
    current: RwLock<HashMap<Platform, Arc<Model>>>,
    problems: RwLock<Vec<ModelProblem>>,
    /// The files that were looked at last, right or wrong.
    seen: Mutex<HashMap<Platform, Vec<u8>>>,
}

struct Files {
    manifest: Vec<u8>,
    model: Vec<u8>,
}

impl ModelBook {
    /// Takes over what is there, for so many workers; without one there are no models. What cannot be used is a problem, not an error.
    pub fn open(places: Places, workers: usize) -> Self {
        let book = Self {
            shelf: Arc::new(Shelf {
                places,
                workers,
                current: RwLock::default(),
                problems: RwLock::default(),
                seen: Mutex::default(),
            }),
        };
        book.follow();
        book
    }

    /// The models of the settings; none where inference is off.
    pub fn of(config: &InferConfig, data_dir: &Path) -> Self {
        Self::open(config.places(data_dir), if config.enabled { config.workers } else { 0 })
    }

    /// The model in force. Hold it for a batch, not for longer.
    pub fn current(&self, platform: Platform) -> Option<Arc<Model>> {
        let current = self.shelf.current.read().unwrap_or_else(PoisonError::into_inner);
        current.get(&platform).map(Arc::clone)
    }

    pub fn is_empty(&self) -> bool {
        self.shelf
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    pub fn problems(&self) -> Vec<ModelProblem> {
        self.shelf
            .problems
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The model in force, or why there is none.
    pub fn required(&self, platform: Platform) -> Result<Arc<Model>, String> {
        self.current(platform).ok_or_else(|| {
            let problems = self.problems();
            let problem = problems.iter().find(|problem| problem.platform == platform);
            problem.map_or_else(
                || ModelError::Missing { platform }.to_string(),
                |problem| problem.reason.clone(),
            )
        })
    }

    /// Takes over files that changed since the last look. Whatever is wrong with them, the model before stays.
    pub fn follow(&self) {
        if self.shelf.workers == 0 {
            return;
        }
        for platform in Platform::ALL {
            let taken = self.shelf.take(platform);
            let mut problems = self.shelf.problems.write().unwrap_or_else(PoisonError::into_inner);
            match taken {
                Ok(None) => {}
                Ok(Some(model)) => {
                    problems.retain(|problem| problem.platform != platform);
                    tracing::info!(model = %model.manifest.label(), platform = platform.as_str(), "model in force");
                    let mut current = self.shelf.current.write().unwrap_or_else(PoisonError::into_inner);
                    current.insert(platform, Arc::new(model));
                }
                Err(error) => {
                    problems.retain(|problem| problem.platform != platform);
                    let reason = error.to_string();
                    if !matches!(error, ModelError::Missing { .. }) {
                        tracing::warn!(
                            platform = platform.as_str(),
                            reason,
                            "model refused; the one before stays"
                        );
                    }
                    problems.push(ModelProblem { platform, reason });
                }
            }
        }
    }
}

impl Shelf {
    /// `None` when nothing changed.
    fn take(&self, platform: Platform) -> Result<Option<Model>, ModelError> {
        let files = self.files(platform)?;
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let mark = mark(&files);
            if seen.get(&platform) == Some(&mark) {
                return Ok(None);
            }
            seen.insert(platform, mark);
        }
        let environment = library::environment(self.places.library.as_deref())?;
        Model::open(&environment, platform, &files.manifest, &files.model, self.workers).map(Some)
    }

    fn files(&self, platform: Platform) -> Result<Files, ModelError> {
        for folder in &self.places.folders {
            let folder = folder.join(platform.as_str());
            if folder.join(MANIFEST_FILE).exists() {
                return Ok(Files {
                    manifest: read(&folder.join(MANIFEST_FILE))?,
                    model: read(&folder.join(MODEL_FILE))?,
                });
            }
        }
        let shipped =
            |file: &str| Shipped::get(&format!("{}/{file}", platform.as_str())).map(|file| file.data.into_owned());
        match (shipped(MANIFEST_FILE), shipped(MODEL_FILE)) {
            (Some(manifest), Some(model)) => Ok(Files { manifest, model }),
            _ => Err(ModelError::Missing { platform }),
        }
    }
}

/// Which files these are. The manifest has the model's hash, but a model may change without it: that is refused, once.
fn mark(files: &Files) -> Vec<u8> {
    let mut mark = files.manifest.clone();
    mark.extend(super::manifest::sha256(&files.model).into_bytes());
    mark
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    std::fs::read(path).map_err(|cause| ModelError::Read {
        path: path.to_owned(),
        cause,
    })
}

impl Places {
    /// The manifest that is on the disk or shipped, whether or not its model can be used.
    pub fn manifest(&self, platform: Platform) -> Option<Manifest> {
        let named = self
            .folders
            .iter()
            .map(|folder| folder.join(platform.as_str()).join(MANIFEST_FILE));
        let text = named.into_iter().find_map(|path| std::fs::read(path).ok());
        let shipped =
            || Shipped::get(&format!("{}/{MANIFEST_FILE}", platform.as_str())).map(|file| file.data.into_owned());
        Manifest::read(&text.or_else(shipped)?).ok()
    }
}

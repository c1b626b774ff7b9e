//! Windows' graphs → how likely an attack is in each, by the models in force.
//!
//! Invariants: a model is used only when its manifest, its hash, its features' version, its inputs and its answers on a trial are
//! right; a bad one is refused with the reason, and the one before goes on. What a model answers is a number between 0 and 1, or
//! an error: never something else that looks like a score.

mod book;
mod config;
mod history;
mod library;
mod manifest;
mod model;
mod score;

pub use book::{ModelBook, ModelProblem, Places};
pub use config::InferConfig;
pub use history::{History, HistoryError};
pub use library::{LIBRARY_FILE, open_library};
pub use manifest::{Manifest, sha256};
pub use model::Model;
pub use score::{Scorer, Unscored};

use std::path::PathBuf;
use watchfloor_engine::graph::Platform;

/// Why a model is not used, or not to be had.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(
        "ONNX Runtime is not here (looked at {searched}); `cargo xtask setup` fetches it, or name it with ORT_DYLIB_PATH"
    )]
    NoLibrary { searched: String },
    #[error("ONNX Runtime at {path} cannot be used: {reason}")]
    Library { path: String, reason: String },
    #[error("there is no model for {}", .platform.as_str())]
    Missing { platform: Platform },
    #[error("cannot read {path}: {cause}")]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("the manifest is not valid: {0}")]
    Manifest(String),
    #[error("the model is for {found}, not for {wanted}")]
    Platform { found: String, wanted: &'static str },
    #[error("the model was made for features of version {found}; this product has {wanted}")]
    Schema { found: String, wanted: String },
    #[error("the file's SHA-256 is {found}, the manifest says {wanted}")]
    Hash { found: String, wanted: String },
    #[error("the model cannot be opened: {0}")]
    Open(String),
    #[error("the model's inputs or outputs are not those of a window: {0}")]
    Shape(String),
    #[error("the model failed: {0}")]
    Run(String),
    #[error("the model answered with what is no probability: {0}")]
    NotAProbability(f32),
    #[error("the model answers differently when windows come together: {0} and {1}")]
    Unsteady(f32, f32),
}

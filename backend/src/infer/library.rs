//! ONNX Runtime's library, opened once per process.

use super::ModelError;
use ort::environment::Environment;
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The library's file where set-up puts it, below a folder above the executable or the working folder.
pub const LIBRARY_FILE: &str = "onnxruntime/libonnxruntime.so";

/// The library allows one environment in a process, for as long as the process lives.
static OPENED: Mutex<Option<Environment>> = Mutex::new(None);

/// Whether the library can be had, and why not.
pub fn open_library(configured: Option<&Path>) -> Result<(), ModelError> {
    environment(configured).map(drop)
}

/// Opens the configured library, the environment's, or the first that is found.
pub fn environment(configured: Option<&Path>) -> Result<Environment, ModelError> {
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = opened.as_ref() {
        return Ok(environment.clone());
    }
    let path = locate(configured)?;
    let refused = |reason: String| ModelError::Library {
        path: path.display().to_string(),
        reason,
    };
    let builder = ort::init_from(&path).map_err(|error| refused(error.to_string()))?;
    let environment = builder
        .with_telemetry(false)
        .build()
        .map_err(|error| refused(error.to_string()))?;
    *opened = Some(environment.clone());
    Ok(environment)
}

fn locate(configured: Option<&Path>) -> Result<PathBuf, ModelError> {
    let from_environment = || {
        std::env::var_os("ORT_DYLIB_PATH")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let named = configured.map(Path::to_path_buf).or_else(from_environment);
    let candidates = match named {
        Some(path) => vec![path],
        None => unnamed(),
    };
    if let Some(found) = candidates.iter().find(|path| path.is_file()) {
        return Ok(found.clone());
    }
    let searched: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
    Err(ModelError::NoLibrary {
        searched: searched.join(", "),
    })
}

fn unnamed() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok();
    let working = std::env::current_dir().ok();
    let above = |start: &PathBuf| {
        start
            .ancestors()
            .skip(1)
            .take(4)
            .map(Path::to_path_buf)
            .collect::<Vec<_>>()
    };
    let mut files: Vec<PathBuf> = executable
        .iter()
        .flat_map(above)
        .map(|folder| folder.join(LIBRARY_FILE))
        .collect();
    files.extend(working.iter().map(|folder| folder.join("target").join(LIBRARY_FILE)));
    files.push(PathBuf::from("/usr/lib/libonnxruntime.so"));
    files.push(PathBuf::from("/usr/lib/x86_64-linux-gnu/libonnxruntime.so"));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_not_there_is_named() {
        let error = locate(Some(Path::new("/nowhere/libonnxruntime.so")))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/nowhere/libonnxruntime.so") && error.contains("cargo xtask setup"),
            "{error}"
        );
    }
}

//! Recordings into the server, file by file, through the same code as the command line's `import` and `replay`.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use watchfloor::replay::{Plan, Sink, feed, reader};

/// How far one file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Read { file: String, records: u64 },
    Done { file: String, records: u64 },
    Failed { file: String, why: String },
}

/// Takes the files in order; one that fails does not keep the others out.
pub async fn files(paths: &[PathBuf], sink: &Sink, mut progress: impl FnMut(Progress)) {
    for path in paths {
        let file = name(path);
        let step = |records| {
            progress(Progress::Read {
                file: file.clone(),
                records,
            });
        };
        let outcome = one(path, sink, step).await;
        progress(match outcome {
            Ok(records) => Progress::Done { file, records },
            Err(error) => Progress::Failed {
                file,
                why: format!("{error:#}"),
            },
        });
    }
}

async fn one(path: &Path, sink: &Sink, mut progress: impl FnMut(u64)) -> Result<u64> {
    let lines = reader::open(path)?;
    let mut records = 0;
    feed(lines, &Plan::default(), sink, |count| {
        records += count;
        progress(records);
    })
    .await
    .context("while sending")?;
    Ok(records)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

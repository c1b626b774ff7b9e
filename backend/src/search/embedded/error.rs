//! The index's errors in the seam's words.

use super::{aggregate::TOO_MANY_VALUES, terms::OUT_OF_TIME};
use crate::search::SearchError;
use std::{error::Error, io};
use tantivy::TantivyError;

pub fn from_io(error: io::Error) -> SearchError {
    match is_full(&error) {
        true => SearchError::DiskFull,
        false => SearchError::Backend(error.to_string()),
    }
}

pub fn from_index(error: TantivyError) -> SearchError {
    match &error {
        TantivyError::InternalError(text) if text == OUT_OF_TIME => return SearchError::Timeout,
        TantivyError::InternalError(text) if text == TOO_MANY_VALUES => {
            return SearchError::InvalidQuery("the field has too many distinct values; narrow the search".to_owned());
        }
        TantivyError::IoError(io) if is_full(io) => return SearchError::DiskFull,
        TantivyError::LockFailure(..) => {
            return SearchError::Backend("the index is in use by another process".to_owned());
        }
        _ => {}
    }
    let mut cause: Option<&dyn Error> = Some(&error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<io::Error>().is_some_and(is_full) {
            return SearchError::DiskFull;
        }
        cause = inner.source();
    }
    let text = error.to_string();
    match text.contains("No space left") || text.contains("StorageFull") {
        true => SearchError::DiskFull,
        false => SearchError::Backend(text),
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

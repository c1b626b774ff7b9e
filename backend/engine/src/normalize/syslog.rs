//! stub
use super::source::Input;
use crate::{Event, verdict::DeadReason};
pub(super) fn is_dated(_: &str) -> bool {
    false
}
pub(super) fn read(_: &str, _: Input<'_>) -> Result<Event, DeadReason> {
    Err(DeadReason::SpellingUnknown)
}

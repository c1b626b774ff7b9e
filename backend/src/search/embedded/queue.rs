//! How many documents wait for the index's writer. Its own channel takes ten thousand: with a few hundred their memory is used
//! again while it is still in the cache, and the bound on memory is a real one.

use crate::search::SearchError;
use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const WAITING_MAX: usize = 512;
/// The writer takes a document in microseconds; a merge or a slow disk may hold it up, not for ever.
const WAIT_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Default)]
pub struct Queue(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    documents: Mutex<usize>,
    left: Condvar,
}

/// A document's place in the queue, given back when it is dropped.
#[derive(Debug)]
pub struct Turn(Arc<Waiting>);

impl Waiting {
    fn documents(&self) -> MutexGuard<'_, usize> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Waits for a place.
    ///
    /// # Errors
    /// When the writer took nothing for a minute.
    pub fn enter(&self) -> Result<Turn, SearchError> {
        let waited = self
            .0
            .left
            .wait_timeout_while(self.0.documents(), WAIT_MAX, |documents| *documents >= WAITING_MAX);
        let (mut documents, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(SearchError::Backend("the index's writer does not go on".to_owned()));
        }
        *documents += 1;
        Ok(Turn(Arc::clone(&self.0)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut documents = self.0.documents();
        *documents = documents.saturating_sub(1);
        // One wake-up for many places: whoever waits has something to do then.
        if *documents == WAITING_MAX / 2 {
            self.0.left.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_waits_for_the_writer_and_goes_on() {
        let queue = Queue::default();
        let turns: Vec<Turn> = (0..WAITING_MAX).map(|_| queue.enter().unwrap()).collect();
        let waiting = queue.clone();
        let entered = std::thread::spawn(move || waiting.enter().is_ok());
        std::thread::sleep(Duration::from_millis(20));
        assert!(!entered.is_finished(), "no place was free");
        drop(turns);
        assert!(entered.join().unwrap());
    }
}

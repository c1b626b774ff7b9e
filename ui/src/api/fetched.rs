//! A value that follows its key: fetched again when the key changes, the old value stays until the new one is there,
//! an answer that arrives after a newer question is dropped.

use super::Fault;
use leptos::{prelude::*, task::spawn_local};
use std::{future::Future, rc::Rc};

pub struct Fetched<T: Send + Sync + 'static> {
    pub value: RwSignal<Option<T>>,
    pub fault: RwSignal<Option<Fault>>,
    pub busy: RwSignal<bool>,
    round: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Fetched<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Send + Sync + 'static> Copy for Fetched<T> {}

impl<T: Send + Sync + 'static> Fetched<T> {
    /// Asks again with the same key.
    pub fn again(&self) {
        self.round.update(|n| *n = n.wrapping_add(1));
    }
}

/// `key` is reactive; while it is `None` nothing is asked.
pub fn fetch<K, T, F>(key: impl Fn() -> Option<K> + 'static, get: impl Fn(K) -> F + 'static) -> Fetched<T>
where
    K: Clone + 'static,
    T: Send + Sync + 'static,
    F: Future<Output = Result<T, Fault>> + 'static,
{
    let fetched = Fetched {
        value: RwSignal::new(None),
        fault: RwSignal::new(None),
        busy: RwSignal::new(false),
        round: RwSignal::new(0),
    };
    let get = Rc::new(get);
    let latest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        fetched.round.track();
        let Some(key) = key() else { return };
        let number = latest.get_value().wrapping_add(1);
        latest.set_value(number);
        fetched.busy.set(true);
        let get = Rc::clone(&get);
        spawn_local(async move {
            let answer = get(key).await;
            // The page may be gone, or a newer question asked.
            if latest.try_get_value() != Some(number) {
                return;
            }
            fetched.busy.set(false);
            match answer {
                Ok(value) => {
                    fetched.fault.set(None);
                    fetched.value.set(Some(value));
                }
                Err(fault) => fetched.fault.set(Some(fault)),
            }
        });
    });
    fetched
}

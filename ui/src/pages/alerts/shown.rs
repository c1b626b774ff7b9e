//! Tells the server which live alerts were drawn, so that the footer's «alert to screen» is measured, not guessed.

use super::list::AlertList;
use crate::api;
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;
use watchfloor_shared::AlertId;

const BATCH: Duration = Duration::from_millis(250);

#[derive(Clone, Copy)]
pub struct Shown {
    list: AlertList,
    drawn: StoredValue<Vec<AlertId>>,
}

pub fn provide_shown(list: AlertList) {
    provide_context(Shown {
        list,
        drawn: StoredValue::default(),
    });
}

impl Shown {
    /// A row of this alert was drawn. Only those that arrived while this page was open count.
    pub fn drawn(self, id: &AlertId) {
        if self.list.arrived.try_update_value(|a| a.remove(id)) != Some(true) {
            return;
        }
        let first = self.drawn.try_update_value(|d| {
            d.push(id.clone());
            d.len() == 1
        });
        if first != Some(true) {
            return;
        }
        set_timeout(
            move || {
                let Some(ids) = self.drawn.try_update_value(std::mem::take) else {
                    return;
                };
                spawn_local(async move {
                    if let Err(fault) = api::alerts::shown(ids).await {
                        leptos::logging::warn!("drawn alerts were not noted: {}", fault.sentence());
                    }
                });
            },
            BATCH,
        );
    }
}

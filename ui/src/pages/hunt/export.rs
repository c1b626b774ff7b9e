//! All of what was found as NDJSON, page by page, without a cap. The file is made in the browser.

use super::state::{Hunt, Question, request};
use crate::{
    api::{self, Fault},
    components::{Glyph, Icon, file, number, use_toasts},
};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;
use watchfloor_shared::search::{SearchAfter, SearchRequest};

const PAGE: u32 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Progress {
    done: i64,
    of: i64,
}

#[component]
pub fn Export(hunt: Hunt) -> impl IntoView {
    let toasts = use_toasts();
    let progress = RwSignal::new(None::<Progress>);
    let stop = RwSignal::new(false);
    let begin = move |_| {
        let Some(question) = hunt.question() else { return };
        stop.set(false);
        progress.set(Some(Progress {
            done: 0,
            of: hunt.total.get_untracked().unwrap_or(0),
        }));
        spawn_local(async move {
            let lines = collect(question, progress, stop).await;
            let stopped = stop.try_get_untracked() != Some(false);
            progress.try_set(None);
            match lines {
                _ if stopped => {}
                Ok((parts, count)) => match file::save("watchfloor-events.ndjson", "application/x-ndjson", &parts) {
                    Ok(()) => toasts.say(format!("{} exported", number::counted(count, "event", "events"))),
                    Err(_) => toasts.fault("The browser could not make the file."),
                },
                Err(fault) => toasts.fault(format!("Export stopped: {}", fault.sentence())),
            }
        });
    };
    on_cleanup(move || {
        stop.try_set(true);
    });
    let label = move || hunt.total.get().map(|n| format!("Export all {}", number::count(n)));
    view! {
        <Show
            when=move || progress.get().is_some()
            fallback=move || view! {
                <button type="button" class="btn small" prop:disabled=move || hunt.total.get().unwrap_or(0) == 0 on:click=begin>
                    <Icon glyph=Glyph::Export small=true /> {label}
                </button>
            }
        >
            <span class="mono quiet">{move || progress.get().map(|p| format!("{} of {}", number::count(p.done), number::count(p.of)))}</span>
            <button type="button" class="btn small" on:click=move |_| stop.set(true)>"Stop"</button>
        </Show>
    }
}

/// One text per page, and how many events they hold.
async fn collect(
    question: Question,
    progress: RwSignal<Option<Progress>>,
    stop: RwSignal<bool>,
) -> Result<(js_sys::Array, i64), Fault> {
    let parts = js_sys::Array::new();
    let mut done = 0_i64;
    let mut after = None::<SearchAfter>;
    loop {
        let ask = SearchRequest {
            limit: PAGE,
            search_after: after.take(),
            ..request(&question)
        };
        let response = api::events::search(&ask).await?;
        let mut text = String::new();
        for hit in &response.hits {
            text.push_str(&hit.source.to_string());
            text.push('\n');
        }
        parts.push(&JsValue::from_str(&text));
        done += i64::try_from(response.hits.len()).unwrap_or(0);
        let going = stop.try_get_untracked() == Some(false);
        progress.try_set(Some(Progress {
            done,
            of: response.total.max(done),
        }));
        after = response.next;
        if after.is_none() || response.hits.is_empty() || !going {
            return Ok((parts, done));
        }
    }
}

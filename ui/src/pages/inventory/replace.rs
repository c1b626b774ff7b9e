//! A table from a file: chosen or dropped, looked at, then sent.

use super::table::{Table, media_type};
use crate::{
    api::{self, Fault},
    components::{number, use_toasts},
    state::use_session,
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;
use watchfloor_shared::identity::Permission;

/// As much as the server takes.
const FILE_BYTES_MAX: f64 = (32 << 20) as f64;

/// A file that waits for a yes.
#[derive(Clone, PartialEq)]
struct Chosen {
    table: Table,
    name: String,
    media_type: &'static str,
    text: String,
    lines: usize,
}

async fn read(table: Table, file: web_sys::File) -> Result<Chosen, String> {
    let name = file.name();
    let Some(media_type) = media_type(&name) else {
        return Err(format!("{name} is neither .csv nor .json."));
    };
    if file.size() > FILE_BYTES_MAX {
        return Err(format!("{name} is larger than 32 MiB."));
    }
    let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
    let text = text.ok_or_else(|| format!("{name} could not be read."))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    Ok(Chosen {
        table,
        name,
        media_type,
        text,
        lines,
    })
}

#[component]
pub fn Replace(
    table: Memo<Table>,
    total: Memo<Option<usize>>,
    done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (session, toasts) = (use_session(), use_toasts());
    let chosen = RwSignal::new(None::<Chosen>);
    let refused = RwSignal::new(None::<String>);
    let is_busy = RwSignal::new(false);
    // A file for one table is none for another.
    Effect::new(move |_| {
        table.track();
        chosen.set(None);
        refused.set(None);
    });
    let take = move |file: Option<web_sys::File>| {
        let Some(file) = file else { return };
        let into = table.get_untracked();
        spawn_local(async move {
            match read(into, file).await {
                Ok(file) => {
                    refused.set(None);
                    chosen.set(Some(file));
                }
                Err(why) => refused.set(Some(why)),
            }
        });
    };
    let send = move |_: ev::MouseEvent| {
        let Some(file) = chosen.get_untracked().filter(|_| !is_busy.get_untracked()) else {
            return;
        };
        is_busy.set(true);
        spawn_local(async move {
            let answer = api::inventory::replace(file.table.key(), file.media_type, file.text).await;
            is_busy.set(false);
            match answer {
                Ok(taken) => {
                    let (one, many) = file.table.noun();
                    chosen.set(None);
                    refused.set(None);
                    toasts.say(format!("{} in force.", number::counted(taken.rows, one, many)));
                    done();
                }
                Err(fault) => refused.set(Some(sentence(&fault))),
            }
        });
    };
    move || {
        let may = session.may(Permission::ManageInventory);
        may.then(|| view! {
            <section class="replace" aria-label="Replace the table">
                <Choose table take/>
                {move || chosen.get().map(|file| view! { <Ask file total is_busy send cancel=move || chosen.set(None)/> })}
                {move || refused.get().map(|why| view! { <p class="notice error" role="alert">{why}" Nothing was changed."</p> })}
            </section>
        })
    }
}

fn sentence(fault: &Fault) -> String {
    let text = fault.sentence();
    if text.ends_with('.') { text } else { text + "." }
}

/// The place to drop a file, with a button for those who would rather choose.
#[component]
fn Choose(table: Memo<Table>, take: impl Fn(Option<web_sys::File>) + Copy + Send + Sync + 'static) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let is_over = RwSignal::new(false);
    let picked = move |_| {
        let Some(input) = input.get_untracked() else { return };
        take(input.files().and_then(|files| files.get(0)));
        // The same file once more is a choice too.
        input.set_value("");
    };
    let dropped = move |event: ev::DragEvent| {
        event.prevent_default();
        is_over.set(false);
        take(
            event
                .data_transfer()
                .and_then(|data| data.files())
                .and_then(|files| files.get(0)),
        );
    };
    let over = move |event: ev::DragEvent| {
        event.prevent_default();
        is_over.set(true);
    };
    view! {
        <div class="dropzone" class:over=move || is_over.get() on:dragover=over on:dragleave=move |_| is_over.set(false) on:drop=dropped>
            <input type="file" class="visually-hidden" accept=".csv,.json" node_ref=input on:change=picked tabindex="-1" aria-label="A file for the table"/>
            <button type="button" class="btn small" on:click=move |_| { if let Some(input) = input.get_untracked() { input.click(); } }>
                {move || format!("Replace {} from a file", table.get().noun().1)}
            </button>
            <span class="quiet">"or drop a .csv or .json here"</span>
        </div>
    }
}

/// What is about to happen.
#[component]
fn Ask(
    file: Chosen,
    total: Memo<Option<usize>>,
    is_busy: RwSignal<bool>,
    send: impl Fn(ev::MouseEvent) + Copy + Send + Sync + 'static,
    cancel: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (one, many) = file.table.noun();
    let now = total.get_untracked().unwrap_or(0);
    let there = number::counted(i64::try_from(now).unwrap_or(i64::MAX), one, many);
    let lines = number::counted(i64::try_from(file.lines).unwrap_or(i64::MAX), "line", "lines");
    let verb = if now == 1 { "goes" } else { "go" };
    view! {
        <div class="ask" role="group" aria-label="Confirm">
            <p>
                <b class="mono">{file.name.clone()}</b>
                {format!(" has {lines}. ")}
                {if now == 0 { "The table is empty so far.".to_owned() } else { format!("The {there} that there are now {verb}.") }}
            </p>
            <button type="button" class="btn small primary" disabled=move || is_busy.get() on:click=send>
                {move || if is_busy.get() { "Sending" } else { "Replace the table" }}
            </button>
            <button type="button" class="btn small ghost" on:click=move |_| cancel()>"Keep what is there"</button>
        </div>
    }
}

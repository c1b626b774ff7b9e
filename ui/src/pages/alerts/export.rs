//! The filtered list as a file. Read page by page, oldest first, so that alerts which arrive meanwhile move nothing.

use super::list::AlertList;
use crate::{
    api::{self, Fault},
    components::{Glyph, Icon, Menu, file, number, use_toasts},
};
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;
use wasm_bindgen::JsValue;
use watchfloor_shared::alert::AlertFilter;

const PAGE: i64 = 500;
/// A file that a browser still makes and opens. The menu says so when there are more.
const ALERTS_MAX: i64 = 50_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

impl Format {
    const fn word(self) -> &'static str {
        match self {
            Format::Csv => "CSV",
            Format::Json => "JSON",
        }
    }
    const fn file(self) -> (&'static str, &'static str) {
        match self {
            Format::Csv => ("watchfloor-alerts.csv", "text/csv;charset=utf-8"),
            Format::Json => ("watchfloor-alerts.json", "application/json"),
        }
    }
    fn begin(self) -> String {
        match self {
            Format::Csv => format!("{}\r\n", CSV.join(",")),
            Format::Json => "[\n".to_owned(),
        }
    }
    fn row(self, alert: &Value, first: bool) -> String {
        match self {
            Format::Csv => format!("{}\r\n", CSV.map(|name| cell(&alert[name])).join(",")),
            Format::Json if first => alert.to_string(),
            Format::Json => format!(",\n{alert}"),
        }
    }
    const fn end(self) -> &'static str {
        match self {
            Format::Csv => "",
            Format::Json => "\n]\n",
        }
    }
}

/// The fields of an alert that are columns, under the names of the API.
const CSV: [&str; 18] = [
    "id",
    "severity",
    "status",
    "source",
    "title",
    "evidence",
    "rule_id",
    "endpoint_id",
    "user",
    "process_name",
    "count",
    "first_seen",
    "last_seen",
    "techniques",
    "related_endpoints",
    "assignee",
    "verdict",
    "simulated",
];

/// Quoted where needed. What a spreadsheet would run as a formula is made text: evidence is an attacker's words.
fn cell(value: &Value) -> String {
    let text = plain(value);
    let formula = value.is_string() && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Lists are joined by spaces, a technique is its id.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Object(members) => members.get("id").map(plain).unwrap_or_default(),
        other => other.to_string(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Progress {
    done: i64,
    of: i64,
}

#[component]
pub fn Export(list: AlertList) -> impl IntoView {
    let toasts = use_toasts();
    let progress = RwSignal::new(None::<Progress>);
    let stop = RwSignal::new(false);
    let matching = move || list.facets.with(|f| f.as_ref().map_or(0, |f| f.matching));
    let begin = move |format: Format| {
        let filter = list.filter();
        stop.set(false);
        progress.set(Some(Progress {
            done: 0,
            of: untrack(matching).min(ALERTS_MAX),
        }));
        spawn_local(async move {
            let collected = collect(filter, format, progress, stop).await;
            let stopped = stop.try_get_untracked() != Some(false);
            progress.try_set(None);
            let (name, media_type) = format.file();
            match collected {
                _ if stopped => {}
                Ok((parts, count)) => match file::save(name, media_type, &parts) {
                    Ok(()) => toasts.say(format!("{} exported", number::counted(count, "alert", "alerts"))),
                    Err(_) => toasts.fault("The browser could not make the file."),
                },
                Err(fault) => toasts.fault(format!("Export stopped: {}", fault.sentence())),
            }
        });
    };
    on_cleanup(move || {
        stop.try_set(true);
    });
    let choice = move |format: Format| {
        let words = move || {
            let all = matching();
            let taken = number::counted(all.min(ALERTS_MAX), "alert", "alerts");
            format!(
                "{}, {}{taken}",
                format.word(),
                if all > ALERTS_MAX { "the oldest " } else { "" }
            )
        };
        view! { <li><button type="button" prop:disabled=move || matching() == 0 on:click=move |_| begin(format)>{words}</button></li> }
    };
    let note = move || {
        if matching() > ALERTS_MAX {
            format!("Of {}. Narrow the filters for the rest.", number::count(matching()))
        } else {
            "What the filters show, oldest first.".to_owned()
        }
    };
    let progress_words = move || {
        progress
            .get()
            .map(|p| format!("{} of {}", number::count(p.done), number::count(p.of)))
    };
    view! {
        <Show
            when=move || progress.get().is_some()
            fallback=move || view! {
                <Menu label="Export" small=true at_end=true face=|| view! { <Icon glyph=Glyph::Export small=true/> "Export" }>
                    {choice(Format::Csv)}
                    {choice(Format::Json)}
                    <li class="menu-note">{note}</li>
                </Menu>
            }
        >
            <span class="mono quiet" role="status">{progress_words}</span>
            <button type="button" class="btn small" on:click=move |_| stop.set(true)>"Stop"</button>
        </Show>
    }
}

/// One text per page, and how many alerts they hold.
async fn collect(
    filter: AlertFilter,
    format: Format,
    progress: RwSignal<Option<Progress>>,
    stop: RwSignal<bool>,
) -> Result<(js_sys::Array, i64), Fault> {
    let parts = js_sys::Array::of1(&JsValue::from_str(&format.begin()));
    let (mut done, mut cursor) = (0_i64, None::<String>);
    loop {
        let page = api::alerts::raw_page(&filter, cursor.as_deref(), PAGE.min(ALERTS_MAX - done)).await?;
        let mut text = String::new();
        for alert in page["items"].as_array().into_iter().flatten() {
            text.push_str(&format.row(alert, done == 0));
            done += 1;
        }
        parts.push(&JsValue::from_str(&text));
        let of = page["total"].as_i64().unwrap_or(done).clamp(done, ALERTS_MAX.max(done));
        progress.try_set(Some(Progress { done, of }));
        cursor = page["next"].as_str().map(str::to_owned);
        let going = stop.try_get_untracked() == Some(false);
        if cursor.is_none() || text.is_empty() || done >= ALERTS_MAX || !going {
            parts.push(&JsValue::from_str(format.end()));
            return Ok((parts, done));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cell_holds_what_the_alert_said_and_runs_nothing() {
        for (value, expected) in [
            (json!("plain"), "plain"),
            (json!("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\""),
            (json!("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0"),
            (json!("-enc SQBFAFgA"), "'-enc SQBFAFgA"),
            (json!(-1), "-1"),
            (json!(null), ""),
            (json!(true), "true"),
            (json!(["ws-01", "ws-02"]), "ws-01 ws-02"),
            (
                json!([{"id": "T1059", "name": "Command"}, {"id": "T1027"}]),
                "T1059 T1027",
            ),
        ] {
            assert_eq!(cell(&value), expected);
        }
    }

    #[test]
    fn rows_make_a_whole_document() {
        let alerts = [
            json!({"id": "a", "title": "One"}),
            json!({"id": "b", "title": "Two, too"}),
        ];
        let written = |format: Format| {
            let rows = alerts.iter().enumerate().map(|(i, alert)| format.row(alert, i == 0));
            format.begin() + &rows.collect::<String>() + format.end()
        };
        assert_eq!(
            serde_json::from_str::<Value>(&written(Format::Json)).unwrap(),
            json!(alerts)
        );
        let csv = written(Format::Csv);
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].starts_with("id,severity,") && lines[2].starts_with("b,,,,\"Two, too\","));
    }
}

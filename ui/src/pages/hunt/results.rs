//! How much was found, and the table of it.

use super::{
    columns::ColumnChoice,
    export::Export,
    query::{self, TokenKind, tokens},
    state::Hunt,
};
use crate::{
    components::{event_table::EventTableModel, number},
    state::{TimeRange, use_range},
    url::Query,
    words::lower,
};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::{EventId, Timestamp, search::EventHit};

#[component]
pub fn Sum(hunt: Hunt) -> impl IntoView {
    let total = move || hunt.total.get().map(|n| number::counted(n, "event", "events"));
    let searched = move || {
        hunt.total.get()?;
        let took = number::duration_ms(hunt.took_ms.get());
        Some(format!("of {} searched in {took}", number::count(hunt.searched.get())))
    };
    let shown = move || {
        let (total, shown) = (hunt.total.get()?, i64::try_from(hunt.hits.with(Vec::len)).ok()?);
        (shown < total).then(|| format!("Newest {} shown, more on scrolling", number::count(shown)))
    };
    view! {
        <div class="filterbar hunt-sum" aria-live="polite">
            <b>{total}</b>
            <span class="quiet">{searched}</span>
            <span class="quiet">{move || hunt.busy.get().then_some("searching…")}</span>
            <span class="grow"></span>
            <span class="quiet">{shown}</span>
            <ColumnChoice hunt />
            <Export hunt />
        </div>
    }
}

/// Values of the query that are worth marking where they occur.
fn marked(text: &str) -> Vec<String> {
    let values = tokens(text).into_iter().filter(|token| token.kind == TokenKind::Value);
    let plain = |token: query::Token| {
        let value = text.get(token.at).unwrap_or_default();
        value
            .split(['*', '?', '"'])
            .map(|piece| lower(&piece.replace("\\\\", "\\")))
            .collect::<Vec<_>>()
    };
    values.flat_map(plain).filter(|piece| piece.len() > 1).collect()
}

pub fn table_model(hunt: Hunt) -> EventTableModel {
    let address = hunt.address;
    let range = use_range();
    EventTableModel {
        hits: hunt.hits,
        columns: hunt.columns.into(),
        open: Signal::derive(move || address.query.with(|q| q.get("open").map(EventId::new))),
        set_open: Callback::new(move |id: Option<EventId>| {
            address.change(|query| query.set("open", id.map(|id| id.to_string())));
        }),
        marked: Memo::new(move |_| marked(&hunt.text.get())).into(),
        dated: Signal::derive(move || match range.get() {
            TimeRange::LastMinutes(minutes) => minutes > 24 * 60,
            TimeRange::Between(from, to) => to.since(from).as_secs() > 86_400,
            TimeRange::All => true,
        }),
        more: Callback::new(move |()| hunt.more()),
        narrow: Callback::new(move |(field, value, not): (String, String, bool)| {
            hunt.run(&query::narrow(&hunt.text.get_untracked(), &field, &value, not));
        }),
        around: Callback::new(move |hit: Arc<EventHit>| address.go(&around(&hit))),
    }
}

/// Everything that the event's host did within 30 s of it, with the event open.
fn around(hit: &EventHit) -> String {
    let half = std::time::Duration::from_secs(30);
    let host = crate::components::event_table::fields::get(&hit.source, "host.name");
    let mut query = Query::default();
    query.set("q", host.map(|host| query::clause("host.name", &host)));
    query.set("from", Some(hit.timestamp.saturating_sub(half).to_string()));
    query.set("to", Some(Timestamp::saturating_add(hit.timestamp, half).to_string()));
    query.set("open", Some(hit.id.to_string()));
    format!("/hunt{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_for_is_marked_without_its_wildcards() {
        assert_eq!(
            marked(r#"process.command_line:*-Enc* and x:"a \\ b""#),
            ["-enc", r"a \ b"]
        );
    }
}

//! Who sends, through which door, and what became of it: the ledger by sender.

use crate::{
    api::{self, fetch},
    components::{Age, Empty, FaultNotice, number, pending},
};
use leptos::prelude::*;
use watchfloor_shared::{Timestamp, pipeline::SenderSnapshot};

const EVERY_MS: i64 = 5_000;

/// `at` is the time of the live snapshot: the senders follow it, less often.
#[component]
pub fn Senders(#[prop(into)] at: Signal<Option<Timestamp>>) -> impl IntoView {
    let round = Memo::new(move |_| at.get().map_or(0, |at| at.millis() / EVERY_MS));
    let fetched = fetch(move || Some(round.get()), |_| api::pipeline::snapshot());
    let senders = move || {
        fetched
            .value
            .with(|s| s.as_ref().map(|s| s.senders.clone()).unwrap_or_default())
    };
    let count = move || fetched.value.with(|s| s.as_ref().map_or(0, |s| s.senders.len()));
    let none = move || fetched.value.with(|s| s.as_ref().is_some_and(|s| s.senders.is_empty()));
    view! {
        <section class="senderlist" aria-label="Senders">
            <div class="panelhead">
                <h2>"Senders"</h2>
                <span class="quiet">
                    {move || (count() > 0).then(|| format!("{}, received = indexed + suppressed + dead + in flight", number::count(count() as i64)))}
                </span>
            </div>
            <FaultNotice fault=fetched.fault again=move || fetched.again() />
            {pending(fetched)}
            {move || none().then(|| view! {
                <Empty title="No senders yet" why="A sender is listed once the first of its records was normalized." />
            })}
            <div role="table" aria-label="Senders" class="senderrows" class:unseen=move || count() == 0>
                <div role="rowgroup">
                    <div class="thead cols-sender" role="row">
                        <span role="columnheader" class="sorted">"Last ↓"</span>
                        <span role="columnheader">"Sender"</span>
                        <span role="columnheader">"Door"</span>
                        <span role="columnheader" class="num">"Received"</span>
                        <span role="columnheader" class="num">"Indexed"</span>
                        <span role="columnheader" class="num">"Suppressed"</span>
                        <span role="columnheader" class="num">"Dead"</span>
                        <span role="columnheader" class="num">"In flight"</span>
                        <span role="columnheader" class="num" title="Numbers that the sensor gave to records which never came">"Missing"</span>
                    </div>
                </div>
                <div role="rowgroup" class="senderbody" tabindex="0">
                    <For each=senders key=|s| (s.sensor.clone(), s.door.clone(), s.received, s.indexed, s.missing, s.last_seen) let(sender)>
                        <Sender sender />
                    </For>
                </div>
            </div>
        </section>
    }
}

#[component]
fn Sender(sender: SenderSnapshot) -> impl IntoView {
    let name = match (sender.sensor.as_str(), sender.door.as_str()) {
        ("", "") => "all others".to_owned(),
        ("", _) => "without a name".to_owned(),
        (name, _) => name.to_owned(),
    };
    let dead: i64 = sender.dead.iter().map(|reason| reason.count).sum();
    let why: Vec<String> = sender
        .dead
        .iter()
        .map(|reason| format!("{} {}", number::count(reason.count), reason.reason))
        .collect();
    let dead_class = if dead > 0 { "num fault-text" } else { "num" };
    let missing_class = if sender.missing > Some(0) {
        "num fault-text"
    } else {
        "num"
    };
    let missing = sender.missing.map(number::count);
    view! {
        <div class="tr cols-sender" role="row">
            <span role="cell"><Age at=sender.last_seen /></span>
            <span role="cell" class="mono strong cut" title=name.clone()>{name.clone()}</span>
            <span role="cell" class="cut">{sender.door}</span>
            <span role="cell" class="num strong">{number::count(sender.received)}</span>
            <span role="cell" class="num">{number::count(sender.indexed)}</span>
            <span role="cell" class="num">{number::count(sender.suppressed)}</span>
            <span role="cell" class=dead_class title=why.join(", ")>{number::count(dead)}</span>
            <span role="cell" class="num">{number::count(sender.in_flight)}</span>
            <span role="cell" class=missing_class>{missing}</span>
        </div>
    }
}

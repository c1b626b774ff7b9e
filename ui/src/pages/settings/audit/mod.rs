//! Who did what: the audit log, newest first; its newest hash to note down; whether it is whole.

mod words;

use crate::{
    api::{self, Fault, fetch},
    components::{Age, Button, Empty, FaultNotice, Find, Shortcut, number, pending, use_shortcuts, use_toasts},
    url::use_address,
};
use leptos::{html, prelude::*, task::spawn_local};
use watchfloor_shared::audit::{AuditEntry, AuditHead, AuditVerification, Outcome};

/// Of a hash in a table; all of it is in the tooltip.
const HASH_SHOWN: usize = 12;

#[component]
pub fn Audit() -> impl IntoView {
    let address = use_address();
    let words = Memo::new(move |_| address.query.with(|q| q.get("q").unwrap_or_default().to_owned()));
    let first = fetch(
        move || Some(words.get()),
        |words| async move { api::audit::list(&words, None).await },
    );
    let more = RwSignal::new(Vec::<AuditEntry>::new());
    let before = RwSignal::new(None);
    // Other words, other pages.
    Effect::new(move |_| {
        before.set(first.value.with(|page| page.as_ref().and_then(|page| page.before)));
        more.set(Vec::new());
    });
    let fault = RwSignal::new(None::<Fault>);
    let earlier = move || {
        let (words, from) = (words.get_untracked(), before.get_untracked());
        spawn_local(async move {
            match api::audit::list(&words, from).await {
                // The answer to a question that is not asked any more is dropped.
                Ok(page) if before.try_get_untracked() == Some(from) => {
                    more.update(|entries| entries.extend(page.entries));
                    before.set(page.before);
                    fault.set(None);
                }
                Ok(_) => {}
                Err(error) => fault.set(Some(error)),
            }
        });
    };
    let entries = Memo::new(move |_| {
        let shown = first.value.with(|page| page.as_ref().map(|page| page.entries.clone()));
        shown.into_iter().flatten().chain(more.get()).collect::<Vec<_>>()
    });
    let head = Memo::new(move |_| first.value.with(|page| page.as_ref().map(|page| page.head.clone())));
    let none = move || first.value.with(Option::is_some) && entries.with(Vec::is_empty);
    view! {
        <Bar words head/>
        <FaultNotice fault=first.fault again=move || first.again()/>
        <FaultNotice fault again=earlier/>
        {move || none().then(|| match words.with(String::is_empty) {
            true => view! { <Empty title="Nothing was changed yet" why="Every change and every sign-in is written down here."/> },
            false => view! { <Empty title="No entry has these words" why="A name, an address, an id, a part of what was changed: all in one piece."/> },
        })}
        {pending(first)}
        <div class="list" class:without=none role="table" aria-label="Audit log">
            <div role="rowgroup">
                <div class="thead cols-audit" role="row">
                    <span role="columnheader" class="num">"No."</span>
                    <span role="columnheader">"When"</span>
                    <span role="columnheader">"Who"</span>
                    <span role="columnheader">"What"</span>
                    <span role="columnheader">"In detail"</span>
                    <span role="columnheader">"From"</span>
                    <span role="columnheader">"Hash"</span>
                </div>
            </div>
            <div class="scroll-rows" role="rowgroup">
                <For each=move || entries.get() key=|entry| entry.number let(entry)><Row entry/></For>
                {move || before.get().map(|_| view! {
                    <div class="earlier"><Button press=move |_| earlier()>"Earlier entries"</Button></div>
                })}
            </div>
        </div>
    }
}

#[component]
fn Row(entry: AuditEntry) -> impl IntoView {
    let is_refused = entry.record.outcome == Outcome::Refused;
    let said = words::detail(&entry);
    let shown = said.clone();
    let what = words::action(&entry);
    let who = format!("{} · {}", words::kind(entry.record.actor.kind), entry.record.actor.id);
    let short: String = entry.hash.chars().take(HASH_SHOWN).collect();
    view! {
        <div class="tr cols-audit" class:refused=is_refused role="row">
            <span role="cell" class="num quiet">{number::count(entry.number)}</span>
            <span role="cell"><Age at=entry.at words=true/></span>
            <span role="cell" class="cut title" title=who>{entry.record.actor.name}</span>
            <span role="cell" class="cut" title=entry.action>{what}</span>
            <span role="cell" class="cut quiet" title=said>{shown}</span>
            <span role="cell" class="cut mono">{entry.record.address.unwrap_or_default()}</span>
            <span role="cell" class="mono quiet" title=entry.hash>{short}</span>
        </div>
    }
}

/// The words to look for, the newest hash, and what can be done with the log.
#[component]
fn Bar(words: Memo<String>, head: Memo<Option<AuditHead>>) -> impl IntoView {
    let search = NodeRef::<html::Input>::new();
    let find = move |_| {
        if let Some(input) = search.get_untracked() {
            let _ = input.focus();
        }
    };
    use_shortcuts("Audit log", vec![Shortcut::new(&["/"], "Find an entry", find).hinted()]);
    let toasts = use_toasts();
    let found = RwSignal::new(None::<AuditVerification>);
    let busy = RwSignal::new(false);
    let verify = move |_| {
        busy.set(true);
        spawn_local(async move {
            match api::audit::verify().await {
                Ok(verification) => found.set(Some(verification)),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            busy.set(false);
        });
    };
    let outcome = move || {
        found.get().map(|found| match found.broken {
            None => view! { <span class="verified" role="status">{format!("Whole up to {}", number::count(found.head.number))}</span> }.into_any(),
            Some(why) => view! { <span class="broken" role="alert">{format!("Not whole: {why}")}</span> }.into_any(),
        })
    };
    let noted = move || {
        head.get()
            .filter(|head| head.number > 0)
            .map(|head| format!("{}:{}", head.number, head.hash))
    };
    view! {
        <div class="audit-bar">
            <Find label="Find entries" placeholder="Name, address, id …" words node_ref=search/>
            {move || noted().map(|noted| view! {
                <span class="quiet">"Newest"</span>
                <code class="cut noted" title="Note this elsewhere: with it, a later export shows that nothing before was changed.">{noted}</code>
            })}
            <span class="push"></span>
            {outcome}
            <Button press=verify disabled=busy>"Verify"</Button>
            <a class="btn" href=api::audit::EXPORT download title="Every entry, to be verified elsewhere: watchfloor audit verify FILE">"Export"</a>
        </div>
    }
}

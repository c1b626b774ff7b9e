//! Dead letters by reason, each with a sample and a way back into the pipeline.

use crate::{
    api::{self, fetch},
    components::{At, Button, Empty, FaultNotice, Look, number, pending, use_toasts},
    state::use_session,
};
use leptos::{prelude::*, task::spawn_local};
use watchfloor_shared::{identity::Permission, pipeline::DeadLetterGroup};

/// `dead` is the count of the live snapshot: when it changes, the groups are fetched again.
#[component]
pub fn DeadLetters(#[prop(into)] dead: Signal<Option<i64>>) -> impl IntoView {
    let toasts = use_toasts();
    let session = use_session();
    let letters = fetch(move || Some(dead.get()), |_| api::pipeline::dead_letters());
    let may = move || session.may(Permission::RedriveDeadLetters);
    let redrive = move |reason: Option<String>| {
        spawn_local(async move {
            match api::pipeline::redrive(reason).await {
                Ok(count) => {
                    toasts.say(format!(
                        "{} driven again",
                        number::counted(count, "dead letter", "dead letters")
                    ));
                    // The page may have been left meanwhile.
                    if letters.busy.try_get_untracked().is_some() {
                        letters.again();
                    }
                }
                Err(fault) => toasts.fault(fault.sentence()),
            }
        });
    };
    let total = move || letters.value.with(|l| l.as_ref().map_or(0, |l| l.total));
    let groups = move || {
        letters
            .value
            .with(|l| l.as_ref().map(|l| l.groups.clone()).unwrap_or_default())
    };
    let none = move || letters.value.with(|l| l.as_ref().is_some_and(|l| l.groups.is_empty()));
    let redrive = Callback::new(redrive);
    view! {
        <section class="deadlist" aria-label="Dead letters">
            <Head total=Signal::derive(total) may=Signal::derive(may) redrive />
            <FaultNotice fault=letters.fault again=move || letters.again() />
            {pending(letters)}
            {move || none().then(|| view! {
                <Empty title="No dead letters" why="Every event so far could be read and was taken by every stage." />
            })}
            <div role="table" aria-label="Dead letters by reason" class="deadrows" class:unseen=move || letters.value.with(|l| l.as_ref().is_none_or(|l| l.groups.is_empty()))>
                <div role="rowgroup">
                    <div class="thead cols-dead" role="row">
                        <span role="columnheader" class="sorted">"Last ↓"</span>
                        <span role="columnheader">"Reason"</span>
                        <span role="columnheader" class="num">"Count"</span>
                        <span role="columnheader">"Sample"</span>
                        <span role="columnheader">"From"</span>
                        <span role="columnheader">"Stage"</span>
                    </div>
                </div>
                <div role="rowgroup" class="deadbody" tabindex="0">
                    <For each=groups key=|g| (g.reason.clone(), g.stage.clone(), g.source.clone(), g.count) let(group)>
                        <Group group may=Signal::derive(may) redrive />
                    </For>
                </div>
            </div>
        </section>
    }
}

#[component]
fn Head(total: Signal<i64>, may: Signal<bool>, redrive: Callback<Option<String>>) -> impl IntoView {
    let words = move || format!("{}, by reason, the bytes as they came", number::count(total.get()));
    let all = move || {
        view! {
            <Button look=Look::Small press=move |_| redrive.run(None)>
                {format!("Re-drive all {}", number::count(total.get()))}
            </Button>
        }
    };
    view! {
        <div class="panelhead">
            <h2>"Dead letters"</h2>
            <span class="quiet">{move || (total.get() > 0).then(words)}</span>
            <span class="grow"></span>
            {move || (may.get() && total.get() > 0).then(all)}
        </div>
    }
}

#[component]
fn Group(group: DeadLetterGroup, may: Signal<bool>, redrive: Callback<Option<String>>) -> impl IntoView {
    let reason = group.reason.clone();
    let button = move || {
        may.get().then(|| {
            let reason = reason.clone();
            view! { <Button look=Look::Small press=move |_| redrive.run(Some(reason.clone()))>"Re-drive"</Button> }
        })
    };
    view! {
        <div class="tr cols-dead" role="row">
            <span role="cell"><At at=group.last /></span>
            <span role="cell" class="mono strong cut" title=group.reason.clone()>{group.reason.clone()}</span>
            <span role="cell" class="num strong">{number::count(group.count)}</span>
            <span role="cell" class="mono cut" title=group.sample.clone()>{group.sample.clone()}</span>
            <span role="cell" class="cut" title=group.source.clone()>{group.source.clone()}</span>
            <span role="cell" class="deadact">{group.stage} {button}</span>
        </div>
    }
}

//! One alert, understood on one page: what happened, why it is an alert, the processes, the course of time, what to decide.

mod case;
mod decide;
mod events;
mod head;
mod inspect;
mod neighbours;
mod side;
mod timeline;
mod tree;
mod why;

use crate::{
    components::{Empty, FaultNotice, Notice, NoticeKind},
    url::use_address,
};
use case::{Case, MiddleTab};
use leptos::prelude::*;
use watchfloor_shared::{AlertId, alert::Severity, problem::ErrorCode};

#[component]
pub fn AlertPage() -> impl IntoView {
    let address = use_address();
    let id = Memo::new(move |_| address.id.with(|id| AlertId::new(id)));
    let case = Case::open(id);
    decide::bind_keys(case);
    let unknown = move || {
        case.detail
            .fault
            .with(|fault| fault.as_ref().and_then(|f| f.code()) == Some(ErrorCode::NotFound))
    };
    let simulated = move || case.with_summary(|alert| alert.simulated) == Some(true);
    let lit = move || match case.with_summary(|alert| alert.severity) {
        Some(Severity::Critical) | None => "case lit-critical",
        Some(Severity::High) => "case lit-high",
        Some(Severity::Medium) => "case lit-medium",
        Some(Severity::Low) => "case lit-low",
    };
    view! {
        <div class=lit>
            <head::Head case />
            <Show when=move || !unknown() fallback=move || view! { <Unknown /> }>
                <FaultNotice fault=case.detail.fault again=move || case.detail.again() />
                <Show when=simulated>
                    <Notice kind=NoticeKind::Simulated>
                        <span>"This alert was made by the simulator. Nothing of it happened on anyone's machine."</span>
                    </Notice>
                </Show>
                <div class="obj">
                    <div class="obj-main">
                        <why::Why case />
                        <Middle case />
                        <timeline::TimelinePanel case />
                    </div>
                    <side::Side case />
                </div>
            </Show>
        </div>
    }
}

#[component]
fn Unknown() -> impl IntoView {
    view! {
        <Empty title="There is no such alert" why="Its link is wrong, or it belongs to another tenant, or its retention has ended.">
            <a class="btn" href="/alerts">"All alerts"</a>
        </Empty>
    }
}

/// The process tree or the raw events, over the timeline that filters both.
#[component]
fn Middle(case: Case) -> impl IntoView {
    let address = use_address();
    let count = move || {
        case.with_summary(|alert| alert.count)
            .map(crate::components::number::count)
    };
    let tab = move |of: MiddleTab, children: AnyView| {
        let chosen = move || (case.tab.get() == of).to_string();
        view! {
            <button type="button" role="tab" aria-selected=chosen on:click=move |_| case::choose_tab(address, of)>{children}</button>
        }
    };
    view! {
        <section class="tree">
            <div class="panelhead">
                <div class="tabs inline" role="tablist" aria-label="Show">
                    {tab(MiddleTab::Tree, "Process tree".into_any())}
                    {tab(MiddleTab::Events, view! { "Raw events " <span class="num">{count}</span> }.into_any())}
                </div>
                <Show
                    when=move || case.tab.get() == MiddleTab::Tree
                    fallback=move || view! { <events::EventTools case /> }
                >
                    <tree::TreeTools model=case.tree />
                </Show>
            </div>
            <Show
                when=move || case.tab.get() == MiddleTab::Tree
                fallback=move || view! { <events::CaseEvents case /> }
            >
                <tree::TreePanel model=case.tree fault=case.tree_fault />
            </Show>
        </section>
    }
}

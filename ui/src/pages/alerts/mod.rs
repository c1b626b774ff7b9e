//! Alerts: the live list that triage works through, with the evidence beside it.

mod actions;
mod bulk;
pub mod choice;
mod columns;
mod export;
mod filters;
mod inspector;
mod keys;
mod list;
mod rows;
mod searches;
mod sections;
mod shown;
mod table;
mod text;
mod waiting;

pub use choice::TRIAGE;
pub use table::{short_host, short_user};

use crate::{
    components::{Button, Empty, FaultNotice, Look, Pending, Segments},
    live::use_live,
    state::{TimeRange, use_clock, use_range},
    url::use_address,
};
use choice::{Choice, Grouping};
use columns::Columns;
use leptos::{html, prelude::*};
use list::AlertList;

#[component]
pub fn AlertsPage() -> impl IntoView {
    let (address, range, clock, live) = (use_address(), use_range(), use_clock(), use_live());
    let choice = Memo::new(move |_| Choice::read(&address.query.get()));
    let list = AlertList::new(choice, range, clock);
    list.follow(live);
    Effect::new(move |before: Option<()>| {
        choice.track();
        range.chosen.track();
        if before.is_some() {
            list.current.set(None);
            list.checked.update(|c| c.clear());
        }
        list.reload();
    });
    Effect::new(move |before: Option<u32>| {
        let resets = live.resets.get();
        if before.is_some_and(|b| b != resets) {
            list.reload();
        }
        resets
    });
    actions::provide_actions(list);
    shown::provide_shown(list);
    let opened = address.value("alert");
    let search = NodeRef::<html::Input>::new();
    keys::bind(list, opened, search);
    let columns = columns::use_columns();
    let open = Callback::new(move |row: usize| keys::open(list, address, row));
    let rows = Memo::new(move |_| list.sections.with(|s| s.rows()));
    let counted = Memo::new(move |_| list.facets.with(Option::is_some));
    view! {
        <PageHead list=list columns=columns/>
        <searches::Searches list=list/>
        <filters::FilterBar list=list search=search/>
        <FaultNotice fault=list.fault again=move || list.reload()/>
        <div class="split">
            <filters::Facets list=list/>
            <div class="list-side">
                <Show when=move || counted.get() fallback=move || view! { <Pending here=counted fault=list.fault/> }>
                    <Show when=move || rows.get() != 0 fallback=move || view! { <Nothing list=list/> }>
                        <table::AlertTable list=list columns=columns open=open/>
                        <div class="listfoot"><span>{move || filters::foot(list)}</span><span class="push">"all reachable, none dropped"</span></div>
                    </Show>
                </Show>
                <bulk::BulkBar list=list/>
                <bulk::NoteBar/>
            </div>
            <Show when=move || opened.with(Option::is_some)>
                <inspector::AlertInspector list=list id=opened/>
            </Show>
        </div>
    }
}

#[component]
fn PageHead(list: AlertList, columns: Memo<Columns>) -> impl IntoView {
    let (address, range) = (use_address(), use_range());
    let summary = move || {
        list.facets.with(|f| {
            f.as_ref()
                .map(|f| text::summary(f.open, f.in_range, f.unassigned, &range.get().within()))
        })
    };
    let grouping = Signal::derive(move || list.choice.with(|c| c.grouping));
    let choose = move |grouping: Grouping| {
        address.step(|q| {
            q.set("group", Some(grouping.as_str().to_owned()).filter(|g| g != "severity"));
        })
    };
    view! {
        <div class="pagehead">
            <h1>{text::TITLE}</h1>
            <span class="sum cut">{summary}</span>
            <span class="grow"></span>
            <span class="quiet">"Group"</span>
            <Segments label="Group by" options=Grouping::ALL.to_vec() chosen=grouping choose=choose/>
            <columns::ColumnChoice columns=columns/>
            <export::Export list=list/>
        </div>
    }
}

/// Says why there is nothing, and what to do about it.
#[component]
fn Nothing(list: AlertList) -> impl IntoView {
    let (address, range, live) = (use_address(), use_range(), use_live());
    let in_range = Memo::new(move |_| list.facets.with(|f| f.as_ref().map_or(0, |f| f.in_range)));
    let silent = Memo::new(move |_| {
        live.pipeline
            .with(|p| p.as_ref().is_some_and(|p| p.sources.iter().all(|s| s.events == 0)))
    });
    let show_all = move |_| {
        address.step(|q| {
            for key in choice::FILTER_KEYS {
                choice::clear(q, key);
            }
        })
    };
    move || {
        let within = range.get().within();
        if in_range.get() > 0 {
            return view! {
                <Empty title=text::NONE_MATCH why=text::hidden_all(in_range.get(), &within)>
                    <Button look=Look::Small press=show_all>"Remove the filters"</Button>
                </Empty>
            }
            .into_any();
        }
        if silent.get() {
            return view! {
                <Empty title=text::NONE_EVER why=text::NO_TELEMETRY><a class="btn small" href="/pipeline">"See the pipeline"</a></Empty>
            }
            .into_any();
        }
        let narrow = range.get() != TimeRange::All;
        view! {
            <Empty title=if narrow { text::NONE_IN_RANGE } else { text::NONE_EVER } why=text::none_in_range(&within)>
                {narrow.then(|| view! { <Button look=Look::Small press=move |_| range.choose(TimeRange::All)>"Search all time"</Button> })}
            </Empty>
        }
        .into_any()
    }
}

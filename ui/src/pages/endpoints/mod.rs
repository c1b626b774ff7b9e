//! Every host that sends telemetry: how much at risk and why, what it is, when it was last heard.

pub mod row;

use crate::{
    api::{self, Fault, endpoints::EndpointSort},
    components::{Empty, FaultNotice, Find, Pending, Segments, Shortcut, VirtualList, number, use_shortcuts},
    live::use_live,
    state::use_preferences,
    url::use_address,
};
use leptos::{html, prelude::*, task::spawn_local};
use std::sync::Arc;
use watchfloor_shared::{endpoint::EndpointSummary, page::Page};

const PAGE: i64 = 200;
/// Rows before the end at which the next page is asked for.
const AHEAD: usize = 40;

/// The list as far as it is loaded.
#[derive(Clone, Copy)]
struct EndpointList {
    rows: RwSignal<Vec<Arc<EndpointSummary>>>,
    next: RwSignal<Option<String>>,
    total: RwSignal<Option<i64>>,
    fault: RwSignal<Option<Fault>>,
    asked: Memo<(String, EndpointSort)>,
    busy: StoredValue<bool>,
}

fn sort_of(name: Option<&str>) -> EndpointSort {
    match name {
        Some("name") => EndpointSort::Name,
        Some("last_seen") => EndpointSort::LastSeen,
        _ => EndpointSort::Risk,
    }
}

impl EndpointList {
    fn open() -> Self {
        let address = use_address();
        let asked = Memo::new(move |_| {
            address
                .query
                .with(|q| (q.get("q").unwrap_or_default().to_owned(), sort_of(q.get("sort"))))
        });
        let list = Self {
            rows: RwSignal::new(Vec::new()),
            next: RwSignal::new(None),
            total: RwSignal::new(None),
            fault: RwSignal::new(None),
            asked,
            busy: StoredValue::new(false),
        };
        Effect::new(move |_| {
            asked.track();
            list.load(None);
        });
        list
    }

    fn load(self, cursor: Option<String>) {
        let asked = self.asked.get_untracked();
        self.busy.set_value(true);
        spawn_local(async move {
            let first = cursor.is_none();
            let answer = api::endpoints::list(&asked.0, asked.1, cursor, PAGE).await;
            if self.asked.try_get_untracked().as_ref() != Some(&asked) {
                return;
            }
            self.busy.set_value(false);
            match answer {
                Ok(page) => self.take(page, first),
                Err(fault) => self.fault.set(Some(fault)),
            }
        });
    }

    fn take(self, page: Page<EndpointSummary>, first: bool) {
        self.fault.set(None);
        self.total.set(Some(page.total));
        self.next.set(page.next);
        self.rows.update(|rows| {
            if first {
                rows.clear();
            }
            rows.extend(page.items.into_iter().map(Arc::new));
        });
    }

    fn more(self, seen_to: usize) {
        let near = self.rows.with_untracked(|rows| seen_to + AHEAD >= rows.len());
        let next = self.next.get_untracked().filter(|_| near && !self.busy.get_value());
        if next.is_some() {
            self.load(next);
        }
    }
}

#[component]
pub fn EndpointsPage() -> impl IntoView {
    let address = use_address();
    let list = EndpointList::open();
    let live = use_live();
    Effect::new(move |_| {
        if live.resets.get() > 0 {
            list.load(None);
        }
    });
    let current = RwSignal::new(None::<usize>);
    let search = NodeRef::<html::Input>::new();
    bind_keys(list, current, search);
    let sum = move || list.total.get().map(|n| number::counted(n, "endpoint", "endpoints"));
    let at_risk = move || {
        let risky = list
            .rows
            .with(|rows| rows.iter().filter(|row| row.open_alerts.total() > 0).count());
        (risky > 0).then(|| {
            format!(
                ", {} with open alerts",
                number::count(i64::try_from(risky).unwrap_or(0))
            )
        })
    };
    let choose = move |sort: EndpointSort| {
        let name = (sort != EndpointSort::Risk).then(|| sort.as_str().to_owned());
        address.change(|query| query.set("sort", name));
    };
    let words = Memo::new(move |_| list.asked.get().0);
    view! {
        <div class="pagehead">
            <h1>"Endpoints"</h1>
            <span class="sum">{sum}{at_risk}</span>
            <span class="grow"></span>
            <Find label="Find an endpoint" placeholder="Name, address or user" words node_ref=search/>
            <Segments
                label="Order"
                options=vec![(EndpointSort::Risk, "Risk"), (EndpointSort::Name, "Name"), (EndpointSort::LastSeen, "Last seen")]
                chosen=Signal::derive(move || list.asked.get().1)
                choose
            />
        </div>
        <FaultNotice fault=list.fault again=move || list.load(None) />
        <Table list current />
    }
}

fn bind_keys(list: EndpointList, current: RwSignal<Option<usize>>, search: NodeRef<html::Input>) {
    let address = use_address();
    let count = move || list.rows.with_untracked(Vec::len);
    let go = move |down: bool| {
        let last = count().saturating_sub(1);
        current.update(|at| {
            *at = Some(match *at {
                None => 0,
                Some(at) if down => (at + 1).min(last),
                Some(at) => at.saturating_sub(1),
            });
        });
    };
    let open = move || {
        let row = current
            .get_untracked()
            .and_then(|at| list.rows.with_untracked(|rows| rows.get(at).cloned()));
        if let Some(row) = row {
            address.go(&row::link(&row));
        }
    };
    use_shortcuts(
        "Endpoints",
        vec![
            Shortcut::new(&["j", "ArrowDown"], "Next", move |_| go(true)).hinted(),
            Shortcut::new(&["k", "ArrowUp"], "Previous", move |_| go(false)).hinted(),
            Shortcut::new(&["Enter"], "Open", move |_| open()).hinted(),
            Shortcut::new(&["/"], "Find an endpoint", move |_| {
                if let Some(input) = search.get_untracked() {
                    let _ = input.focus();
                }
            }),
        ],
    );
}

#[component]
fn Table(list: EndpointList, current: RwSignal<Option<usize>>) -> impl IntoView {
    let density = use_preferences().density;
    let rows = Signal::derive(move || list.rows.with(Vec::len));
    let row = move |at: usize| {
        let endpoint = Memo::new(move |_| list.rows.with(|rows| rows.get(at).cloned()));
        (move || {
            endpoint
                .get()
                .map(|endpoint| view! { <row::EndpointRow endpoint at current /> })
        })
        .into_any()
    };
    let none = move || {
        (list.total.get() == Some(0)).then(|| {
        let words = list.asked.get().0;
        if words.is_empty() {
            view! { <Empty title="No endpoint yet" why="A host appears here with its first event: send some to /ingest/v1/sysmon, replay a recording, or start the simulator." /> }.into_any()
        } else {
            view! { <Empty title="No endpoint matches" why=format!("No name, address or user contains «{words}».") /> }.into_any()
        }
    })
    };
    view! {
        <div class="list" role="table" aria-label="Endpoints">
            <div role="rowgroup">
                <div class="thead cols-endpoints" role="row">
                    <span role="columnheader" class="num">"Risk"</span>
                    <span role="columnheader">"Name"</span>
                    <span role="columnheader">"Platform"</span>
                    <span role="columnheader">"Open alerts"</span>
                    <span role="columnheader">"Because of"</span>
                    <span role="columnheader">"Usual user"</span>
                    <span role="columnheader" class="wide">"Address"</span>
                    <span role="columnheader" class="num">"Events"</span>
                    <span role="columnheader" class="num">"Last seen"</span>
                </div>
            </div>
            {none}
            <Pending here=Signal::derive(move || list.total.with(Option::is_some)) fault=list.fault />
            <VirtualList
                label="Rows"
                rows
                row_px=Signal::derive(move || density.get().row_px())
                current
                row
                seen=Callback::new(move |(_, last): (usize, usize)| list.more(last))
            />
        </div>
    }
}

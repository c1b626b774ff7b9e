//! The fleet: which sensors are there, whether they live, how they are; a new one with one code, and the end of one.

mod captures;
mod commands;
mod draw;
mod enrol;
mod inspect;
mod row;
mod words;

use crate::{
    api::{self, Fetched, fetch},
    components::{
        Button, Empty, FaultNotice, Glyph, Icon, Look, Segments, Shortcut, VirtualList, pending, use_shortcuts,
    },
    state::{use_preferences, use_session},
    url::{Address, use_address},
};
use leptos::{html, prelude::*};
use row::SensorRow;
use std::{sync::Arc, time::Duration};
use watchfloor_shared::{
    fleet::{Fleet, FleetSensor, Presence},
    identity::Permission,
};

/// Sensors are heard every half minute; who waits for a new one looks on.
const AGAIN: Duration = Duration::from_secs(2);

/// What the page's parts share.
#[derive(Clone, Copy)]
struct Page {
    fleet: Fetched<Fleet>,
    shown: Memo<Vec<Arc<FleetSensor>>>,
    /// By what the address calls it.
    chosen: Memo<Option<String>>,
    enrols: Memo<bool>,
    may: Memo<bool>,
    address: Address,
}

impl Page {
    fn open() -> Self {
        let (address, session) = (use_address(), use_session());
        let fleet = fetch(|| Some(()), |()| api::fleet::list());
        if let Ok(again) = set_interval_with_handle(move || fleet.again(), AGAIN) {
            on_cleanup(move || again.clear());
        }
        let words = address.value("q");
        let presence = Memo::new(move |_| presence_of(address));
        let shown = Memo::new(move |_| {
            let words = words.get().unwrap_or_default();
            let sensors = |fleet: &Fleet| words::matching(&fleet.sensors, &words, presence.get());
            fleet
                .value
                .with(|fleet| fleet.as_ref().map(sensors).unwrap_or_default())
        });
        Self {
            fleet,
            shown,
            chosen: address.value("sensor"),
            enrols: Memo::new(move |_| address.query.with(|query| query.get("enrol").is_some())),
            may: Memo::new(move |_| session.me.with(Option::is_some) && session.may(Permission::ManageSensors)),
            address,
        }
    }

    fn choose(self, key: Option<String>) {
        self.address.change(|query| query.set("sensor", key));
    }

    fn enrol(self, begins: bool) {
        self.address
            .change(|query| query.set("enrol", begins.then(|| "new".to_owned())));
    }

    fn sensor(self, key: &str) -> Option<FleetSensor> {
        self.fleet.value.with(|fleet| {
            let mut sensors = fleet.iter().flat_map(|fleet| &fleet.sensors);
            sensors.find(|sensor| words::key(sensor) == key).cloned()
        })
    }
}

fn presence_of(address: Address) -> Option<Presence> {
    address.query.with(|query| query.get("state").and_then(Presence::parse))
}

#[component]
pub fn SensorsPage() -> impl IntoView {
    let page = Page::open();
    let search = NodeRef::<html::Input>::new();
    bind_keys(page, search);
    let panel = move || {
        if page.enrols.get() {
            Some(view! { <enrol::Enrol page/> }.into_any())
        } else {
            page.chosen
                .get()
                .map(|key| view! { <inspect::Inspect page key/> }.into_any())
        }
    };
    view! {
        <Head page search/>
        <FaultNotice fault=page.fleet.fault again=move || page.fleet.again()/>
        <div class="split">
            <Table page/>
            {panel}
        </div>
    }
}

#[component]
fn Head(page: Page, search: NodeRef<html::Input>) -> impl IntoView {
    let address = page.address;
    let sum = move || {
        page.fleet
            .value
            .with(|fleet| fleet.as_ref().map(|fleet| words::sum(&fleet.sensors)))
    };
    let find = move |text: String| address.change(|query| query.set("q", Some(text).filter(|text| !text.is_empty())));
    let state = move |presence: Option<Presence>| {
        address.change(|query| query.set("state", presence.map(|presence| presence.as_str().to_owned())));
    };
    let offered = move || {
        page.may.get().then(|| {
            view! {
                <Button look=Look::Primary key="e" press=move |_| page.enrol(true)><Icon glyph=Glyph::Plus/>"Enrol a sensor"</Button>
            }
        })
    };
    view! {
        <div class="pagehead">
            <h1>"Sensors"</h1>
            <span class="sum">{sum}</span>
            <span class="grow"></span>
            <input type="search" class="field find" aria-label="Find a sensor" placeholder="Name, host, location, version"
                node_ref=search
                prop:value=move || address.query.with(|query| query.get("q").unwrap_or_default().to_owned())
                on:input=move |event| find(event_target_value(&event))/>
            <Segments
                label="State"
                options=vec![
                    (None, "All"),
                    (Some(Presence::Online), "Online"),
                    (Some(Presence::Late), "Late"),
                    (Some(Presence::Offline), "Offline"),
                    (Some(Presence::Unknown), "Not heard"),
                ]
                chosen=Signal::derive(move || presence_of(address))
                choose=state
            />
            {offered}
        </div>
    }
}

#[component]
fn Table(page: Page) -> impl IntoView {
    let density = use_preferences().density;
    let row = move |at: usize| {
        let sensor = Memo::new(move |_| page.shown.with(|rows| rows.get(at).cloned()));
        (move || {
            sensor
                .get()
                .map(|sensor| view! { <SensorRow sensor at chosen=page.chosen/> })
        })
        .into_any()
    };
    let is_bare = Memo::new(move |_| page.shown.with(Vec::is_empty));
    let current = Signal::derive(move || place(page));
    view! {
        <div class="list-side">
            {move || nothing(page)}
            {pending(page.fleet)}
            <div class="list" class:without=move || is_bare.get() role="table" aria-label="Sensors">
                <div role="rowgroup">
                    <div class="thead cols-sensors" role="row">
                        <span role="columnheader">"Name"</span>
                        <span role="columnheader">"Location"</span>
                        <span role="columnheader">"State"</span>
                        <span role="columnheader" class="num">"Heartbeat"</span>
                        <span role="columnheader">"CPU"</span>
                        <span role="columnheader" class="num">"Memory"</span>
                        <span role="columnheader" class="num">"Spool"</span>
                        <span role="columnheader" class="num">"Left out"</span>
                        <span role="columnheader">"Version"</span>
                    </div>
                </div>
                <VirtualList
                    label="Rows"
                    rows=Signal::derive(move || page.shown.with(Vec::len))
                    row_px=Signal::derive(move || density.get().row_px())
                    current
                    row
                />
            </div>
        </div>
    }
}

/// The chosen row.
fn place(page: Page) -> Option<usize> {
    let chosen = page.chosen.get()?;
    page.shown
        .with(|rows| rows.iter().position(|sensor| words::key(sensor) == chosen))
}

/// Why there is no row, and what to do.
fn nothing(page: Page) -> Option<AnyView> {
    let (any, reached) = page.fleet.value.with(|fleet| {
        let fleet = fleet.as_ref()?;
        Some((!fleet.sensors.is_empty(), fleet.enrols_at.is_some()))
    })?;
    if page.shown.with(|rows| !rows.is_empty()) {
        return None;
    }
    if any {
        return Some(view! { <Empty title="No sensor fits" why="Every word has to be in its name, host, location or version, and its state the chosen one."/> }.into_any());
    }
    if !reached {
        return Some(
            view! {
                <Empty title="No sensor yet, and none can enrol" why="This server does not listen for sensors over TLS. Set grpc.listen, and sensors.server_names to the names by which hosts reach it, then start it again."/>
            }
            .into_any(),
        );
    }
    let why = "A sensor sees what happens on a Linux host and hands it over. Make a code here, run one command on the host, and it shows up within seconds.";
    let act = page.may.get().then(|| {
        view! { <Button look=Look::Primary press=move |_| page.enrol(true)>"Enrol a sensor"</Button> }
    });
    Some(view! { <Empty title="No sensor yet" why>{act}</Empty> }.into_any())
}

fn bind_keys(page: Page, search: NodeRef<html::Input>) {
    let go = move |down: bool| {
        let keys = page
            .shown
            .with_untracked(|rows| rows.iter().map(|sensor| words::key(sensor)).collect::<Vec<_>>());
        let at = untrack(|| place(page));
        let next = match (at, down) {
            (None, _) => 0,
            (Some(at), true) => (at + 1).min(keys.len().saturating_sub(1)),
            (Some(at), false) => at.saturating_sub(1),
        };
        if let Some(key) = keys.get(next) {
            page.choose(Some(key.clone()));
        }
    };
    let close = move || {
        page.enrol(false);
        page.choose(None);
    };
    let begin = move || {
        if page.may.get_untracked() {
            page.enrol(true);
        }
    };
    use_shortcuts(
        "Sensors",
        vec![
            Shortcut::new(&["j", "ArrowDown"], "Next", move |_| go(true)).hinted(),
            Shortcut::new(&["k", "ArrowUp"], "Previous", move |_| go(false)).hinted(),
            Shortcut::new(&["e"], "Enrol a sensor", move |_| begin())
                .hinted()
                .offered(),
            Shortcut::new(&["Escape"], "Close the panel", move |_| close()),
            Shortcut::new(&["/"], "Find a sensor", move |_| {
                if let Some(input) = search.get_untracked() {
                    let _ = input.focus();
                }
            }),
        ],
    );
}

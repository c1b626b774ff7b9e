//! Ctrl-K: every page, every action of the page that is open, and hosts, rules and alerts by name.

use super::{Glyph, Icon, Keys, Shortcut, help::cap};
use crate::{
    api::{self, Fetched},
    components::{SeverityMark, number},
    state::use_range,
    url::{Query, encode, use_address},
    words::lower,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{ev, html, prelude::*};
use watchfloor_shared::{
    alert::{AlertFilter, AlertSort, AlertSummary},
    endpoint::EndpointSummary,
    page::Page,
};

const PAGES: [(Glyph, &str, &str); 10] = [
    (Glyph::Overview, "Overview", "/"),
    (Glyph::Alerts, "Alerts", "/alerts"),
    (Glyph::Hunt, "Hunt", "/hunt"),
    (Glyph::Endpoints, "Endpoints", "/endpoints"),
    (Glyph::Map, "Live map", "/map"),
    (Glyph::Rules, "Detections", "/rules"),
    (Glyph::Sensors, "Sensors", "/sensors"),
    (Glyph::Inventory, "Inventory", "/inventory"),
    (Glyph::Pipeline, "Pipeline", "/pipeline"),
    (Glyph::Settings, "Settings", "/settings"),
];
const FOUND_MAX: i64 = 5;
const PAUSE_MS: u32 = 120;

#[derive(Clone)]
enum Target {
    Path(String),
    Act(Shortcut),
}

#[derive(Clone)]
struct Offer {
    group: &'static str,
    face: Face,
    title: String,
    aside: String,
    target: Target,
}

#[derive(Clone)]
enum Face {
    Glyph(Glyph),
    Severity(watchfloor_shared::alert::Severity),
}

type Found = (Page<EndpointSummary>, Page<AlertSummary>);

fn matches(text: &str, sought: &str) -> bool {
    lower(text).contains(&lower(sought))
}

fn search(sought: Memo<String>) -> Fetched<Found> {
    let key = move || Some(sought.get()).filter(|q| q.trim().len() >= 2);
    api::fetch(key, |q| async move {
        // Asked once the typing rests.
        TimeoutFuture::new(PAUSE_MS).await;
        let filter = AlertFilter {
            q: Some(q.clone()),
            ..AlertFilter::default()
        };
        let hosts = api::endpoints::list(&q, api::endpoints::EndpointSort::Risk, None, FOUND_MAX).await?;
        let alerts = api::alerts::window(&filter, AlertSort::Severity, 0, FOUND_MAX).await?;
        Ok((hosts, alerts))
    })
}

fn offers(sought: &str, keys: Keys, link: impl Fn(&str) -> String, found: Option<Found>) -> Vec<Offer> {
    let mut all = Vec::new();
    let groups = keys.groups.get();
    for shortcut in groups
        .iter()
        .rev()
        .flat_map(|g| &g.shortcuts)
        .filter(|s| s.action && matches(s.label, sought))
    {
        all.push(Offer {
            group: "Do",
            face: Face::Glyph(Glyph::ChevronRight),
            title: shortcut.label.to_owned(),
            aside: shortcut.keys.first().map(|k| cap(k)).unwrap_or_default(),
            target: Target::Act(shortcut.clone()),
        });
    }
    for (glyph, title, path) in PAGES.into_iter().filter(|(_, title, _)| matches(title, sought)) {
        let target = Target::Path(link(path));
        all.push(Offer {
            group: "Go to",
            face: Face::Glyph(glyph),
            title: title.to_owned(),
            aside: String::new(),
            target,
        });
    }
    if sought.trim().len() < 2 {
        return all;
    }
    all.push(Offer {
        group: "Go to",
        face: Face::Glyph(Glyph::Hunt),
        title: format!("Hunt for {sought}"),
        aside: "in all events".to_owned(),
        target: Target::Path(link(&format!("/hunt?query={}", encode(sought)))),
    });
    let Some((hosts, alerts)) = found else { return all };
    for host in hosts.items {
        all.push(Offer {
            group: "Endpoints",
            face: Face::Glyph(Glyph::Endpoints),
            title: host.name,
            aside: format!(
                "risk {}, {}",
                host.risk,
                number::counted(host.open_alerts.total(), "open alert", "open alerts")
            ),
            target: Target::Path(link(&format!("/endpoints/{}", encode(host.id.as_str())))),
        });
    }
    for alert in alerts.items {
        all.push(Offer {
            group: "Alerts",
            face: Face::Severity(alert.severity),
            title: alert.title,
            aside: format!("{}, {}", alert.endpoint_id, alert.id.short()),
            target: Target::Path(link(&format!("/alerts/{}", alert.id))),
        });
    }
    all
}

#[component]
pub fn Palette(open: RwSignal<bool>) -> impl IntoView {
    view! { <Show when=move || open.get()><PalettePanel open=open/></Show> }
}

#[component]
fn PalettePanel(open: RwSignal<bool>) -> impl IntoView {
    let (keys, range, address): (Keys, _, _) = (expect_context(), use_range(), use_address());
    let text = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let field = NodeRef::<html::Input>::new();
    let found = search(Memo::new(move |_| text.get()));
    keys.resting.set(true);
    on_cleanup(move || keys.resting.set(false));
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let link = move |path: &str| {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        range.link(path, Query::parse(query))
    };
    let list = Signal::derive_local(move || {
        let sought = text.get();
        offers(
            &sought,
            keys,
            link,
            found.value.get().filter(|_| sought.trim().len() >= 2),
        )
    });
    let run = move |offer: Offer| {
        open.set(false);
        match offer.target {
            Target::Path(path) => address.go(&path),
            Target::Act(shortcut) => request_animation_frame(move || shortcut.press()),
        }
    };
    let keydown = move |event: ev::KeyboardEvent| keydown(&event, list, chosen, open, run);
    let rows = move || {
        let mut before = "";
        let marked = list.get().into_iter().enumerate().map(|(i, offer)| {
            let first = offer.group != before;
            before = offer.group;
            (i, offer, first)
        });
        let marked: Vec<(usize, Offer, bool)> = marked.collect();
        let row = |(i, offer, first)| offer_row(i, offer, first, chosen, run);
        marked.into_iter().map(row).collect_view()
    };
    view! {
        <div class="scrim" on:click=move |_| open.set(false)></div>
        <div class="palette" role="dialog" aria-modal="true" aria-label="Jump to anything" on:keydown=keydown>
            <div class="query-line">
                <Icon glyph=Glyph::Search/>
                <input node_ref=field type="text" placeholder="Search, or jump to anything" aria-label="Search, or jump to anything" spellcheck="false"
                    autocomplete="off" role="combobox" aria-expanded="true" aria-controls="palette-list"
                    aria-activedescendant=move || format!("offer-{}", chosen.get())
                    on:input=move |event| { text.set(event_target_value(&event)); chosen.set(0); }/>
            </div>
            <ul id="palette-list" role="listbox" aria-label="Offers">{rows}</ul>
            {move || list.with(Vec::is_empty).then(|| view! { <p class="palette-none">"Nothing here has that name. Two letters or more also search hosts and alerts."</p> })}
            <footer><span><kbd>"↑"</kbd><kbd>"↓"</kbd>" move"</span><span><kbd>"Enter"</kbd>" run"</span><span><kbd>"Esc"</kbd>" close"</span></footer>
        </div>
    }
}

fn keydown(
    event: &ev::KeyboardEvent,
    list: Signal<Vec<Offer>, LocalStorage>,
    chosen: RwSignal<usize>,
    open: RwSignal<bool>,
    run: impl Fn(Offer),
) {
    let last = list.with(Vec::len).saturating_sub(1);
    match event.key().as_str() {
        "ArrowDown" => chosen.update(|i| *i = (*i + 1).min(last)),
        "ArrowUp" => chosen.update(|i| *i = i.saturating_sub(1)),
        "Enter" => {
            if let Some(offer) = list.with(|all| all.get(chosen.get_untracked()).cloned()) {
                run(offer);
            }
        }
        "Escape" => open.set(false),
        _ => return,
    }
    event.prevent_default();
}

/// The first offer of a group stands under the group's name.
fn offer_row(
    i: usize,
    offer: Offer,
    first: bool,
    chosen: RwSignal<usize>,
    run: impl Fn(Offer) + 'static,
) -> impl IntoView {
    let face = match offer.face {
        Face::Glyph(glyph) => view! { <Icon glyph=glyph/> }.into_any(),
        Face::Severity(severity) => view! { <SeverityMark severity=severity/> }.into_any(),
    };
    let (group, title, aside) = (offer.group, offer.title.clone(), offer.aside.clone());
    view! {
        {first.then(|| view! { <li class="palette-group" role="presentation">{group}</li> })}
        <li class="palette-offer" role="option" id=format!("offer-{i}") aria-selected=move || (chosen.get() == i).to_string()
            on:pointermove=move |_| chosen.set(i) on:click=move |_| run(offer.clone())>
            {face}<span class="cut">{title}</span><span class="where cut">{aside}</span>
        </li>
    }
}

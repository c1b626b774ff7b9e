//! The top bar: tenant, time range, search, live state, person.

use crate::{
    components::{Glyph, Icon, Menu, time},
    live::{LiveState, use_live},
    state::{TimeRange, use_clock, use_preferences, use_range, use_session},
    url::use_address,
    words::initials,
};
use leptos::prelude::*;

#[component]
pub fn TopBar(palette: RwSignal<bool>) -> impl IntoView {
    let session = use_session();
    let tenant = move || session.me.with(|me| me.as_ref().map(|me| me.tenant_name.clone()));
    let several = Memo::new(move |_| {
        session
            .me
            .with(|me| me.as_ref().is_some_and(|me| me.organizations.len() > 1))
    });
    let whose = move || match several.get() {
        true => view! { <a class="tenant" href="/settings?part=organizations" title="Your organizations">{tenant}</a> }
            .into_any(),
        false => view! { <span class="tenant">{tenant}</span> }.into_any(),
    };
    view! {
        <header class="topbar">
            {whose}
            <span class="sep"></span>
            <RangeMenu/>
            <button type="button" class="searchbox" aria-haspopup="dialog" on:click=move |_| palette.set(true)>
                <Icon glyph=Glyph::Search/>
                "Search, or jump to anything"
                <span class="keys"><kbd>"Ctrl"</kbd><kbd>"K"</kbd></span>
            </button>
            <LiveMark/>
            <span class="sep"></span>
            <PersonMenu/>
        </header>
    }
}

#[component]
fn RangeMenu() -> impl IntoView {
    let (range, clock, zone) = (use_range(), use_clock(), use_preferences().zone);
    let words = move || match range.get() {
        TimeRange::Between(from, to) => {
            let zone = zone.get();
            let same_day = time::day(from, zone) == time::day(to, zone);
            let end = if same_day {
                String::new()
            } else {
                format!("{} ", time::day_short(to, zone))
            };
            format!(
                "{} {} – {end}{}",
                time::day_short(from, zone),
                time::hour_minute(from, zone),
                time::hour_minute(to, zone)
            )
        }
        range => range.words().unwrap_or_default(),
    };
    let zone_name = Memo::new(move |_| time::zone_name(clock.now(), zone.get()));
    let face = move || {
        view! {
            <Icon glyph=Glyph::Clock/>
            <span>{words}</span>
            <span class="quiet">{move || zone_name.get()}</span>
        }
    };
    let choice = move |choice: TimeRange| {
        view! {
            <li><button type="button" aria-pressed=move || (range.get() == choice).to_string() on:click=move |_| range.choose(choice)>
                {choice.words()}
            </button></li>
        }
    };
    view! {
        <Menu label="Time range" face=face>
            {TimeRange::CHOICES.map(choice).into_iter().collect_view()}
            <li class="menu-note">"Or drag over the strip below."</li>
        </Menu>
    }
}

/// Live data carries its age.
#[component]
fn LiveMark() -> impl IntoView {
    let live = use_live();
    let age = move || live.age_ms().map(time_words).unwrap_or_default();
    let (class, word) = (
        move || match live.state() {
            LiveState::Live => "live",
            LiveState::Connecting => "live waiting",
            LiveState::Stale | LiveState::Offline => "live stale",
        },
        move || match live.state() {
            LiveState::Live => "Live",
            LiveState::Connecting => "Connecting",
            LiveState::Stale => "Stale",
            LiveState::Offline => "Offline",
        },
    );
    view! {
        <span class=class title="Age of the last message from the server" role="status">
            {word}<span class="mono" aria-hidden="true">{age}</span>
        </span>
    }
}

fn time_words(ms: i64) -> String {
    crate::components::number::long_seconds(ms / 1_000)
}

#[component]
fn PersonMenu() -> impl IntoView {
    let (session, preferences, address) = (use_session(), use_preferences(), use_address());
    let name = move || {
        session
            .me
            .with(|me| me.as_ref().map(|me| me.name.clone()).unwrap_or_default())
    };
    let about = move || {
        session
            .me
            .with(|me| me.as_ref().map(|me| format!("{}, {}", me.email, me.role.as_str())))
    };
    let version = move || {
        session
            .me
            .with(|me| me.as_ref().map(|me| format!("Server {}", me.server_version)))
    };
    let face = move || {
        view! {
            <span class="avatar" aria-hidden="true">{move || initials(&name())}</span>
            <span class="person-name">{name}</span>
        }
    };
    view! {
        <Menu label="You and how you like it" face=face at_end=true>
            <li class="menu-note">{about}</li>
            <li><button type="button" on:click=move |_| preferences.toggle_theme()>"Dark or light"<kbd>"Shift T"</kbd></button></li>
            <li><button type="button" on:click=move |_| preferences.toggle_density()>"Compact or comfortable"<kbd>"Shift D"</kbd></button></li>
            <li><button type="button" on:click=move |_| preferences.toggle_zone()>"UTC or local time"<kbd>"Shift Z"</kbd></button></li>
            <li><button type="button" on:click=move |_| address.go("/settings?part=account")>"Your account"</button></li>
            <li><button type="button" on:click=move |_| session.sign_out()>"Sign out"</button></li>
            <li class="menu-note">{version}</li>
        </Menu>
    }
}

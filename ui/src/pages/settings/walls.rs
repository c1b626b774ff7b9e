//! The organization's wall screens: what each may show, when it was last seen, and its end.

use super::form::{Purpose, WallForm};
use crate::{
    api::{self, Fetched, fetch},
    components::{Age, Button, Empty, FaultNotice, Look, pending, use_toasts},
};
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;
use watchfloor_shared::wall::{Wall, WallDimming, WallScene, WallSettings, WallTheme};

/// A screen that comes for its credential shows soon.
const AGAIN: Duration = Duration::from_secs(10);

pub const fn scene_name(scene: WallScene) -> &'static str {
    match scene {
        WallScene::Map => "Map",
        WallScene::Techniques => "Top techniques",
        WallScene::Endpoints => "Endpoints at risk",
        WallScene::Pipeline => "Pipeline",
    }
}

/// `22:00`
pub fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// What anyone who walks past can read.
pub fn shown(wall: &WallSettings) -> String {
    let shows = [
        (wall.shows.addresses, "addresses"),
        (wall.shows.hosts, "hosts"),
        (wall.shows.users, "users"),
    ];
    let shown: Vec<&str> = shows
        .into_iter()
        .filter(|(shown, _)| *shown)
        .map(|(_, name)| name)
        .collect();
    match shown.as_slice() {
        [] => "Networks only".to_owned(),
        [all @ .., last] if !all.is_empty() => format!("Full {} and {last}", all.join(", ")),
        [one, ..] => format!("Full {one}"),
    }
}

fn dimmed(dimming: WallDimming) -> String {
    if dimming.from_minute == dimming.to_minute {
        "Never".to_owned()
    } else {
        format!("{}–{}", clock(dimming.from_minute), clock(dimming.to_minute))
    }
}

#[component]
pub fn Walls() -> impl IntoView {
    let walls = fetch(|| Some(()), |()| api::walls::list());
    if let Ok(again) = set_interval_with_handle(move || walls.again(), AGAIN) {
        on_cleanup(move || again.clear());
    }
    let purpose = RwSignal::new(Purpose::Pair);
    let ids = Memo::new(move |_| {
        let ids = |walls: &Vec<Wall>| walls.iter().map(|wall| wall.id.clone()).collect::<Vec<_>>();
        walls.value.with(|walls| walls.as_ref().map(ids).unwrap_or_default())
    });
    let none = move || walls.value.with(|walls| walls.as_ref().is_some_and(Vec::is_empty));
    let done = move || {
        purpose.set(Purpose::Pair);
        walls.again();
    };
    view! {
        <FaultNotice fault=walls.fault again=move || walls.again()/>
        <div class="split">
            <div class="list" role="table" aria-label="Wall screens">
                <div class="thead cols-walls" role="row">
                    <span role="columnheader">"Name"</span>
                    <span role="columnheader">"Shows"</span>
                    <span role="columnheader">"Scenes"</span>
                    <span role="columnheader">"Dimmed"</span>
                    <span role="columnheader">"Last seen"</span>
                    <span role="columnheader"><span class="visually-hidden">"What to do"</span></span>
                </div>
                {pending(walls)}
                {move || none().then(|| view! {
                    <Empty title="No screen yet" why="Open /wall in the browser of a screen. It shows a code; type it at the right and say what the screen may show."/>
                })}
                <div role="rowgroup">
                    <For each=move || ids.get() key=|id| id.clone() let(id)><Row id walls purpose/></For>
                </div>
            </div>
            <aside class="wall-side" aria-label="Pair or change a screen">
                {move || view! { <WallForm purpose=purpose.get() done leave=move || purpose.set(Purpose::Pair)/> }}
            </aside>
        </div>
    }
}

#[component]
fn Row(id: String, walls: Fetched<Vec<Wall>>, purpose: RwSignal<Purpose>) -> impl IntoView {
    let wall = {
        let id = id.clone();
        Memo::new(move |before: Option<&Option<Wall>>| {
            let now = walls
                .value
                .with(|all| all.iter().flatten().find(|wall| wall.id == id).cloned());
            now.or_else(|| before.cloned().flatten())
        })
    };
    let read = move |read: fn(&WallSettings) -> String| {
        wall.with(|wall| wall.as_ref().map(|wall| read(&wall.settings)).unwrap_or_default())
    };
    let scenes = |wall: &WallSettings| {
        wall.scenes
            .iter()
            .map(|scene| scene_name(*scene))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let dark = |wall: &WallSettings| {
        let dimmed = dimmed(wall.dimming);
        if wall.theme == WallTheme::Light {
            format!("{dimmed}, light by day")
        } else {
            dimmed
        }
    };
    let seen = move || match wall.with(|wall| wall.as_ref().and_then(|wall| wall.last_seen)) {
        Some(at) => view! { <Age at words=true/> }.into_any(),
        None => view! { <span class="quiet">"The screen has not come yet"</span> }.into_any(),
    };
    let is_open = move || wall.with(|wall| purpose.with(|purpose| purpose.is_of(wall.as_ref())));
    let by = move || wall.with(|wall| wall.as_ref().map(|wall| format!("Paired by {}", wall.created_by)));
    view! {
        <div class="tr cols-walls" class:current=is_open role="row">
            <span role="cell" class="title" title=by>{move || read(|wall| wall.name.clone())}</span>
            <span role="cell" class="cut" title=move || read(shown)>{move || read(shown)}</span>
            <span role="cell" class="cut" title=move || read(scenes)>{move || read(scenes)}</span>
            <span role="cell" class="cut" title=move || read(dark)>{move || read(dark)}</span>
            <span role="cell" class="cut">{seen}</span>
            <span role="cell" class="acts">
                <Acts wall walls purpose/>
            </span>
        </div>
    }
}

/// Revoking asks once more: a screen may hang far away.
#[component]
fn Acts(wall: Memo<Option<Wall>>, walls: Fetched<Vec<Wall>>, purpose: RwSignal<Purpose>) -> impl IntoView {
    let toasts = use_toasts();
    let asks = RwSignal::new(false);
    let revoke = move |_| {
        let Some(wall) = wall.get_untracked() else { return };
        spawn_local(async move {
            match api::walls::revoke(&wall.id).await {
                Ok(()) => toasts.say(format!(
                    "{} is revoked: the screen shows a new code.",
                    wall.settings.name
                )),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            purpose.set(Purpose::Pair);
            walls.again();
        });
    };
    let edit = move |_| {
        if let Some(wall) = wall.get_untracked() {
            purpose.set(Purpose::Change(Box::new(wall)));
        }
    };
    move || {
        if asks.get() {
            view! {
                <Button look=Look::Small press=revoke>"Revoke for good"</Button>
                <Button look=Look::SmallGhost press=move |_| asks.set(false)>"Keep"</Button>
            }
            .into_any()
        } else {
            view! {
                <Button look=Look::SmallGhost press=edit>"Change"</Button>
                <Button look=Look::SmallGhost press=move |_| asks.set(true)>"Revoke"</Button>
            }
            .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::wall::WallShows;

    #[test]
    fn what_a_screen_shows_is_said_in_words() {
        let wall = |addresses, hosts, users| WallSettings {
            name: String::new(),
            scenes: Vec::new(),
            shows: WallShows {
                addresses,
                hosts,
                users,
            },
            theme: WallTheme::Dark,
            dimming: WallDimming::default(),
        };
        assert_eq!(shown(&wall(false, false, false)), "Networks only");
        assert_eq!(shown(&wall(false, true, false)), "Full hosts");
        assert_eq!(shown(&wall(true, true, true)), "Full addresses, hosts and users");
        assert_eq!(dimmed(WallDimming::default()), "Never");
        assert_eq!(clock(22 * 60 + 5), "22:05");
    }
}

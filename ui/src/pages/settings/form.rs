//! Pairs the screen that shows a code, or changes one that is paired.

use super::walls::{clock, scene_name};
use crate::{
    api::{self, Fault, fetch},
    components::{Notice, NoticeKind, Segments, use_toasts},
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::{
    TenantId,
    wall::{NewWall, Wall, WallChange, WallDimming, WallOrganization, WallScene, WallSettings, WallShows, WallTheme},
};

const NIGHT: WallDimming = WallDimming {
    from_minute: 22 * 60,
    to_minute: 6 * 60,
};

#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    Pair,
    Change(Box<Wall>),
}

impl Purpose {
    pub fn is_of(&self, wall: Option<&Wall>) -> bool {
        matches!((self, wall), (Purpose::Change(changed), Some(wall)) if changed.id == wall.id)
    }
}

#[derive(Clone, Copy)]
struct Draft {
    code: RwSignal<String>,
    name: RwSignal<String>,
    scenes: RwSignal<Vec<WallScene>>,
    shows: RwSignal<WallShows>,
    theme: RwSignal<WallTheme>,
    dims: RwSignal<bool>,
    dimming: RwSignal<WallDimming>,
    also: RwSignal<Vec<TenantId>>,
}

impl Draft {
    fn of(purpose: &Purpose) -> Self {
        let settings = match purpose {
            Purpose::Change(wall) => wall.settings.clone(),
            Purpose::Pair => WallSettings {
                name: String::new(),
                scenes: WallScene::ALL.to_vec(),
                shows: WallShows::default(),
                theme: WallTheme::default(),
                dimming: WallDimming::default(),
            },
        };
        let also = match purpose {
            Purpose::Change(wall) => wall.also.iter().map(|one| one.id.clone()).collect(),
            Purpose::Pair => Vec::new(),
        };
        let dims = settings.dimming.from_minute != settings.dimming.to_minute;
        Self {
            code: RwSignal::new(String::new()),
            name: RwSignal::new(settings.name),
            scenes: RwSignal::new(settings.scenes),
            shows: RwSignal::new(settings.shows),
            theme: RwSignal::new(settings.theme),
            dims: RwSignal::new(dims),
            dimming: RwSignal::new(if dims { settings.dimming } else { NIGHT }),
            also: RwSignal::new(also),
        }
    }

    fn settings(self) -> WallSettings {
        WallSettings {
            name: self.name.get_untracked(),
            scenes: self.scenes.get_untracked(),
            shows: self.shows.get_untracked(),
            theme: self.theme.get_untracked(),
            dimming: match self.dims.get_untracked() {
                true => self.dimming.get_untracked(),
                false => WallDimming::default(),
            },
        }
    }

    /// In the order of the list, so that screens with the same scenes show them in the same order.
    fn toggle(self, scene: WallScene) {
        self.scenes.update(|scenes| {
            let had = scenes.contains(&scene);
            *scenes = WallScene::ALL
                .into_iter()
                .filter(|one| if *one == scene { !had } else { scenes.contains(one) })
                .collect();
        });
    }
}

/// The minutes of `22:05`.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.get(..2)?.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

#[component]
pub fn WallForm(
    purpose: Purpose,
    done: impl Fn() + Copy + Send + Sync + 'static,
    leave: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let draft = Draft::of(&purpose);
    let (fault, busy) = (RwSignal::new(None::<Fault>), RwSignal::new(false));
    let toasts = use_toasts();
    let changed = match &purpose {
        Purpose::Change(wall) => Some(wall.id.clone()),
        Purpose::Pair => None,
    };
    let is_new = changed.is_none();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let (changed, settings, code) = (changed.clone(), draft.settings(), draft.code.get_untracked());
        let also = draft.also.get_untracked();
        spawn_local(async move {
            let answer = save(changed.as_deref(), settings, also, code).await;
            busy.try_set(false);
            match answer {
                Ok(words) => {
                    toasts.say(words);
                    done();
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
        });
    };
    let known = match &purpose {
        Purpose::Change(wall) => wall.also.clone(),
        Purpose::Pair => Vec::new(),
    };
    let title = if is_new { "Pair a screen" } else { "Change a screen" };
    view! {
        <form class="wall-form" on:submit=submit>
            <h2>{title}</h2>
            {is_new.then(|| view! {
                <p class="quiet">"Open " <span class="mono">"/wall"</span> " in the browser of the screen; it shows a code of six digits."</p>
                <label><span class="field-label">"Code on the screen"</span>
                    <input class="field mono code" inputmode="numeric" autocomplete="off" required maxlength="9" placeholder="000 000"
                        on:input=move |e| draft.code.set(event_target_value(&e))/></label>
            })}
            <label><span class="field-label">"Name"</span>
                <input class="field" required maxlength="100" autocomplete="off" placeholder="Where it hangs" prop:value=draft.name.get_untracked()
                    on:input=move |e| draft.name.set(event_target_value(&e))/></label>
            <Scenes draft/>
            <Organizations draft known/>
            <Shows draft/>
            <Looks draft/>
            {move || fault.get().map(|fault| view! { <Notice kind=NoticeKind::Fault><span>{fault.sentence()}</span></Notice> })}
            <div class="row-flex">
                <button type="submit" class="btn primary" prop:disabled=move || busy.get() || draft.scenes.with(Vec::is_empty)>
                    {if is_new { "Pair" } else { "Save" }}
                </button>
                {(!is_new).then(|| view! { <button type="button" class="btn ghost" on:click=move |_| leave()>"Cancel"</button> })}
            </div>
        </form>
    }
}

/// What to say when it is done.
async fn save(changed: Option<&str>, wall: WallSettings, also: Vec<TenantId>, code: String) -> Result<String, Fault> {
    match changed {
        Some(id) => {
            let change = WallChange {
                name: Some(wall.name),
                scenes: Some(wall.scenes),
                shows: Some(wall.shows),
                theme: Some(wall.theme),
                dimming: Some(wall.dimming),
                also: Some(also),
            };
            let wall = api::walls::change(id, &change).await?;
            Ok(format!("{} shows it within a second.", wall.settings.name))
        }
        None => {
            let wall = api::walls::pair(&NewWall { code, wall, also }).await?;
            Ok(format!("{} is paired.", wall.settings.name))
        }
    }
}

#[component]
fn Scenes(draft: Draft) -> impl IntoView {
    let scene = move |scene: WallScene| {
        view! {
            <label class="tick"><input type="checkbox" prop:checked=move || draft.scenes.with(|scenes| scenes.contains(&scene))
                on:change=move |_| draft.toggle(scene)/>{scene_name(scene)}</label>
        }
    };
    view! {
        <fieldset>
            <legend class="field-label">"Scenes, twenty seconds each"</legend>
            {WallScene::ALL.map(scene).collect_view()}
            {move || draft.scenes.with(Vec::is_empty).then(|| view! { <p class="fault-text">"Choose at least one."</p> })}
        </fieldset>
    }
}

/// Only for who administers several. What somebody else added stays to be seen, and to be taken away.
#[component]
fn Organizations(draft: Draft, known: Vec<WallOrganization>) -> impl IntoView {
    let offered = fetch(|| Some(()), |()| api::walls::organizations());
    let all = move || {
        let mut all = offered.value.with(|offered| offered.clone().unwrap_or_default());
        all.extend(
            known
                .iter()
                .filter(|one| !all.contains(one))
                .cloned()
                .collect::<Vec<_>>(),
        );
        all
    };
    let tick = move |one: WallOrganization| {
        let (is_on, id) = (draft.also.with_untracked(|also| also.contains(&one.id)), one.id);
        let turn = move |event: ev::Event| {
            draft.also.update(|also| {
                also.retain(|other| *other != id);
                if event_target_checked(&event) {
                    also.push(id.clone());
                }
            });
        };
        view! { <label class="tick"><input type="checkbox" prop:checked=is_on on:change=turn/>{one.name}</label> }
    };
    move || {
        let all = all();
        (!all.is_empty()).then(|| {
            view! {
                <fieldset>
                    <legend class="field-label">"In turn with this organization"</legend>
                    {all.into_iter().map(tick).collect_view()}
                </fieldset>
            }
        })
    }
}

#[component]
fn Shows(draft: Draft) -> impl IntoView {
    let tick = move |text: &'static str,
                     otherwise: &'static str,
                     get: fn(&WallShows) -> bool,
                     set: fn(&mut WallShows, bool)| {
        view! {
            <label class="tick"><input type="checkbox" prop:checked=move || draft.shows.with(get)
                on:change=move |e| draft.shows.update(|shows| set(shows, event_target_checked(&e)))/>
                <span>{text}<small>{otherwise}</small></span></label>
        }
    };
    view! {
        <fieldset>
            <legend class="field-label">"Anyone who walks past may read"</legend>
            {tick("Full addresses", "otherwise 203.0.113.0/24", |shows| shows.addresses, |shows, on| shows.addresses = on)}
            {tick("Names of hosts", "otherwise Endpoint 3", |shows| shows.hosts, |shows, on| shows.hosts = on)}
            {tick("Names of users", "otherwise none", |shows| shows.users, |shows, on| shows.users = on)}
        </fieldset>
    }
}

#[component]
fn Looks(draft: Draft) -> impl IntoView {
    let time = move |label: &'static str, get: fn(&WallDimming) -> u16, set: fn(&mut WallDimming, u16)| {
        view! {
            <label><span class="field-label">{label}</span>
                <input class="field mono" type="time" required prop:value=clock(draft.dimming.with_untracked(get))
                    on:input=move |e| if let Some(minute) = minutes(&event_target_value(&e)) {
                        draft.dimming.update(|dimming| set(dimming, minute));
                    }/></label>
        }
    };
    view! {
        <div>
            <span class="field-label">"By day"</span>
            <Segments label="Theme" options=vec![(WallTheme::Dark, "Dark"), (WallTheme::Light, "Light")] chosen=draft.theme choose=move |theme| draft.theme.set(theme)/>
        </div>
        <label class="tick"><input type="checkbox" prop:checked=move || draft.dims.get() on:change=move |e| draft.dims.set(event_target_checked(&e))/>
            <span>"Dim it at night"<small>"in the time of the place where it hangs"</small></span></label>
        <Show when=move || draft.dims.get()>
            <div class="row-flex hours">
                {time("From", |dimming| dimming.from_minute, |dimming, minute| dimming.from_minute = minute)}
                {time("Until", |dimming| dimming.to_minute, |dimming, minute| dimming.to_minute = minute)}
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_minutes_after_midnight() {
        assert_eq!(minutes("22:05"), Some(1_325));
        assert_eq!(minutes("06:00:00"), Some(360));
        for wrong in ["", "24:00", "10:60", "10", "1:é"] {
            assert_eq!(minutes(wrong), None, "{wrong}");
        }
    }
}

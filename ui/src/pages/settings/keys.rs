//! What programs prove themselves with: keys, shown once, and registered certificates.

use super::link::Copied;
use crate::{
    api::{self, Fault, Fetched, fetch},
    components::{Age, Button, Empty, FaultNotice, Look, Notice, NoticeKind, Segments, pending, use_toasts},
    state::use_clock,
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::{
    Timestamp,
    identity::{ApiKey, IssuedApiKey, NewApiKey, Permission},
};

/// Of a certificate's fingerprint in the table.
const FINGERPRINT_SHOWN: usize = 16;

const DAYS: [(Option<u16>, &str); 4] = [
    (Some(30), "30 days"),
    (Some(90), "90 days"),
    (Some(365), "A year"),
    (None, "No end"),
];

/// What a key with this scope is for.
const fn what_for(scope: Permission) -> &'static str {
    match scope {
        Permission::Ingest => "Sending telemetry",
        Permission::ReadAlerts => "Reading alerts",
        Permission::ChangeAlerts => "Working on alerts",
        Permission::ReadEvents => "Searching events",
        Permission::ReadPipeline => "Reading metrics",
        Permission::ReadRules => "Reading rules",
        other => other.as_str(),
    }
}

#[component]
fn Scopes(scopes: RwSignal<Vec<Permission>>) -> impl IntoView {
    let tick = move |scope: Permission| {
        let set = move |is_set: bool| {
            scopes.update(|scopes| {
                scopes.retain(|other| *other != scope);
                if is_set {
                    scopes.push(scope);
                }
            });
        };
        view! {
            <label class="tick"><input type="checkbox" prop:checked=move || scopes.with(|scopes| scopes.contains(&scope))
                on:change=move |e| set(event_target_checked(&e))/>{what_for(scope)}</label>
        }
    };
    view! {
        <fieldset><legend class="field-label">"For"</legend>
            {Permission::OF_KEYS.map(tick).into_iter().collect_view()}
        </fieldset>
    }
}

#[component]
fn Ends(at: Timestamp) -> impl IntoView {
    let clock = use_clock();
    let words = move || {
        let left = at.seconds() - clock.now().seconds();
        match left / 86_400 {
            _ if left <= 0 => "Ended".to_owned(),
            0 => "Today".to_owned(),
            1 => "In 1 day".to_owned(),
            days => format!("In {days} days"),
        }
    };
    let is_near = move || at.seconds() - clock.now().seconds() < 7 * 86_400;
    view! { <time datetime=at.to_string() title=at.to_string() class:near=is_near>{words}</time> }
}

#[component]
pub fn Keys() -> impl IntoView {
    let keys = fetch(|| Some(()), |()| api::keys::list());
    let none = move || keys.value.with(|keys| keys.as_ref().is_some_and(Vec::is_empty));
    view! {
        <FaultNotice fault=keys.fault again=move || keys.again()/>
        <div class="split">
            <div class="list-side">
            {move || none().then(|| view! {
                <Empty title="No key yet" why="A sender needs one to be heard: Beats, Vector, rsyslog, an OpenTelemetry collector; a program, to read alerts. Sensors of ours enrol on the Sensors page instead."/>
            })}
            {pending(keys)}
            <div class="list" class:without=none role="table" aria-label="Keys">
                <div role="rowgroup">
                    <div class="thead cols-keys" role="row">
                        <span role="columnheader">"Name"</span>
                        <span role="columnheader">"For"</span>
                        <span role="columnheader">"Speaks for"</span>
                        <span role="columnheader">"Made"</span>
                        <span role="columnheader">"Ends"</span>
                        <span role="columnheader">"Last used"</span>
                        <span role="columnheader"><span class="visually-hidden">"What to do"</span></span>
                    </div>
                </div>
                <div class="scroll-rows" role="rowgroup">
                    {move || keys.value.get().unwrap_or_default().into_iter().map(|key| view! { <Row key_of=key keys/> }).collect_view()}
                </div>
            </div>
            </div>
            <aside class="wall-side" aria-label="Make a key"><Make made=move || keys.again()/></aside>
        </div>
    }
}

#[component]
fn Row(key_of: ApiKey, keys: Fetched<Vec<ApiKey>>) -> impl IntoView {
    let toasts = use_toasts();
    let asks = RwSignal::new(false);
    let (id, name) = (key_of.id.clone(), key_of.name.clone());
    let revoke = StoredValue::new(move |_: ev::MouseEvent| {
        let (id, name) = (id.clone(), name.clone());
        spawn_local(async move {
            match api::keys::revoke(&id).await {
                Ok(()) => toasts.say(format!("{name} is revoked: nothing that comes with it is taken.")),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            keys.again();
        });
    });
    let kind = match &key_of.fingerprint {
        Some(fingerprint) => {
            let short: String = fingerprint.chars().take(FINGERPRINT_SHOWN).collect();
            view! { <span title=fingerprint.clone()>"Sending, certificate "<span class="mono quiet">{short}</span></span> }
                .into_any()
        }
        None => {
            let all: Vec<_> = key_of.scopes.iter().map(|scope| what_for(*scope)).collect();
            let all = all.join(", ");
            let tip = all.clone();
            view! { <span title=tip>{all}</span> }.into_any()
        }
    };
    let ends = match key_of.expires {
        Some(at) => view! { <Ends at/> }.into_any(),
        None => view! { <span class="quiet">"Never"</span> }.into_any(),
    };
    let speaks_for = match (key_of.sensor, key_of.scopes.contains(&Permission::Ingest)) {
        (Some(sensor), _) => sensor,
        (None, true) => "Whoever its records name".to_owned(),
        (None, false) => "–".to_owned(),
    };
    let used = match key_of.last_used {
        Some(at) => view! { <Age at words=true/> }.into_any(),
        None => view! { <span class="quiet">"Never"</span> }.into_any(),
    };
    view! {
        <div class="tr cols-keys" role="row">
            <span role="cell" class="title" title=key_of.id>{key_of.name}</span>
            <span role="cell" class="cut">{kind}</span>
            <span role="cell" class="cut">{speaks_for}</span>
            <span role="cell"><Age at=key_of.created words=true/></span>
            <span role="cell">{ends}</span>
            <span role="cell">{used}</span>
            <span role="cell" class="acts">
                {move || match asks.get() {
                    true => view! {
                        <Button look=Look::Small press=move |event| revoke.with_value(|revoke| revoke(event))>"Revoke for good"</Button>
                        <Button look=Look::SmallGhost press=move |_| asks.set(false)>"Keep"</Button>
                    }.into_any(),
                    false => view! { <Button look=Look::SmallGhost press=move |_| asks.set(true)>"Revoke"</Button> }.into_any(),
                }}
            </span>
        </div>
    }
}

#[component]
fn Make(made: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let (name, sensor, certificate) = (
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
    );
    let (scopes, days) = (RwSignal::new(vec![Permission::Ingest]), RwSignal::new(None::<u16>));
    let (fault, busy) = (RwSignal::new(None::<Fault>), RwSignal::new(false));
    let issued = RwSignal::new(None::<IssuedApiKey>);
    let toasts = use_toasts();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let filled = |text: RwSignal<String>| Some(text.get_untracked()).filter(|text| !text.trim().is_empty());
        let new = NewApiKey {
            name: name.get_untracked(),
            sensor: filled(sensor),
            certificate: filled(certificate),
            scopes: scopes.get_untracked(),
            days: days.get_untracked(),
        };
        spawn_local(async move {
            match api::keys::issue(&new).await {
                Ok(key) => {
                    if key.secret.is_none() {
                        toasts.say(format!("The certificate of {} is registered.", key.name));
                    }
                    for text in [name, sensor, certificate] {
                        text.try_set(String::new());
                    }
                    issued.try_set(Some(key).filter(|key| key.secret.is_some()));
                    made();
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
            busy.try_set(false);
        });
    };
    move || {
        match issued.get() {
        Some(key) => view! {
            <div class="wall-form" role="status">
                <h2>{format!("The key of {}", key.name)}</h2>
                <Copied text=key.secret.unwrap_or_default() what="The key"/>
                <div class="row-flex"><Button look=Look::SmallGhost press=move |_| issued.set(None)>"Make another"</Button></div>
                <p class="quiet">"It is not shown again. Programs give it as a bearer token, an API key, a HEC token or the password of basic authentication."</p>
            </div>
        }
        .into_any(),
        None => view! {
            <form class="wall-form" on:submit=submit>
                <h2>"Make a key"</h2>
                <label><span class="field-label">"Name"</span>
                    <input class="field" type="text" required maxlength="100" autocomplete="off" prop:value=name on:input=move |e| name.set(event_target_value(&e))/></label>
                <label><span class="field-label">"Sensor that it speaks for (optional)"</span>
                    <input class="field" type="text" maxlength="100" autocomplete="off" prop:value=sensor on:input=move |e| sensor.set(event_target_value(&e))/></label>
                <label><span class="field-label">"Certificate instead of a key, PEM (optional)"</span>
                    <textarea class="field pem" rows="4" spellcheck="false" prop:value=certificate on:input=move |e| certificate.set(event_target_value(&e))></textarea></label>
                <Scopes scopes/>
                <fieldset><legend class="field-label">"Works for"</legend>
                    <Segments label="Works for" options=DAYS.to_vec() chosen=days choose=move |choice| days.set(choice)/></fieldset>
                {move || fault.get().map(|fault| view! { <Notice kind=NoticeKind::Fault>{fault.sentence()}</Notice> })}
                <button type="submit" class="btn primary" prop:disabled=move || busy.get()>"Make the key"</button>
            </form>
        }
        .into_any(),
    }
    }
}

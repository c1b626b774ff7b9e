//! A new sensor: its name, the code and the command to paste, and the wait until it is there.

use super::{Page, row::PresenceMark};
use crate::{
    api::{self, Fault, fetch},
    components::{Age, Block, Button, Glyph, Icon, Inspector, Look, Notice, NoticeKind, number, use_toasts},
    state::use_clock,
};
use leptos::{ev, html, prelude::*, task::spawn_local};
use watchfloor_shared::fleet::{ClaimCode, FleetSensor, IssuedClaimCode, NewClaimCode, Presence};

/// How far an enrolment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Waits,
    Expired,
    /// It enrolled and was not heard yet.
    Enrolled,
    Online,
}

fn step(seconds_left: i64, sensor: Option<&FleetSensor>) -> Step {
    match sensor.map(|sensor| sensor.presence) {
        Some(Presence::Online | Presence::Late) => Step::Online,
        Some(_) => Step::Enrolled,
        None if seconds_left <= 0 => Step::Expired,
        None => Step::Waits,
    }
}

#[component]
pub fn Enrol(page: Page) -> impl IntoView {
    let made = RwSignal::new(None::<IssuedClaimCode>);
    let codes = fetch(|| Some(()), |()| api::fleet::codes());
    let body = move || match made.get() {
        None => view! { <NameForm made done=move || codes.again()/> }.into_any(),
        Some(issued) => view! { <Issued page issued again=move || made.set(None)/> }.into_any(),
    };
    let others = move || {
        let here = made.with(|made| made.as_ref().map(|issued| issued.claim.id.clone()));
        let all = codes.value.get().unwrap_or_default();
        let others: Vec<ClaimCode> = all.into_iter().filter(|code| Some(&code.id) != here.as_ref()).collect();
        (!others.is_empty()).then(|| view! { <Pending others cancelled=move || codes.again()/> })
    };
    view! {
        <Inspector label="Enrol a sensor" close=move || page.enrol(false) head=move || view! { <h2>"Enrol a sensor"</h2> }>
            {body}
            {others}
        </Inspector>
    }
}

#[component]
fn NameForm(made: RwSignal<Option<IssuedClaimCode>>, done: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let (name, location) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (fault, busy) = (RwSignal::new(None::<Fault>), RwSignal::new(false));
    let clock = use_clock();
    let first = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = first.get() {
            let _ = input.focus();
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let new = NewClaimCode {
            name: name.get_untracked().trim().to_owned(),
            location: location.get_untracked().trim().to_owned(),
        };
        spawn_local(async move {
            let answer = api::fleet::make_code(&new).await;
            busy.try_set(false);
            match answer {
                Ok(issued) => {
                    clock.set(issued.now);
                    made.try_set(Some(issued));
                    done();
                }
                Err(why) => {
                    fault.try_set(Some(why));
                }
            }
        });
    };
    view! {
        <form class="block enrol-form" on:submit=submit>
            <label>
                <span class="field-label">"What the host is called, as its records will say"</span>
                <input class="field" required maxlength="100" autocomplete="off" spellcheck="false" placeholder="web-1.corp.example" node_ref=first
                    prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/>
            </label>
            <label>
                <span class="field-label">"Where it is, for people (optional)"</span>
                <input class="field" maxlength="100" autocomplete="off" placeholder="Hamburg, DMZ"
                    prop:value=move || location.get() on:input=move |event| location.set(event_target_value(&event))/>
            </label>
            {move || fault.get().map(|fault| view! { <Notice kind=NoticeKind::Fault><span>{fault.sentence()}</span></Notice> })}
            <button type="submit" class="btn primary" prop:disabled=move || busy.get()>"Make a code"</button>
        </form>
    }
}

#[component]
fn Issued(page: Page, issued: IssuedClaimCode, again: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let clock = use_clock();
    let (expires, name) = (issued.claim.expires_at, issued.claim.name.clone());
    let left = move || expires.seconds() - clock.now().seconds();
    let sensor = {
        let name = name.clone();
        Memo::new(move |_| {
            page.fleet.value.with(|fleet| {
                let mut sensors = fleet.iter().flat_map(|fleet| &fleet.sensors);
                let is_it = |sensor: &&FleetSensor| sensor.id.is_some() && sensor.host == name;
                sensors.find(is_it).cloned()
            })
        })
    };
    let at = Memo::new(move |_| sensor.with(|sensor| step(left(), sensor.as_ref())));
    let (code, command) = (issued.code.clone(), issued.command.clone());
    let short = code.split('.').next().unwrap_or_default().to_owned();
    let label = move || match at.get() {
        Step::Waits => format!("Claim code, works once, for {} more", number::long_seconds(left())),
        Step::Expired => "This code is too old and opens nothing".to_owned(),
        Step::Enrolled | Step::Online => "This code was used".to_owned(),
    };
    let show = move |_| {
        let key = sensor.with_untracked(|sensor| sensor.as_ref().map(super::words::key));
        page.enrol(false);
        page.choose(key);
    };
    let acts = move || match at.get() {
        Step::Online => view! { <Button look=Look::Primary press=show>"Show the sensor"</Button> }.into_any(),
        Step::Expired => {
            view! { <Button look=Look::Primary press=move |_| again()>"Make another code"</Button> }.into_any()
        }
        _ => ().into_any(),
    };
    view! {
        <section class="block enrol-code">
            <p class="field-label" role="timer" aria-live="off">{label}</p>
            <p class="claim" class:over=move || at.get() != Step::Waits><span>{short}</span></p>
            <p class="field-label">{format!("Run on {name} as root. The key is made there and never leaves it.")}</p>
            <div class="codeblock"><code>{command.clone()}</code><Copy what=command label="Copy the command"/></div>
            <div role="status"><ol class="steps">
                <Stage text="Waiting for the host to enrol" reached=move || at.get() != Step::Expired passed=move || matches!(at.get(), Step::Enrolled | Step::Online)/>
                <Stage text="Enrolled; waiting for its first heartbeat" reached=move || matches!(at.get(), Step::Enrolled | Step::Online) passed=move || at.get() == Step::Online/>
                <Stage text="Online" reached=move || at.get() == Step::Online passed=move || at.get() == Step::Online/>
            </ol></div>
            {move || sensor.get().map(|sensor| view! { <p><PresenceMark presence=sensor.presence/></p> })}
            <div class="row-flex">{acts}</div>
        </section>
    }
}

#[component]
fn Stage(
    text: &'static str,
    reached: impl Fn() -> bool + Copy + Send + Sync + 'static,
    passed: impl Fn() -> bool + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let class = move || match (reached(), passed()) {
        (_, true) => "done",
        (true, false) => "now",
        (false, false) => "",
    };
    let mark = move || {
        if passed() {
            view! { <Icon glyph=Glyph::Check small=true/> }.into_any()
        } else {
            view! { <span class="hollow" aria-hidden="true"></span> }.into_any()
        }
    };
    view! { <li class=class>{mark}<span>{text}</span></li> }
}

#[component]
fn Copy(what: String, label: &'static str) -> impl IntoView {
    let toasts = use_toasts();
    let copy = move |_| {
        // A browser that refuses the clipboard leaves the text selectable on the page.
        let _ = window().navigator().clipboard().write_text(&what);
        toasts.say("The command is in the clipboard.");
    };
    view! { <Button look=Look::Square label press=copy><Icon glyph=Glyph::Copy/></Button> }
}

/// Codes that others made, or this page before it was loaded anew. The codes themselves nobody has here.
#[component]
fn Pending(others: Vec<ClaimCode>, cancelled: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let toasts = use_toasts();
    let line = move |code: ClaimCode| {
        let id = code.id.clone();
        let cancel = move |_| {
            let id = id.clone();
            spawn_local(async move {
                match api::fleet::cancel_code(&id).await {
                    Ok(()) => toasts.say("The code opens nothing any more."),
                    Err(fault) => toasts.fault(fault.sentence()),
                }
                cancelled();
            });
        };
        let by = format!("by {}", code.created_by);
        view! {
            <li>
                <span class="mono cut" title=code.location.clone()>{code.name.clone()}</span>
                <span class="quiet cut" title=by.clone()>"made " <Age at=code.created words=true/> " " {by.clone()}</span>
                <Button look=Look::SmallGhost label=format!("Cancel the code for {}", code.name) press=cancel>"Cancel"</Button>
            </li>
        }
    };
    view! {
        <Block title="Codes that wait to be used">
            <ul class="claims">{others.into_iter().map(line).collect_view()}</ul>
        </Block>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolment_goes_on_whatever_the_codes_time_says_once_the_sensor_is_there() {
        let sensor = |presence| FleetSensor {
            presence,
            ..FleetSensor::default()
        };
        assert_eq!(step(60, None), Step::Waits);
        assert_eq!(step(0, None), Step::Expired);
        assert_eq!(step(-5, Some(&sensor(Presence::Unknown))), Step::Enrolled);
        assert_eq!(step(60, Some(&sensor(Presence::Online))), Step::Online);
    }
}

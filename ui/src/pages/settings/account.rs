//! One's own password and second factor, and where one is signed in.

use super::factor::Factor;
use crate::{
    api::{self, Fault, Fetched, fetch},
    components::{Age, Button, FaultNotice, Look, Notice, NoticeKind, pending, use_toasts},
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::people::{NewPassword, OwnSession};

/// `Firefox on Linux`, out of what a browser calls itself; all of it is in the tooltip.
fn browser(agent: &str) -> String {
    let found = |names: &[(&str, &'static str)]| {
        let known = names.iter().find(|(sign, _)| agent.contains(sign));
        known.map(|(_, name)| *name)
    };
    let browser = found(&[
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = found(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ if agent.is_empty() => "Not known".to_owned(),
        _ => agent.chars().take(40).collect(),
    }
}

#[component]
pub fn Account() -> impl IntoView {
    let sessions = fetch(|| Some(()), |()| api::people::sessions());
    let toasts = use_toasts();
    let end_others = move |_| {
        spawn_local(async move {
            match api::people::end_other_sessions().await {
                Ok(()) => toasts.say("You are signed in here alone."),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            sessions.again();
        });
    };
    let others = move || sessions.value.with(|all| all.as_ref().is_some_and(|all| all.len() > 1));
    view! {
        <FaultNotice fault=sessions.fault again=move || sessions.again()/>
        <div class="split">
            <div class="list" role="table" aria-label="Where you are signed in">
                <div role="rowgroup">
                    <div class="thead cols-sessions" role="row">
                        <span role="columnheader">"Signed in with"</span>
                        <span role="columnheader">"From"</span>
                        <span role="columnheader">"Organization"</span>
                        <span role="columnheader">"Since"</span>
                        <span role="columnheader">"Last used"</span>
                        <span role="columnheader"><span class="visually-hidden">"What to do"</span></span>
                    </div>
                </div>
                {pending(sessions)}
                <div class="scroll-rows" role="rowgroup">
                    {move || sessions.value.get().unwrap_or_default().into_iter().map(|session| view! { <Row session sessions/> }).collect_view()}
                    {move || others().then(|| view! { <div class="earlier"><Button press=end_others>"End all others"</Button></div> })}
                </div>
            </div>
            <aside class="wall-side" aria-label="Password and second factor">
                <Factor/>
                <Password changed=move || sessions.again()/>
            </aside>
        </div>
    }
}

#[component]
fn Row(session: OwnSession, sessions: Fetched<Vec<OwnSession>>) -> impl IntoView {
    let toasts = use_toasts();
    let id = session.id.clone();
    let end = move |_| {
        let id = id.clone();
        spawn_local(async move {
            if let Err(fault) = api::people::end_session(&id).await {
                toasts.fault(fault.sentence());
            }
            sessions.again();
        });
    };
    let act = match session.is_this {
        true => view! { <span class="quiet">"This one"</span> }.into_any(),
        false => view! { <Button look=Look::SmallGhost press=end>"End"</Button> }.into_any(),
    };
    let shown = browser(&session.agent);
    view! {
        <div class="tr cols-sessions" role="row">
            <span role="cell" class="title" title=session.agent>{shown}</span>
            <span role="cell" class="cut mono">{session.address}</span>
            <span role="cell" class="cut">{session.organization}</span>
            <span role="cell"><Age at=session.begun words=true/></span>
            <span role="cell"><Age at=session.last_used words=true/></span>
            <span role="cell" class="acts">{act}</span>
        </div>
    }
}

#[component]
fn Password(changed: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (fault, busy) = (RwSignal::new(None::<Fault>), RwSignal::new(false));
    let toasts = use_toasts();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let asked = NewPassword {
            current: current.get_untracked(),
            new: new.get_untracked(),
        };
        spawn_local(async move {
            match api::people::change_password(&asked).await {
                Ok(()) => {
                    toasts.say("The new password counts; every other session has ended.");
                    current.try_set(String::new());
                    new.try_set(String::new());
                    changed();
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="wall-form" on:submit=submit>
            <h2>"Change your password"</h2>
            <label><span class="field-label">"Current password"</span>
                <input class="field" type="password" name="current" autocomplete="current-password" required prop:value=current
                    on:input=move |e| current.set(event_target_value(&e))/></label>
            <label><span class="field-label">"New password, 12 characters or more"</span>
                <input class="field" type="password" name="new" autocomplete="new-password" required minlength="12" maxlength="200" prop:value=new
                    on:input=move |e| new.set(event_target_value(&e))/></label>
            {move || fault.get().map(|fault| view! { <Notice kind=NoticeKind::Fault>{fault.sentence()}</Notice> })}
            <button type="submit" class="btn primary" prop:disabled=move || busy.get()>"Change it"</button>
            <p class="quiet">"Every other session of yours ends with it."</p>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_called_by_its_name() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(
            browser("Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0"),
            "Firefox on Windows"
        );
        assert_eq!(browser("curl/8.0"), "curl/8.0");
        assert_eq!(browser(""), "Not known");
    }
}

//! Invites somebody, and shows the link once; or gives a person another role.

use super::{super::link::Copied, may};
use crate::{
    api::{self, Fault},
    components::{Button, Look, Notice, NoticeKind, Segments, use_toasts},
    state::use_session,
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::{
    identity::Role,
    people::{IssuedInvitation, NewInvitation, Person},
};

#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    Invite,
    Change(Box<Person>),
}

#[component]
pub fn SideForm(
    purpose: Purpose,
    done: impl Fn() + Copy + Send + Sync + 'static,
    reload: impl Fn() + Copy + Send + Sync + 'static,
    leave: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    match purpose {
        Purpose::Invite => view! { <Invite reload/> }.into_any(),
        Purpose::Change(person) => view! { <Change person=*person done leave/> }.into_any(),
    }
}

fn is_owner() -> bool {
    let me = use_session().me;
    me.with_untracked(|me| me.as_ref().is_some_and(|me| me.role == Role::Owner))
}

/// Those that the signed-in person may give.
fn roles() -> Vec<Role> {
    let is_owner = is_owner();
    Role::ALL
        .into_iter()
        .filter(|role| is_owner || *role != Role::Owner)
        .collect()
}

#[component]
fn RoleChoice(chosen: RwSignal<Role>) -> impl IntoView {
    let options = roles()
        .into_iter()
        .map(|role| (role, role.as_str()))
        .collect::<Vec<_>>();
    view! {
        <fieldset><legend class="field-label">"Role"</legend>
            <Segments label="Role" options chosen=chosen choose=move |role| chosen.set(role)/>
            <p class="quiet">{move || may(chosen.get())}</p>
        </fieldset>
    }
}

fn notice(fault: RwSignal<Option<Fault>>) -> impl IntoView {
    move || {
        fault
            .get()
            .map(|fault| view! { <Notice kind=NoticeKind::Fault>{fault.sentence()}</Notice> })
    }
}

#[component]
fn Invite(reload: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let (email, role) = (RwSignal::new(String::new()), RwSignal::new(Role::Analyst));
    let (fault, busy) = (RwSignal::new(None::<Fault>), RwSignal::new(false));
    let issued = RwSignal::new(None::<IssuedInvitation>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let new = NewInvitation {
            email: email.get_untracked(),
            role: role.get_untracked(),
        };
        spawn_local(async move {
            match api::people::invite(&new).await {
                Ok(invitation) => {
                    issued.try_set(Some(invitation));
                    reload();
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
            busy.try_set(false);
        });
    };
    move || {
        match issued.get() {
        Some(invitation) => view! { <Link invitation again=move || { email.set(String::new()); issued.set(None); }/> }.into_any(),
        None => view! {
            <form class="wall-form" on:submit=submit>
                <h2>"Invite somebody"</h2>
                <label><span class="field-label">"E-mail"</span>
                    <input class="field" type="email" name="email" required autocomplete="off" prop:value=email
                        on:input=move |e| email.set(event_target_value(&e))/></label>
                <RoleChoice chosen=role/>
                {notice(fault)}
                <button type="submit" class="btn primary" prop:disabled=move || busy.get()>"Make the link"</button>
                <p class="quiet">"The link is shown once. Send it yourself: whoever opens it first becomes one of you. It works for seven days."</p>
            </form>
        }
        .into_any(),
    }
    }
}

#[component]
fn Link(invitation: IssuedInvitation, again: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    let link = format!("{origin}{}", invitation.path);
    view! {
        <div class="wall-form" role="status">
            <h2>{format!("Send this to {}", invitation.invitation.email)}</h2>
            <Copied text=link what="The link"/>
            <div class="row-flex"><Button look=Look::SmallGhost press=move |_| again()>"Invite another"</Button></div>
            <p class="quiet">"It is not shown again. A new invitation of the same address ends this one."</p>
        </div>
    }
}

#[component]
fn Change(
    person: Person,
    done: impl Fn() + Copy + Send + Sync + 'static,
    leave: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let role = RwSignal::new(person.role);
    let (fault, busy) = (RwSignal::new(None::<Fault>), RwSignal::new(false));
    let toasts = use_toasts();
    let (name, by_provider) = (person.name.clone(), person.by_provider);
    let lost = (person.has_factor && (is_owner() || person.role != Role::Owner))
        .then(|| view! { <Lost person=person.clone() done/> });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let (person, role) = (person.clone(), role.get_untracked());
        spawn_local(async move {
            match api::people::set_role(person.id.as_str(), role).await {
                Ok(()) => {
                    toasts.say(format!("{} is {} from now on.", person.name, role.as_str()));
                    done();
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="wall-form" on:submit=submit>
            <h2>{name}</h2>
            <RoleChoice chosen=role/>
            {by_provider.then(|| view! { <p class="quiet">"The identity provider gives their role anew at each sign-in."</p> })}
            {notice(fault)}
            <div class="row-flex">
                <button type="submit" class="btn primary" prop:disabled=move || busy.get()>"Save"</button>
                <Button look=Look::SmallGhost press=move |_| leave()>"Leave it"</Button>
            </div>
            {lost}
        </form>
    }
}

/// Whoever lost app and recovery codes comes in no more, unless an owner takes the factor away.
#[component]
fn Lost(person: Person, done: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let toasts = use_toasts();
    let asks = RwSignal::new(false);
    let reset = StoredValue::new(move |_: ev::MouseEvent| {
        let person = person.clone();
        spawn_local(async move {
            match api::people::reset_factor(person.id.as_str()).await {
                Ok(()) => {
                    toasts.say(format!("{} signs in with the password alone.", person.name));
                    done();
                }
                Err(fault) => toasts.fault(fault.sentence()),
            }
        });
    });
    view! {
        <fieldset><legend class="field-label">"Second factor"</legend>
            <p class="quiet">"For whoever lost the app and the recovery codes. Be sure that it is them who ask."</p>
            <div class="row-flex">
                {move || match asks.get() {
                    true => view! {
                        <Button look=Look::Small press=move |event| reset.with_value(|reset| reset(event))>"Remove it for good"</Button>
                        <Button look=Look::SmallGhost press=move |_| asks.set(false)>"Keep"</Button>
                    }.into_any(),
                    false => view! { <Button look=Look::SmallGhost press=move |_| asks.set(true)>"Remove their second factor"</Button> }.into_any(),
                }}
            </div>
        </fieldset>
    }
}

//! The people of the organization: who is there, who is invited; roles, and the end.

mod forms;

use crate::{
    api::{self, Fetched, fetch},
    components::{Age, Button, FaultNotice, Look, pending, use_toasts},
    state::use_session,
};
use forms::{Purpose, SideForm};
use leptos::{prelude::*, task::spawn_local};
use watchfloor_shared::{
    identity::Role,
    people::{Invitation, People, Person},
};

/// What a role may do, in few words.
pub const fn may(role: Role) -> &'static str {
    match role {
        Role::Owner => "Everything, and decides about owners",
        Role::Admin => "Everything but owners",
        Role::Analyst => "Reads everything, works on alerts",
        Role::Viewer => "Reads alerts and events",
    }
}

#[component]
pub fn PeopleList() -> impl IntoView {
    let people = fetch(|| Some(()), |()| api::people::list());
    let purpose = RwSignal::new(Purpose::Invite);
    let rows = move || people.value.get().unwrap_or_default();
    let done = move || {
        purpose.set(Purpose::Invite);
        people.again();
    };
    view! {
        <FaultNotice fault=people.fault again=move || people.again()/>
        <div class="split">
            <div class="list" role="table" aria-label="People">
                <div role="rowgroup">
                    <div class="thead cols-members" role="row">
                        <span role="columnheader">"Name"</span>
                        <span role="columnheader">"E-mail"</span>
                        <span role="columnheader">"Role"</span>
                        <span role="columnheader" title="Whether their sign-in asks for a code">"Code"</span>
                        <span role="columnheader">"Last seen"</span>
                        <span role="columnheader"><span class="visually-hidden">"What to do"</span></span>
                    </div>
                </div>
                {pending(people)}
                <div class="scroll-rows" role="rowgroup">
                    {move || rows().people.into_iter().map(|person| view! { <Row person people purpose/> }).collect_view()}
                    {move || rows().invitations.into_iter().map(|invitation| view! { <Waiting invitation people/> }).collect_view()}
                </div>
            </div>
            <aside class="wall-side" aria-label="Invite or change somebody">
                {move || view! { <SideForm purpose=purpose.get() done reload=move || people.again() leave=move || purpose.set(Purpose::Invite)/> }}
            </aside>
        </div>
    }
}

#[component]
fn Row(person: Person, people: Fetched<People>, purpose: RwSignal<Purpose>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let asks = RwSignal::new(false);
    let is_me = {
        let id = person.id.clone();
        move || session.me.with(|me| me.as_ref().is_some_and(|me| me.id == id))
    };
    let (removed, changed) = (person.clone(), person.clone());
    let remove = move |_| {
        let removed = removed.clone();
        spawn_local(async move {
            match api::people::remove(removed.id.as_str()).await {
                Ok(()) => toasts.say(format!("{} is removed; their sessions have ended.", removed.name)),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            people.again();
        });
    };
    let remove = StoredValue::new(remove);
    let edit = StoredValue::new(move |_| purpose.set(Purpose::Change(Box::new(changed.clone()))));
    let id = person.id.clone();
    let is_open = move || purpose.with(|purpose| matches!(purpose, Purpose::Change(of) if of.id == id));
    let seen = match person.last_seen {
        Some(at) => view! { <Age at words=true/> }.into_any(),
        None => view! { <span class="quiet">"No session"</span> }.into_any(),
    };
    view! {
        <div class="tr cols-members" class:current=is_open role="row">
            <span role="cell" class="title">{person.name}{move || is_me().then(|| view! { <span class="quiet">" (you)"</span> })}</span>
            <span role="cell" class="cut">{person.email}</span>
            <span role="cell" class="cut" title=may(person.role)>{person.role.as_str()}
                {person.by_provider.then(|| view! { <span class="quiet" title="By the groups of the identity provider, anew at each sign-in">" by group"</span> })}</span>
            <span role="cell" class="cut" class:quiet=!person.has_factor>{if person.has_factor { "Yes" } else { "No" }}</span>
            <span role="cell" class="cut">{seen}</span>
            <span role="cell" class="acts">
                {move || match asks.get() {
                    true => view! {
                        <Button look=Look::Small press=move |event| remove.with_value(|remove| remove(event))>"Remove for good"</Button>
                        <Button look=Look::SmallGhost press=move |_| asks.set(false)>"Keep"</Button>
                    }.into_any(),
                    false => view! {
                        <Button look=Look::SmallGhost press=move |event| edit.with_value(|edit| edit(event))>"Change"</Button>
                        <Button look=Look::SmallGhost press=move |_| asks.set(true)>"Remove"</Button>
                    }.into_any(),
                }}
            </span>
        </div>
    }
}

#[component]
fn Waiting(invitation: Invitation, people: Fetched<People>) -> impl IntoView {
    let toasts = use_toasts();
    let id = invitation.id.clone();
    let cancel = move |_| {
        let id = id.clone();
        spawn_local(async move {
            match api::people::cancel(&id).await {
                Ok(()) => toasts.say("The invitation is cancelled; its link opens nothing."),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            people.again();
        });
    };
    let by = format!("Invited by {}", invitation.invited_by);
    view! {
        <div class="tr cols-members" role="row">
            <span role="cell" class="quiet" title=by>"Invited"</span>
            <span role="cell" class="cut">{invitation.email}</span>
            <span role="cell" class="cut" title=may(invitation.role)>{invitation.role.as_str()}</span>
            <span role="cell"></span>
            <span role="cell" class="cut quiet">"since "<Age at=invitation.created/></span>
            <span role="cell" class="acts"><Button look=Look::SmallGhost press=cancel>"Cancel"</Button></span>
        </div>
    }
}

//! All organizations of the server: made, with the link for their owner; suspended and taken up again. For owners of the first.

use super::link::Copied;
use crate::{
    api::{self, Fault, Fetched, fetch},
    components::{Age, Button, FaultNotice, Look, Notice, NoticeKind, pending, use_toasts},
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::organization::{HostedOrganization, MadeOrganization, NewOrganization, OrganizationChange};

/// Longest id.
const ID_CHARS_MAX: usize = 63;

#[component]
pub fn Hosted() -> impl IntoView {
    let all = fetch(|| Some(()), |()| api::organizations::list());
    view! {
        <FaultNotice fault=all.fault again=move || all.again()/>
        <div class="split">
            <div class="list" role="table" aria-label="Organizations">
                <div role="rowgroup">
                    <div class="thead cols-hosted" role="row">
                        <span role="columnheader">"Name"</span>
                        <span role="columnheader">"Id"</span>
                        <span role="columnheader" class="count">"People"</span>
                        <span role="columnheader">"Made"</span>
                        <span role="columnheader">"State"</span>
                        <span role="columnheader"><span class="visually-hidden">"What to do"</span></span>
                    </div>
                </div>
                {pending(all)}
                <div class="scroll-rows" role="rowgroup">
                    {move || all.value.get().unwrap_or_default().into_iter().map(|of| view! { <Row of all/> }).collect_view()}
                </div>
            </div>
            <aside class="wall-side" aria-label="Make an organization"><Make made=move || all.again()/></aside>
        </div>
    }
}

#[component]
fn Row(of: HostedOrganization, all: Fetched<Vec<HostedOrganization>>) -> impl IntoView {
    let toasts = use_toasts();
    let asks = RwSignal::new(false);
    let (id, name, is_suspended) = (of.id.to_string(), of.name.clone(), of.suspended.is_some());
    let set = StoredValue::new(move |_: ev::MouseEvent| {
        let (id, name) = (id.clone(), name.clone());
        let change = OrganizationChange {
            suspended: Some(!is_suspended),
            ..OrganizationChange::default()
        };
        spawn_local(async move {
            match api::organizations::change(&id, &change).await {
                Ok(()) if is_suspended => toasts.say(format!("{name} goes on.")),
                Ok(()) => toasts.say(format!(
                    "{name} is suspended: nobody and nothing of it comes in. All of it is kept."
                )),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            all.again();
        });
    });
    let state = match (of.is_host, of.suspended) {
        (true, _) => view! { <span class="quiet">"Hosts the others"</span> }.into_any(),
        (false, Some(at)) => view! { <span>"Suspended "<Age at words=true/></span> }.into_any(),
        (false, None) => view! { "Active" }.into_any(),
    };
    let made = of.created.map(|at| view! { <Age at words=true/> });
    let acts = (!of.is_host).then_some({
        move || match (is_suspended, asks.get()) {
            (true, _) => view! { <Button look=Look::SmallGhost press=move |event| set.with_value(|set| set(event))>"Take up again"</Button> }.into_any(),
            (false, true) => view! {
                <Button look=Look::Small press=move |event| set.with_value(|set| set(event))>"Suspend it"</Button>
                <Button look=Look::SmallGhost press=move |_| asks.set(false)>"Keep"</Button>
            }
            .into_any(),
            (false, false) => view! { <Button look=Look::SmallGhost press=move |_| asks.set(true)>"Suspend"</Button> }.into_any(),
        }
    });
    view! {
        <div class="tr cols-hosted" role="row">
            <span role="cell" class="title">{of.name}</span>
            <span role="cell" class="cut mono">{of.id.to_string()}</span>
            <span role="cell" class="count mono" class:quiet=of.people == 0>{of.people.to_string()}</span>
            <span role="cell" class="cut">{made}</span>
            <span role="cell" class="cut">{state}</span>
            <span role="cell" class="acts">{acts}</span>
        </div>
    }
}

/// An id out of a name: what people would type.
fn id_of(name: &str) -> String {
    let kept = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let dashed: String = name.chars().map(kept).collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    let id: String = words.join("-").chars().take(ID_CHARS_MAX).collect();
    id.trim_end_matches('-').to_owned()
}

/// The way in for its owner, shown once.
#[component]
fn Link(made: MadeOrganization, again: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    let link = format!("{origin}{}", made.owner.path);
    view! {
        <div class="wall-form" role="status">
            <h2>{format!("{} is made", made.organization.name)}</h2>
            <p class="quiet">{format!("Send this link to {}: whoever opens it first owns the organization.", made.owner.invitation.email)}</p>
            <Copied text=link what="The link"/>
            <div class="row-flex"><Button look=Look::SmallGhost press=move |_| again()>"Make another"</Button></div>
            <p class="quiet">"It is not shown again, and works for seven days."</p>
        </div>
    }
}

#[component]
fn Make(made: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let (name, id, owner) = (
        RwSignal::new(String::new()),
        RwSignal::new(None::<String>),
        RwSignal::new(String::new()),
    );
    let shown_id = move || id.get().unwrap_or_else(|| id_of(&name.get()));
    let (fault, busy) = (RwSignal::new(None::<Fault>), RwSignal::new(false));
    let done = RwSignal::new(None::<MadeOrganization>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let new = NewOrganization {
            id: untrack(shown_id),
            name: name.get_untracked(),
            owner: owner.get_untracked(),
        };
        spawn_local(async move {
            match api::organizations::make(&new).await {
                Ok(organization) => {
                    done.try_set(Some(organization));
                    made();
                }
                Err(why) => drop(fault.try_set(Some(why))),
            }
            busy.try_set(false);
        });
    };
    let again = move || {
        name.set(String::new());
        id.set(None);
        owner.set(String::new());
        done.set(None);
    };
    move || {
        match done.get() {
        Some(made) => view! { <Link made again/> }.into_any(),
        None => view! {
            <form class="wall-form" on:submit=submit>
                <h2>"Make an organization"</h2>
                <label><span class="field-label">"Name"</span>
                    <input class="field" type="text" name="organization" required maxlength="100" autocomplete="off" prop:value=name
                        on:input=move |e| name.set(event_target_value(&e))/></label>
                <label><span class="field-label">"Id, which stays"</span>
                    <input class="field mono" type="text" name="id" required maxlength=ID_CHARS_MAX.to_string() pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" autocomplete="off" prop:value=shown_id
                        on:input=move |e| id.set(Some(event_target_value(&e)))/></label>
                <label><span class="field-label">"E-mail of its owner"</span>
                    <input class="field" type="email" name="owner" required autocomplete="off" prop:value=owner
                        on:input=move |e| owner.set(event_target_value(&e))/></label>
                {move || fault.get().map(|fault| view! { <Notice kind=NoticeKind::Fault>{fault.sentence()}</Notice> })}
                <button type="submit" class="btn primary" prop:disabled=move || busy.get()>"Make it"</button>
                <p class="quiet">"It sees nothing of the others, and you see nothing of it unless it invites you."</p>
            </form>
        }
        .into_any(),
    }
    }
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn an_id_is_what_people_would_type() {
        assert_eq!(id_of("Beta Works, Inc."), "beta-works-inc");
        assert_eq!(id_of("  Ümlaut "), "mlaut");
        assert_eq!(id_of("a".repeat(80).as_str()).len(), 63);
        assert_eq!(id_of("--"), "");
    }
}

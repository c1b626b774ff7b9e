//! An invitation's link: who is invited to what; a new account, or the password of the one that the address has.

use crate::{
    api::{self, Fault, fetch},
    components::Empty,
    pages::sign_in::{CodeField, Gate},
    state::session::reload,
    url::use_address,
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::{
    people::{Acceptance, Invited},
    problem::ErrorCode,
};

#[component]
pub fn InvitationPage() -> impl IntoView {
    let address = use_address();
    let token = address
        .query
        .with_untracked(|q| q.get("token").unwrap_or_default().to_owned());
    let asked = token.clone();
    let invited = fetch(
        move || Some(asked.clone()),
        |token| async move { api::people::invited(&token).await },
    );
    let refused = RwSignal::new(None::<Fault>);
    let fault = Signal::derive(move || refused.get().or_else(|| invited.fault.get()));
    let form = move || {
        match invited.value.get() {
        Some(invited) => view! { <AcceptForm token=token.clone() invited refused/> }.into_any(),
        None if invited.fault.with(Option::is_some) => view! {
            <Empty title="This link opens nothing" why="It works once and for seven days. Whoever invited you can make a new one.">
                <a class="btn small" href="/sign-in">"Sign in instead"</a>
            </Empty>
        }
        .into_any(),
        None => ().into_any(),
    }
    };
    view! { <Gate title="You are invited" fault>{form}</Gate> }
}

#[component]
fn AcceptForm(token: String, invited: Invited, refused: RwSignal<Option<Fault>>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let code = RwSignal::new(None::<String>);
    let has_account = invited.has_account;
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        refused.set(None);
        let acceptance = Acceptance {
            token: token.clone(),
            name: name.get_untracked(),
            password: password.get_untracked(),
            code: code.get_untracked(),
        };
        spawn_local(async move {
            match api::people::accept(&acceptance).await {
                Ok(_) => reload("/"),
                Err(why) if why.code() == Some(ErrorCode::SecondFactorRequired) => {
                    busy.set(false);
                    code.set(Some(String::new()));
                }
                Err(why) => {
                    busy.set(false);
                    refused.set(Some(why));
                }
            }
        });
    };
    let new_name = (!has_account).then(|| {
        view! {
            <label><span class="field-label">"Your name"</span>
                <input class="field" type="text" name="name" autocomplete="name" required maxlength="100" autofocus
                    on:input=move |e| name.set(event_target_value(&e))/></label>
        }
    });
    let (label, complete) = match has_account {
        true => ("Password of your account", "current-password"),
        false => ("Password, 12 characters or more", "new-password"),
    };
    view! {
        <form class="gate-form" on:submit=submit>
            <p class="gate-lead">"As " <b>{invited.role.as_str()}</b> " of " <b>{invited.organization}</b> "."</p>
            <label><span class="field-label">"E-mail"</span>
                <input class="field" type="email" name="email" autocomplete="username" readonly prop:value=invited.email/></label>
            {new_name}
            <label><span class="field-label">{label}</span>
                <input class="field" type="password" name="password" autocomplete=complete required minlength=(!has_account).then_some("12") maxlength="200"
                    on:input=move |e| password.set(event_target_value(&e))/></label>
            <CodeField code/>
            <button type="submit" class="btn primary" prop:disabled=move || busy.get()>"Join and open the console"</button>
        </form>
    }
}

//! Set-up: the first start printed a link with a token; whoever opens it makes the owner's account.

use crate::{
    api::{self, Fault},
    components::Empty,
    pages::sign_in::Gate,
    state::session::reload,
    url::use_address,
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::identity::Setup;

#[component]
pub fn SetupPage() -> impl IntoView {
    let address = use_address();
    let token = address.query.with_untracked(|q| q.get("token").map(str::to_owned));
    let fault = RwSignal::new(None::<Fault>);
    let form = match token {
        Some(token) => view! { <SetupForm token=token fault=fault/> }.into_any(),
        None => view! {
            <Empty title="The link is missing"
                why="This server waits for its owner. Open the set-up link that it printed when it started; the link works once.">
                <a class="btn small" href="/sign-in">"Sign in instead"</a>
            </Empty>
        }
        .into_any(),
    };
    view! { <Gate title="Make the owner's account" fault=fault>{form}</Gate> }
}

#[component]
fn SetupForm(token: String, fault: RwSignal<Option<Fault>>) -> impl IntoView {
    let busy = RwSignal::new(false);
    let (name, email, password) = (
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
    );
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let setup = Setup {
            token: token.clone(),
            name: name.get_untracked(),
            email: email.get_untracked(),
            password: password.get_untracked(),
        };
        spawn_local(async move {
            match api::identity::setup(&setup).await {
                Ok(_) => reload("/"),
                Err(why) => {
                    busy.set(false);
                    fault.set(Some(why));
                }
            }
        });
    };
    view! {
        <form class="gate-form" on:submit=submit>
            <label><span class="field-label">"Your name"</span>
                <input class="field" type="text" name="name" autocomplete="name" required autofocus on:input=move |e| name.set(event_target_value(&e))/></label>
            <label><span class="field-label">"E-mail"</span>
                <input class="field" type="email" name="email" autocomplete="username" required on:input=move |e| email.set(event_target_value(&e))/></label>
            <label><span class="field-label">"Password, 12 characters or more"</span>
                <input class="field" type="password" name="password" autocomplete="new-password" required minlength="12" maxlength="200"
                    on:input=move |e| password.set(event_target_value(&e))/></label>
            <button type="submit" class="btn primary" prop:disabled=move || busy.get()>"Make the account and open the console"</button>
        </form>
    }
}

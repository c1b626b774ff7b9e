//! Sign-in: by e-mail and password, or by the one-time link that the server prints (`?token=`).

use crate::{
    api::{self, Fault},
    components::{Mark, Notice, NoticeKind},
    state::session::reload,
    url::use_address,
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::identity::SignIn;

/// A page of this console and nothing else: a link must not lead elsewhere.
fn next_page(next: Option<String>) -> String {
    next.filter(|path| path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'))
        .unwrap_or_else(|| "/".to_owned())
}

#[component]
pub fn SignInPage() -> impl IntoView {
    let address = use_address();
    let next = move || next_page(address.query.with_untracked(|q| q.get("next").map(str::to_owned)));
    let fault = RwSignal::new(None::<Fault>);
    let busy = RwSignal::new(false);
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let finish = move |answer: Result<watchfloor_shared::identity::Me, Fault>| match answer {
        Ok(_) => reload(&next()),
        Err(why) => {
            busy.set(false);
            fault.set(Some(why));
        }
    };
    if let Some(token) = address.query.with_untracked(|q| q.get("token").map(str::to_owned)) {
        busy.set(true);
        spawn_local(async move { finish(api::identity::sign_in_by_link(token).await) });
    } else {
        lead_to_setup();
    }
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let sign_in = SignIn {
            email: email.get_untracked(),
            password: password.get_untracked(),
        };
        spawn_local(async move { finish(api::identity::sign_in(&sign_in).await) });
    };
    view! {
        <Gate title="Sign in" fault=fault>
            <form class="gate-form" on:submit=submit>
                <label><span class="field-label">"E-mail"</span>
                    <input class="field" type="email" name="email" autocomplete="username" required autofocus
                        on:input=move |e| email.set(event_target_value(&e))/></label>
                <label><span class="field-label">"Password"</span>
                    <input class="field" type="password" name="password" autocomplete="current-password" required
                        on:input=move |e| password.set(event_target_value(&e))/></label>
                <button type="submit" class="btn primary" prop:disabled=move || busy.get()>
                    {move || if busy.get() { "Signing in" } else { "Sign in" }}
                </button>
            </form>
        </Gate>
    }
}

/// A server without an owner has nobody who could sign in.
fn lead_to_setup() {
    let address = use_address();
    spawn_local(async move {
        if api::identity::setup_state().await.is_ok_and(|state| state.needed) {
            address.replace("/setup");
        }
    });
}

/// The quiet page before the console: mark, one form, what went wrong.
#[component]
pub fn Gate(title: &'static str, #[prop(into)] fault: Signal<Option<Fault>>, children: Children) -> impl IntoView {
    view! {
        <main class="gate">
            <div class="gate-box">
                <div class="gate-brand">
                    <Mark/>
                </div>
                <h1>{title}</h1>
                {move || fault.get().map(|f| view! { <Notice kind=NoticeKind::Fault><span>{f.sentence()}</span></Notice> })}
                {children()}
            </div>
        </main>
    }
}

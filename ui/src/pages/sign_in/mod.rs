//! Sign-in: by e-mail and password, with a code where the account asks for one; by the identity provider; or by the one-time link
//! that the server prints (`?token=`).

use crate::{
    api::{self, Fault},
    components::{Mark, Notice, NoticeKind},
    state::session::reload,
    url::{encode, use_address},
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::{
    identity::{ProviderRefusal, SignIn},
    problem::ErrorCode,
};

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
    let code = RwSignal::new(None::<String>);
    let refused = address
        .query
        .with_untracked(|q| q.get("refused").and_then(ProviderRefusal::parse));
    let provider = RwSignal::new(None::<String>);
    let finish = move |answer: Result<watchfloor_shared::identity::Me, Fault>| match answer {
        Ok(_) => reload(&next()),
        Err(why) if why.code() == Some(ErrorCode::SecondFactorRequired) => {
            busy.set(false);
            code.set(Some(String::new()));
        }
        Err(why) => {
            busy.set(false);
            fault.set(Some(why));
        }
    };
    if let Some(token) = address.query.with_untracked(|q| q.get("token").map(str::to_owned)) {
        busy.set(true);
        spawn_local(async move { finish(api::identity::sign_in_by_link(token).await) });
    } else {
        look_around(provider);
    }
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        fault.set(None);
        let sign_in = SignIn {
            email: email.get_untracked(),
            password: password.get_untracked(),
            code: code.get_untracked(),
        };
        spawn_local(async move { finish(api::identity::sign_in(&sign_in).await) });
    };
    view! {
        <Gate title="Sign in" fault=fault>
            {refused.map(|why| view! { <Notice kind=NoticeKind::Fault><span>{why.sentence()}</span></Notice> })}
            <form class="gate-form" on:submit=submit>
                <label><span class="field-label">"E-mail"</span>
                    <input class="field" type="email" name="email" autocomplete="username" required autofocus
                        on:input=move |e| email.set(event_target_value(&e))/></label>
                <label><span class="field-label">"Password"</span>
                    <input class="field" type="password" name="password" autocomplete="current-password" required
                        on:input=move |e| password.set(event_target_value(&e))/></label>
                <CodeField code/>
                <button type="submit" class="btn primary" prop:disabled=move || busy.get()>
                    {move || if busy.get() { "Signing in" } else { "Sign in" }}
                </button>
            </form>
            {move || provider.get().map(|name| view! { <ByProvider name next=next()/> })}
        </Gate>
    }
}

/// A server without an owner has nobody who could sign in; one with an identity provider says so.
fn look_around(provider: RwSignal<Option<String>>) {
    let address = use_address();
    spawn_local(async move {
        let Ok(state) = api::identity::setup_state().await else {
            return;
        };
        if state.needed {
            address.replace("/setup");
        }
        provider.try_set(state.provider);
    });
}

/// Another way in: a page of the server that leads to the provider's.
#[component]
fn ByProvider(name: String, next: String) -> impl IntoView {
    let way = format!("/api/v1/session/provider?next={}", encode(&next));
    view! {
        <div class="gate-or"><span>"or"</span></div>
        <button type="button" class="btn" on:click=move |_| reload(&way)>"Sign in with "{name}</button>
    }
}

/// Shown once the account asks for a code.
#[component]
pub fn CodeField(code: RwSignal<Option<String>>) -> impl IntoView {
    let is_asked = Memo::new(move |_| code.with(Option::is_some));
    let field = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    move || {
        is_asked.get().then(|| {
            view! {
                <label><span class="field-label">"Code of your authenticator app, or a recovery code"</span>
                    <input class="field mono" type="text" name="code" autocomplete="one-time-code" required maxlength="40" node_ref=field
                        on:input=move |e| code.set(Some(event_target_value(&e)))/></label>
            }
        })
    }
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

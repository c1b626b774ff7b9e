//! One's own second factor: set up with an authenticator app, recovery codes shown once, and removed.

use super::link::Copied;
use crate::{
    api::{self, Fault, Fetched, fetch},
    components::{Age, Button, FaultNotice, Look, Notice, NoticeKind, pending, use_toasts},
    url::encode,
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::factor::{FactorOffer, FactorRemoval, FactorState};

/// What was shown once, and is to be seen through.
#[derive(Clone)]
enum Shown {
    Nothing,
    Offer(FactorOffer),
    Codes(Vec<String>),
}

/// A form with one button: it is busy until `send` is through, and says what went wrong.
#[derive(Clone, Copy)]
struct Sending {
    fault: RwSignal<Option<Fault>>,
    busy: RwSignal<bool>,
}

impl Sending {
    fn new() -> Self {
        Self {
            fault: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    fn send<T>(self, send: impl Future<Output = Result<T, Fault>> + 'static, then: impl FnOnce(T) + 'static) {
        self.busy.set(true);
        self.fault.set(None);
        spawn_local(async move {
            match send.await {
                Ok(answer) => then(answer),
                Err(why) => drop(self.fault.try_set(Some(why))),
            }
            self.busy.try_set(false);
        });
    }

    fn notice(self) -> impl IntoView {
        move || {
            let fault = self.fault.get();
            fault.map(|fault| view! { <Notice kind=NoticeKind::Fault>{fault.sentence()}</Notice> })
        }
    }
}

#[component]
pub fn Factor() -> impl IntoView {
    let state = fetch(|| Some(()), |()| api::identity::factor());
    let shown = RwSignal::new(Shown::Nothing);
    let form = move || match (shown.get(), state.value.get()) {
        (Shown::Offer(offer), _) => view! { <Confirm offer shown state/> }.into_any(),
        (Shown::Codes(codes), _) => view! { <Codes codes shown/> }.into_any(),
        (Shown::Nothing, Some(FactorState { since: None, .. })) => view! { <Begin shown/> }.into_any(),
        (Shown::Nothing, Some(of)) => view! { <Remove of state/> }.into_any(),
        (Shown::Nothing, None) => ().into_any(),
    };
    view! {
        <FaultNotice fault=state.fault again=move || state.again()/>
        {pending(state)}
        {form}
    }
}

#[component]
fn Begin(shown: RwSignal<Shown>) -> impl IntoView {
    let (password, sending) = (RwSignal::new(String::new()), Sending::new());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let asked = api::identity::begin_factor(password.get_untracked());
        sending.send(asked, move |offer| drop(shown.try_set(Shown::Offer(offer))));
    };
    view! {
        <form class="wall-form" on:submit=submit aria-label="Second factor">
            <h2>"Second factor"</h2>
            <p class="quiet">"Your sign-in asks for the password alone. With an authenticator app it asks for a code too, which nobody else has."</p>
            <label><span class="field-label">"Your password"</span>
                <input class="field" type="password" name="factor-password" autocomplete="current-password" required
                    on:input=move |e| password.set(event_target_value(&e))/></label>
            {sending.notice()}
            <button type="submit" class="btn" prop:disabled=move || sending.busy.get()>"Set it up"</button>
        </form>
    }
}

#[component]
fn Confirm(offer: FactorOffer, shown: RwSignal<Shown>, state: Fetched<FactorState>) -> impl IntoView {
    let (code, sending) = (RwSignal::new(String::new()), Sending::new());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let confirmed = api::identity::confirm_factor(code.get_untracked());
        sending.send(confirmed, move |codes| {
            shown.try_set(Shown::Codes(codes.codes));
            state.again();
        });
    };
    let picture = (!offer.picture.is_empty()).then(|| {
        let source = format!("data:image/svg+xml,{}", encode(&offer.picture));
        view! { <img class="factor-picture" src=source alt="The secret as a QR code"/> }
    });
    view! {
        <form class="wall-form" on:submit=submit aria-label="Second factor">
            <h2>"Second factor"</h2>
            <p class="quiet">"Scan this with an authenticator app, or type the secret into it. It is not shown again."</p>
            {picture}
            <Copied text=offer.secret what="The secret"/>
            <label><span class="field-label">"Code that the app shows"</span>
                <input class="field mono" type="text" name="factor-code" inputmode="numeric" autocomplete="one-time-code" required maxlength="7"
                    on:input=move |e| code.set(event_target_value(&e))/></label>
            {sending.notice()}
            <div class="row-flex">
                <button type="submit" class="btn primary" prop:disabled=move || sending.busy.get()>"Turn it on"</button>
                <Button look=Look::SmallGhost press=move |_| shown.set(Shown::Nothing)>"Leave it"</Button>
            </div>
        </form>
    }
}

#[component]
fn Codes(codes: Vec<String>, shown: RwSignal<Shown>) -> impl IntoView {
    view! {
        <div class="wall-form" role="status">
            <h2>"Your recovery codes"</h2>
            <p class="quiet">"Each works once in place of the app's code. Keep them where your phone is not: they are not shown again."</p>
            <Copied text=codes.join("\n") what="The list"/>
            <div class="row-flex"><Button press=move |_| shown.set(Shown::Nothing)>"I have kept them"</Button></div>
        </div>
    }
}

#[component]
fn Remove(of: FactorState, state: Fetched<FactorState>) -> impl IntoView {
    let (password, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (sending, toasts) = (Sending::new(), use_toasts());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let removal = FactorRemoval {
            password: password.get_untracked(),
            code: code.get_untracked(),
        };
        let removed = async move { api::identity::remove_factor(&removal).await };
        sending.send(removed, move |()| {
            toasts.say("Your sign-in asks for the password alone.");
            state.again();
        });
    };
    let left = match of.recovery_codes_left {
        0 => "No recovery code is left: remove the factor and set it up anew.".to_owned(),
        1 => "1 recovery code is left.".to_owned(),
        left => format!("{left} recovery codes are left."),
    };
    view! {
        <form class="wall-form" on:submit=submit aria-label="Second factor">
            <h2>"Second factor"</h2>
            <p class="quiet">"Your sign-in asks for a code"{of.since.map(|at| view! { ", since "<Age at words=true/> })}". "{left}</p>
            <label><span class="field-label">"Your password"</span>
                <input class="field" type="password" name="factor-password" autocomplete="current-password" required
                    on:input=move |e| password.set(event_target_value(&e))/></label>
            <label><span class="field-label">"Code of the app, or a recovery code"</span>
                <input class="field mono" type="text" name="factor-code" autocomplete="one-time-code" required maxlength="40"
                    on:input=move |e| code.set(event_target_value(&e))/></label>
            {sending.notice()}
            <button type="submit" class="btn" prop:disabled=move || sending.busy.get()>"Remove it"</button>
        </form>
    }
}

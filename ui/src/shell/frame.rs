//! The frame of the signed-in console.

use super::{rail::Rail, statusline::Statusline, time_strip::TimeStrip, topbar::TopBar};
use crate::{
    components::{
        FaultNotice, Shortcut,
        help::Help,
        palette::Palette,
        toast::{ToastStand, use_toasts},
        use_shortcuts,
    },
    live::{self, use_live},
    state::{use_preferences, use_session},
};
use leptos::{ev, prelude::*};

#[component]
pub fn Shell(page: impl Fn() -> AnyView + Send + Sync + 'static) -> impl IntoView {
    let session = use_session();
    let live = use_live();
    session.load();
    let started = StoredValue::new(false);
    Effect::new(move |_| {
        if session.me.with(Option::is_some) && !started.get_value() {
            started.set_value(true);
            live::start(live);
        }
    });
    let palette = RwSignal::new(false);
    let help = RwSignal::new(false);
    bind_keys(palette, help);
    view! {
        <div class="shell">
            <a class="skip" href="#page">"Skip to the page"</a>
            <Rail/>
            <TopBar palette=palette/>
            <TimeStrip/>
            <main class="page" id="page" tabindex="-1">
                <FaultNotice fault=session.fault again=move || session.load()/>
                {page}
            </main>
            <Statusline help=help/>
            <ToastStand/>
            <Palette open=palette/>
            <Help open=help/>
            <Hatch/>
        </div>
    }
}

fn bind_keys(palette: RwSignal<bool>, help: RwSignal<bool>) {
    let (preferences, toasts, session) = (use_preferences(), use_toasts(), use_session());
    use_shortcuts(
        "Console",
        vec![
            Shortcut::new(&["?"], "Show all keys", move |_| help.set(true)).hinted(),
            Shortcut::new(&["u"], "Undo the last change", move |_| toasts.undo()).offered(),
            Shortcut::new(&["T"], "Dark or light", move |_| preferences.toggle_theme()).offered(),
            Shortcut::new(&["D"], "Compact or comfortable rows", move |_| {
                preferences.toggle_density()
            })
            .offered(),
            Shortcut::new(&["Z"], "Times in UTC or local", move |_| preferences.toggle_zone()).offered(),
            Shortcut::new(&[], "Sign out", move |_| session.sign_out()).offered(),
        ],
    );
    let chord = window_event_listener(ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            palette.update(|open| *open = !*open);
        }
    });
    on_cleanup(move || chord.remove());
}

/// The one pattern for «the instrument saw nothing here», used by every drawing as `url(#hatch)`.
#[component]
fn Hatch() -> impl IntoView {
    view! {
        <svg class="defs" width="0" height="0" aria-hidden="true">
            <defs>
                <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <path class="hatch-line" d="M0 0V6"></path>
                </pattern>
            </defs>
        </svg>
    }
}

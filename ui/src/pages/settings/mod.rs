//! Settings. For now: the wall screens.

mod form;
mod walls;

use crate::{components::Empty, state::use_session};
use leptos::prelude::*;
use watchfloor_shared::identity::Permission;

#[component]
pub fn SettingsPage() -> impl IntoView {
    let session = use_session();
    let may = Memo::new(move |_| {
        session
            .me
            .with(|me| me.is_some().then(|| session.may(Permission::ManageWalls)))
    });
    view! {
        <div class="pagehead"><h1>"Settings"</h1><span class="sum">"Walls"</span></div>
        {move || match may.get() {
            None => ().into_any(),
            Some(true) => view! { <walls::Walls/> }.into_any(),
            Some(false) => view! {
                <Empty title="Settings are for owners and administrators" why="Your role reads alerts and events. Ask an owner of your organization to pair a screen."/>
            }
            .into_any(),
        }}
    }
}

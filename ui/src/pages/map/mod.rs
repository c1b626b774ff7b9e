//! The live map: who reaches for whom, now and in the last thirty minutes, with the same as rows beside it.

mod callout;
pub mod canvas;
mod draw;
mod feed;
mod keys;
pub mod model;
mod panel;
mod rewind;
mod stage;
pub mod state;
mod stream;

use crate::components::{Notice, NoticeKind, number};
use draw::Plainness;
use leptos::prelude::*;
use state::{Link, MapView};

#[component]
pub fn MapPage() -> impl IntoView {
    let view = MapView::open();
    let feed = feed::Feed::new(view);
    stream::listen(view);
    keys::bind(view, feed);
    view! {
        <h1 class="visually-hidden">"Live map"</h1>
        <Notices view/>
        <div class="mapview">
            <div class="mapbox">
                <stage::Stage view feed/>
                <rewind::Rewind view/>
            </div>
            <panel::Panel view feed/>
        </div>
    }
}

/// What keeps the map from being true or whole.
#[component]
fn Notices(view: MapView) -> impl IntoView {
    let link = move || match view.link() {
        Link::Connecting | Link::Live => None,
        Link::Stale { ms } => Some(format!(
            "The map is stale: nothing has come for {}. What it shows is as old.",
            number::long_seconds(ms / 1_000)
        )),
        Link::Offline => {
            Some("The map's connection broke. It is being tried again; what it shows is from before.".to_owned())
        }
    };
    let plain = move || {
        view.plain.get().map(|why| match why {
            Plainness::NoWebGl2 => "This browser has no WebGL2, so the map is drawn flat and still. Feed and counts are whole.",
            Plainness::NotLoaded => "The map's drawing library could not be fetched, so the map is drawn flat and still. Feed and counts are whole.",
        })
    };
    view! {
        {move || link().map(|words| view! { <Notice kind=NoticeKind::Fault><span>{words}</span></Notice> })}
        {move || plain().map(|words| view! { <Notice kind=NoticeKind::Fault><span>{words}</span></Notice> })}
    }
}

//! Settings: wall screens, and the log of who did what.

mod audit;
mod form;
mod walls;

use crate::{
    components::{
        Empty,
        tabs::{Tab, Tabs},
    },
    state::use_session,
    url::use_address,
};
use leptos::prelude::*;
use watchfloor_shared::identity::Permission;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Walls,
    Audit,
}

impl Part {
    const ALL: [Self; 2] = [Self::Walls, Self::Audit];

    fn of(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|part| part.key() == key)
            .unwrap_or(Self::Walls)
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Walls => "walls",
            Self::Audit => "audit",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Walls => "Walls",
            Self::Audit => "Audit log",
        }
    }

    const fn needs(self) -> Permission {
        match self {
            Self::Walls => Permission::ManageWalls,
            Self::Audit => Permission::ReadAudit,
        }
    }
}

#[component]
pub fn SettingsPage() -> impl IntoView {
    let (session, address) = (use_session(), use_address());
    let chosen = Memo::new(move |_| address.query.with(|q| Part::of(q.get("part").unwrap_or_default())));
    let may = Memo::new(move |_| {
        session
            .me
            .with(|me| me.is_some().then(|| session.may(chosen.get().needs())))
    });
    let tabs = Part::ALL.map(|part| Tab::new(part.key(), part.title(), None)).to_vec();
    let choose = move |key: &str| {
        let key = Some(key.to_owned()).filter(|key| Part::of(key) != Part::Walls);
        address.change(|query| {
            query.set("part", key);
            query.set("q", None);
        });
    };
    view! {
        <div class="pagehead"><h1>"Settings"</h1></div>
        <Tabs label="Parts of the settings" tabs=Signal::stored(tabs) chosen=Signal::derive(move || chosen.get().key().to_owned()) choose/>
        {move || match (may.get(), chosen.get()) {
            (None, _) => ().into_any(),
            (Some(true), Part::Walls) => view! { <walls::Walls/> }.into_any(),
            (Some(true), Part::Audit) => view! { <audit::Audit/> }.into_any(),
            (Some(false), _) => view! {
                <Empty title="Settings are for owners and administrators" why="Your role reads alerts and events. Ask an owner of your organization."/>
            }
            .into_any(),
        }}
    }
}

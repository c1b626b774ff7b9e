//! Settings: people, keys, wall screens, the log of who did what, and one's own password and sessions.

mod account;
mod audit;
mod form;
mod keys;
mod link;
mod people;
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
    People,
    Keys,
    Walls,
    Audit,
    Account,
}

impl Part {
    const ALL: [Self; 5] = [Self::People, Self::Keys, Self::Walls, Self::Audit, Self::Account];

    fn of(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|part| part.key() == key)
            .unwrap_or(Self::People)
    }

    const fn key(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Keys => "keys",
            Self::Walls => "walls",
            Self::Audit => "audit",
            Self::Account => "account",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::People => "People",
            Self::Keys => "Keys of senders",
            Self::Walls => "Walls",
            Self::Audit => "Audit log",
            Self::Account => "Your account",
        }
    }

    /// None: everybody has it.
    const fn needs(self) -> Option<Permission> {
        match self {
            Self::People => Some(Permission::ManagePeople),
            Self::Keys => Some(Permission::ManageKeys),
            Self::Walls => Some(Permission::ManageWalls),
            Self::Audit => Some(Permission::ReadAudit),
            Self::Account => None,
        }
    }
}

#[component]
pub fn SettingsPage() -> impl IntoView {
    let (session, address) = (use_session(), use_address());
    let chosen = Memo::new(move |_| address.query.with(|q| Part::of(q.get("part").unwrap_or_default())));
    let may = Memo::new(move |_| {
        session.me.with(|me| {
            me.is_some()
                .then(|| chosen.get().needs().is_none_or(|needed| session.may(needed)))
        })
    });
    let tabs = Part::ALL.map(|part| Tab::new(part.key(), part.title(), None)).to_vec();
    let choose = move |key: &str| {
        let key = Some(key.to_owned()).filter(|key| Part::of(key) != Part::People);
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
            (Some(true), Part::People) => view! { <people::PeopleList/> }.into_any(),
            (Some(true), Part::Keys) => view! { <keys::Keys/> }.into_any(),
            (Some(true), Part::Account) => view! { <account::Account/> }.into_any(),
            (Some(true), Part::Walls) => view! { <walls::Walls/> }.into_any(),
            (Some(true), Part::Audit) => view! { <audit::Audit/> }.into_any(),
            (Some(false), _) => view! {
                <Empty title="This is for owners and administrators" why="Your own password and sessions are under Your account. For the rest, ask an owner of your organization."/>
            }
            .into_any(),
        }}
    }
}

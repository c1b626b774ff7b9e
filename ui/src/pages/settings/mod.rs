//! Settings: people, keys, wall screens, the log of who did what; one's own organizations, password, second factor and sessions.

mod account;
mod audit;
mod factor;
mod form;
mod hosted;
mod keys;
mod link;
mod organizations;
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
    Hosted,
    Organizations,
    Account,
}

impl Part {
    const ALL: [Self; 7] = [
        Self::People,
        Self::Keys,
        Self::Walls,
        Self::Audit,
        Self::Hosted,
        Self::Organizations,
        Self::Account,
    ];

    fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.key() == key)
    }

    const fn key(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Keys => "keys",
            Self::Walls => "walls",
            Self::Audit => "audit",
            Self::Hosted => "hosted",
            Self::Organizations => "organizations",
            Self::Account => "account",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::People => "People",
            Self::Keys => "Keys",
            Self::Walls => "Walls",
            Self::Audit => "Audit log",
            Self::Hosted => "Organizations",
            Self::Organizations => "Your organizations",
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
            Self::Hosted | Self::Organizations | Self::Account => None,
        }
    }
}

#[component]
pub fn SettingsPage() -> impl IntoView {
    let (session, address) = (use_session(), use_address());
    let several = move || {
        session
            .me
            .with(|me| me.as_ref().is_some_and(|me| me.organizations.len() > 1))
    };
    let hosts = move || session.me.with(|me| me.as_ref().is_some_and(|me| me.hosts));
    let may = move |part: Part| match part {
        Part::Hosted => hosts(),
        Part::Organizations => several(),
        _ => part.needs().is_none_or(|needed| session.may(needed)),
    };
    // Without a choice, the first that one may see.
    let chosen = Memo::new(move |_| {
        let asked = address.query.with(|q| Part::of(q.get("part").unwrap_or_default()));
        let first = || Part::ALL.into_iter().find(|part| may(*part));
        asked.or_else(first).unwrap_or(Part::Account)
    });
    let allowed = Memo::new(move |_| session.me.with(Option::is_some).then(|| may(chosen.get())));
    let tabs = Signal::derive(move || {
        let seen = Part::ALL.into_iter().filter(|part| may(*part));
        seen.map(|part| Tab::new(part.key(), part.title(), None)).collect()
    });
    let choose = move |key: &str| {
        let key = key.to_owned();
        address.change(|query| {
            query.set("part", Some(key));
            query.set("q", None);
        });
    };
    view! {
        <div class="pagehead"><h1>"Settings"</h1></div>
        <Tabs label="Parts of the settings" tabs chosen=Signal::derive(move || chosen.get().key().to_owned()) choose/>
        {move || match (allowed.get(), chosen.get()) {
            (None, _) => ().into_any(),
            (Some(true), Part::People) => view! { <people::PeopleList/> }.into_any(),
            (Some(true), Part::Keys) => view! { <keys::Keys/> }.into_any(),
            (Some(true), Part::Hosted) => view! { <hosted::Hosted/> }.into_any(),
            (Some(true), Part::Organizations) => view! { <organizations::Organizations/> }.into_any(),
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

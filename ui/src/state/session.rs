//! Who is signed in.

use crate::{api, url};
use leptos::{prelude::*, task::spawn_local};
use watchfloor_shared::identity::{Me, Permission};

#[derive(Clone, Copy)]
pub struct Session {
    pub me: RwSignal<Option<Me>>,
    pub fault: RwSignal<Option<api::Fault>>,
}

impl Session {
    /// Asks the server who this is. A missing session leads to the sign-in page.
    pub fn load(self) {
        spawn_local(async move {
            match api::identity::me().await {
                Ok(me) => {
                    self.fault.set(None);
                    self.me.set(Some(me));
                }
                Err(fault) => self.fault.set(Some(fault)),
            }
        });
    }
    pub fn may(self, permission: Permission) -> bool {
        self.me
            .with(|me| me.as_ref().is_some_and(|me| me.permissions.contains(&permission)))
    }
    pub fn sign_out(self) {
        spawn_local(async move {
            if let Err(fault) = api::identity::sign_out().await {
                self.fault.set(Some(fault));
                return;
            }
            reload("/sign-in");
        });
    }
}

/// The server does not know this browser any more: start over at the sign-in page, which leads back here.
pub fn ended() {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    if ["/sign-in", "/setup", "/invitation", "/wall"]
        .iter()
        .any(|apart| path.starts_with(apart))
    {
        return;
    }
    let here = format!("{path}{}", location.search().unwrap_or_default());
    reload(&format!("/sign-in?next={}", url::encode(&here)));
}

/// Leaves everything in memory behind: nothing of one person's session reaches the next.
pub fn reload(to: &str) {
    if window().location().assign(to).is_err() {
        leptos::logging::warn!("the browser refused to go to {to}");
    }
}

pub fn provide_session() -> Session {
    let session = Session {
        me: RwSignal::new(None),
        fault: RwSignal::new(None),
    };
    provide_context(session);
    session
}

pub fn use_session() -> Session {
    expect_context()
}

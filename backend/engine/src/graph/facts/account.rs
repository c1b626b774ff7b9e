//! Events about accounts, and those that change what the host starts, logs or protects.

use super::{Act, Draft, NodeKind, Relation, key};
use crate::graph::describe::{
    self,
    registry::{Starter, starter},
    user::{self, Act as Deed},
};

/// `AccessMask` of a directory object's extended rights: replication among them.
const CONTROL_ACCESS: &str = "0x100";
/// Encryption types that a ticket should no longer have.
const WEAK_TICKETS: [&str; 4] = ["0x1", "0x3", "0x17", "0x18"];

impl Draft<'_> {
    pub(super) fn account(&mut self, act: Act) {
        match act {
            Act::Logon | Act::Ticket => self.logon(act),
            Act::Service | Act::Task | Act::Subscription => self.starter(act),
            Act::Account => self.changed(Deed::AccountChanged),
            Act::Group => self.changed(Deed::GroupChanged),
            Act::Privilege => self.did(Deed::Privileged, 60),
            Act::Directory => {
                let controls = self.data("AccessMask") == Some(CONTROL_ACCESS);
                self.did(Deed::DirectoryAccess, if controls { 200 } else { 40 });
            }
            Act::Silence => self.did(Deed::Tampered, 220),
            Act::Configure => self.did(Deed::ConfigurationChanged, 100),
            Act::Command => self.command(),
            _ => {
                self.actor();
            }
        }
    }

    /// The account, with what it did, and the process by which it did it.
    fn did(&mut self, deed: Deed, weight: u8) {
        let actor = self.actor();
        let Some(user) = self.user_in("user") else { return };
        self.mark(user, deed);
        if let Some(actor) = actor {
            self.link(Relation::Owns, user, actor, weight);
        }
    }

    fn mark(&mut self, at: usize, deed: Deed) {
        if let Some(mention) = self.mentions.get_mut(at) {
            user::act(&mut mention.traits, deed);
        }
    }

    /// An account that another one changed.
    fn changed(&mut self, deed: Deed) {
        self.did(Deed::ConfigurationChanged, 120);
        if let Some(target) = self.user_in("user.target") {
            self.mark(target, deed);
        } else if let Some(user) = self.mentions.iter().position(|mention| mention.kind == NodeKind::User) {
            self.mark(user, deed);
        }
    }

    fn logon(&mut self, act: Act) {
        let actor = self.actor();
        let Some(user) = self.user_in("user") else { return };
        let kind = self.text("winlog.logon.type").or_else(|| self.data("LogonType"));
        let weak = self
            .data("TicketEncryptionType")
            .is_some_and(|kind| WEAK_TICKETS.contains(&kind));
        let action = self.text("event.action").unwrap_or_default();
        let failed = self.failed;
        let elevated = self
            .data("ElevatedToken")
            .is_some_and(|token| matches!(token, "%%1842" | "Yes"));
        if let Some(mention) = self.mentions.get_mut(user) {
            let traits = &mut mention.traits;
            if let Some(kind) = kind {
                user::logon(traits, kind);
            }
            for (deed, is_so) in [
                (Deed::Failed, failed),
                (Deed::Explicit, action == "logged-in-explicit"),
                (Deed::TicketWeak, weak && act == Act::Ticket),
                (Deed::Elevated, elevated),
            ] {
                if is_so {
                    user::act(traits, deed);
                }
            }
        }
        if let Some(actor) = actor {
            self.link(Relation::Owns, user, actor, 20);
        }
        let peer = self
            .text("source.ip")
            .or_else(|| self.text("source.domain"))
            .or_else(|| self.text("source.address"));
        if let Some(peer) = peer {
            let mut traits = describe::address::address(peer, None);
            describe::address::mark_logon_source(&mut traits);
            if failed {
                describe::address::mark_failed(&mut traits);
            }
            let peer = self.add(NodeKind::Address, key(&["address", peer]), traits, peer);
            self.link(Relation::LoggedOn, user, peer, if failed { 160 } else { 60 });
        }
        if let Some(target) = self.user_in("user.target") {
            self.mark(target, Deed::Explicit);
        }
    }

    /// What will be started by a service, a task or a subscription.
    fn starter(&mut self, act: Act) {
        let actor = self.actor();
        let (class, names): (_, &[&str]) = match act {
            Act::Service => (Starter::Service, &["ImagePath", "ServiceFileName", "param1"]),
            Act::Task => (
                Starter::Task,
                &["TaskContent", "TaskContentNew", "Path", "ActionName", "TaskName"],
            ),
            _ => (
                Starter::Subscription,
                &[
                    "Destination",
                    "Query",
                    "Consumer",
                    "Filter",
                    "CONSUMER",
                    "PossibleCause",
                ],
            ),
        };
        let runs = names.iter().find_map(|name| self.data(name)).unwrap_or_default();
        let name = self
            .data("ServiceName")
            .or_else(|| self.data("TaskName"))
            .or_else(|| self.data("Name"))
            .unwrap_or(runs);
        let node = self.add(
            NodeKind::Registry,
            key(&["starter", &name.to_lowercase()]),
            starter(class, runs),
            name,
        );
        if let Some(actor) = actor {
            self.link(Relation::SetRegistry, actor, node, 200);
        }
        if act == Act::Service && !runs.is_empty() {
            let mut traits = describe::file::file(runs, self.platform);
            describe::file::mark_service_image(&mut traits);
            let key_of = super::path_key(runs, self.platform);
            let file = self.add(NodeKind::File, key_of, traits, runs);
            if let Some(actor) = actor {
                self.link(Relation::Wrote, actor, file, 120);
            }
        }
        if let Some(user) = self.user_in("user") {
            self.mark(user, Deed::ConfigurationChanged);
            if let Some(actor) = actor {
                self.link(Relation::Owns, user, actor, 60);
            }
        }
    }

    /// `sudo` says what it was asked to run.
    fn command(&mut self) {
        let actor = self.actor();
        if let (Some(user), Some(actor)) = (self.user_in("user"), actor) {
            self.mark(user, Deed::Privileged);
            self.link(Relation::Owns, user, actor, 60);
        }
    }
}

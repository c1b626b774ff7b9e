//! All routes with what they ask of their caller, and nothing else.

use super::{
    access::Access::{self, Host, LoopbackOr, Needs, PageOr, Public, Screen, SignedIn},
    alerts, audit,
    describe::Describe,
    docs, endpoints, events, fleet, health, identity, ingest, inventory, keys, live, map, metrics, models, openapi,
    organizations, people, pictures, pipeline, plain, rules, sensors,
    state::AppState,
    walls,
};
use crate::roles::Role;
use axum::{
    extract::DefaultBodyLimit,
    http::Method,
    routing::{MethodRouter, delete, get, patch, post, put},
};
use watchfloor_shared::identity::Permission::{
    ChangeAlerts, Ingest, ManageInventory, ManageKeys, ManagePeople, ManageSensors, ManageWalls, ReadAlerts, ReadAudit,
    ReadEvents, ReadPipeline, ReadRules, RedriveDeadLetters,
};

/// Where the identity provider sends people back to.
pub const PROVIDER_RETURN: &str = "/api/v1/session/provider/return";

/// They read, though their method says otherwise.
const READS: [&str; 2] = ["events.search", "alerts.shown"];

pub struct Route {
    /// Operation id, span and metric label.
    pub name: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    pub(super) handler: fn() -> MethodRouter<AppState>,
    pub(super) describe: fn() -> Describe,
    /// Lives longer than a request may: the live stream, ingest.
    pub streams: bool,
}

impl Route {
    /// The role whose processes answer it; absent: every process does.
    pub fn role(&self) -> Option<Role> {
        let is_of_senders = matches!(self.access, Needs(Ingest) | PageOr(Ingest)) || self.path.starts_with("/ingest/");
        match self.path {
            "/healthz" | "/readyz" | "/health" | "/metrics" => None,
            _ if is_of_senders => Some(Role::Ingest),
            _ => Some(Role::Api),
        }
    }

    /// Whether what it does is written to the audit log: all that people change. Senders' records are no change, nor is a search
    /// that has a body, nor a note of what was drawn.
    pub fn is_audited(&self) -> bool {
        let is_of_people = match self.access {
            SignedIn | Host => true,
            Needs(permission) => permission != Ingest,
            _ => false,
        };
        is_of_people && self.method != GET && !READS.contains(&self.name)
    }
}

const fn on(
    method: Method,
    path: &'static str,
    access: Access,
    name: &'static str,
    handler: fn() -> MethodRouter<AppState>,
    describe: fn() -> Describe,
) -> Route {
    Route {
        name,
        method,
        path,
        access,
        handler,
        describe,
        streams: false,
    }
}

/// A route that lives longer than a request may.
const fn long(
    method: Method,
    path: &'static str,
    access: Access,
    name: &'static str,
    handler: fn() -> MethodRouter<AppState>,
    describe: fn() -> Describe,
) -> Route {
    Route {
        name,
        method,
        path,
        access,
        handler,
        describe,
        streams: true,
    }
}

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

#[rustfmt::skip]
pub static TABLE: &[Route] = &[
    on(GET, "/healthz", Public, "health.live", || get(health::live::handle), health::live::describe),
    on(GET, "/readyz", Public, "health.ready", || get(health::ready::handle), health::ready::describe),
    on(GET, "/health", Public, "health.summary", || get(health::summary::handle), health::summary::describe),
    on(GET, "/metrics", LoopbackOr(ReadPipeline), "metrics", || get(metrics::handle), metrics::describe),
    on(GET, "/api/openapi.json", Public, "openapi", || get(openapi::handle), openapi::describe),
    on(GET, "/api/docs", Public, "docs.page", || get(docs::page), docs::describe_page),
    on(GET, "/api/docs/{file}", Public, "docs.file", || get(docs::file), docs::describe_file),
    on(GET, "/api/v1/setup", Public, "setup.state", || get(identity::setup_state::handle), identity::setup_state::describe),
    on(POST, "/api/v1/setup", Public, "setup.redeem", || post(identity::setup::handle), identity::setup::describe),
    on(POST, "/api/v1/session", Public, "session.sign_in", || post(identity::sign_in::handle), identity::sign_in::describe),
    on(POST, "/api/v1/session/link", Public, "session.link", || post(identity::link::handle), identity::link::describe),
    on(GET, "/api/v1/session/provider", Public, "session.provider", || get(identity::provider::begin), identity::provider::describe),
    on(GET, PROVIDER_RETURN, Public, "session.provider_return", || get(identity::provider::finish), identity::provider::describe_return),
    on(PUT, "/api/v1/session/organization", SignedIn, "session.switch", || put(identity::organizations::switch), identity::organizations::describe_switch),
    on(DELETE, "/api/v1/session", SignedIn, "session.sign_out", || delete(identity::sign_out::handle), identity::sign_out::describe),
    on(GET, "/api/v1/me", SignedIn, "me", || get(identity::me::handle), identity::me::describe),
    on(PUT, "/api/v1/me/password", SignedIn, "me.password", || put(identity::own::change_password), identity::own::describe_password),
    on(GET, "/api/v1/me/organizations", SignedIn, "me.organizations", || get(identity::organizations::list), identity::organizations::describe),
    on(GET, "/api/v1/me/factor", SignedIn, "me.factor", || get(identity::factor::handle), identity::factor::describe),
    on(POST, "/api/v1/me/factor", SignedIn, "me.begin_factor", || post(identity::factor::begin), identity::factor::describe_begin),
    on(PUT, "/api/v1/me/factor", SignedIn, "me.confirm_factor", || put(identity::factor::confirm), identity::factor::describe_confirm),
    on(POST, "/api/v1/me/factor/removal", SignedIn, "me.remove_factor", || post(identity::factor::remove), identity::factor::describe_remove),
    on(GET, "/api/v1/me/sessions", SignedIn, "me.sessions", || get(identity::own::list), identity::own::describe_sessions),
    on(DELETE, "/api/v1/me/sessions", SignedIn, "me.end_sessions", || delete(identity::own::end_others), identity::own::describe_end_others),
    on(DELETE, "/api/v1/me/sessions/{id}", SignedIn, "me.end_session", || delete(identity::own::end_one), identity::own::describe_end),
    on(POST, "/api/v1/invitation", Public, "invitation.look", || post(identity::accept::look), identity::accept::describe_look),
    on(POST, "/api/v1/invitation/acceptance", Public, "invitation.accept", || post(identity::accept::handle), identity::accept::describe),
    on(GET, "/api/v1/people", Needs(ManagePeople), "people.list", || get(people::list::handle), people::list::describe),
    on(PATCH, "/api/v1/people/{id}", Needs(ManagePeople), "people.change", || patch(people::member::change), people::member::describe_change),
    on(DELETE, "/api/v1/people/{id}", Needs(ManagePeople), "people.remove", || delete(people::member::remove), people::member::describe_remove),
    on(DELETE, "/api/v1/people/{id}/factor", Needs(ManagePeople), "people.reset_factor", || delete(people::member::reset_factor), people::member::describe_reset_factor),
    on(POST, "/api/v1/people/invitations", Needs(ManagePeople), "people.invite", || post(people::invite::handle), people::invite::describe),
    on(DELETE, "/api/v1/people/invitations/{id}", Needs(ManagePeople), "people.cancel_invitation", || delete(people::invite::cancel), people::invite::describe_cancel),
    on(GET, "/api/v1/organizations", Host, "organizations.list", || get(organizations::list), organizations::describe_list),
    on(POST, "/api/v1/organizations", Host, "organizations.make", || post(organizations::make), organizations::describe_make),
    on(PATCH, "/api/v1/organizations/{id}", Host, "organizations.change", || patch(organizations::change), organizations::describe_change),
    on(GET, "/api/v1/alerts", Needs(ReadAlerts), "alerts.list", || get(alerts::list::handle), alerts::list::describe),
    on(GET, "/api/v1/alerts/facets", Needs(ReadAlerts), "alerts.facets", || get(alerts::facets::handle), alerts::facets::describe),
    on(GET, "/api/v1/alerts/histogram", Needs(ReadAlerts), "alerts.histogram", || get(alerts::histogram::handle), alerts::histogram::describe),
    on(POST, "/api/v1/alerts/bulk", Needs(ChangeAlerts), "alerts.bulk", || post(alerts::bulk::handle), alerts::bulk::describe),
    on(POST, "/api/v1/alerts/shown", Needs(ReadAlerts), "alerts.shown", || post(alerts::shown::handle), alerts::shown::describe),
    on(GET, "/api/v1/alerts/{id}", Needs(ReadAlerts), "alerts.get", || get(alerts::get::handle), alerts::get::describe),
    on(PATCH, "/api/v1/alerts/{id}", Needs(ChangeAlerts), "alerts.change", || patch(alerts::change::handle), alerts::change::describe),
    on(POST, "/api/v1/alerts/{id}/undo", Needs(ChangeAlerts), "alerts.undo", || post(alerts::undo::handle), alerts::undo::describe),
    on(GET, "/api/v1/alerts/{id}/tree", Needs(ReadEvents), "alerts.tree", || get(alerts::tree::handle), alerts::tree::describe),
    on(GET, "/api/v1/alerts/{id}/timeline", Needs(ReadEvents), "alerts.timeline", || get(alerts::timeline::handle), alerts::timeline::describe),
    on(POST, "/api/v1/events/search", Needs(ReadEvents), "events.search", || post(events::search::handle), events::search::describe),
    on(GET, "/api/v1/events/fields", Needs(ReadEvents), "events.fields", || get(events::fields::handle), events::fields::describe),
    on(GET, "/api/v1/events/{id}", Needs(ReadEvents), "events.get", || get(events::get::handle), events::get::describe),
    on(GET, "/api/v1/endpoints", Needs(ReadEvents), "endpoints.list", || get(endpoints::list::handle), endpoints::list::describe),
    on(GET, "/api/v1/endpoints/{id}", Needs(ReadEvents), "endpoints.get", || get(endpoints::get::handle), endpoints::get::describe),
    on(GET, "/api/v1/pipeline", Needs(ReadPipeline), "pipeline.get", || get(pipeline::snapshot::handle), pipeline::snapshot::describe),
    on(GET, "/api/v1/pipeline/dead-letters", Needs(ReadPipeline), "pipeline.dead_letters", || get(pipeline::dead_letters::handle), pipeline::dead_letters::describe),
    on(POST, "/api/v1/pipeline/dead-letters/redrive", Needs(RedriveDeadLetters), "pipeline.redrive", || post(pipeline::redrive::handle), pipeline::redrive::describe),
    on(GET, "/api/v1/sensors", Needs(ReadPipeline), "sensors.list", || get(sensors::handle), sensors::describe),
    on(GET, "/api/v1/fleet", Needs(ReadPipeline), "fleet.list", || get(fleet::list::handle), fleet::list::describe),
    on(GET, "/api/v1/fleet/{id}", Needs(ReadPipeline), "fleet.get", || get(fleet::get::handle), fleet::get::describe),
    on(PATCH, "/api/v1/fleet/{id}", Needs(ManageSensors), "fleet.change", || patch(fleet::change::handle), fleet::change::describe),
    on(DELETE, "/api/v1/fleet/{id}", Needs(ManageSensors), "fleet.revoke", || delete(fleet::revoke::handle), fleet::revoke::describe),
    on(GET, "/api/v1/fleet/{id}/commands", Needs(ManageSensors), "fleet.commands", || get(fleet::commands::list), fleet::commands::describe_list),
    on(POST, "/api/v1/fleet/{id}/commands", Needs(ManageSensors), "fleet.command", || post(fleet::commands::make).layer(DefaultBodyLimit::max(fleet::commands::BODY_BYTES_MAX)), fleet::commands::describe_make),
    on(DELETE, "/api/v1/fleet/{id}/commands/{number}", Needs(ManageSensors), "fleet.cancel_command", || delete(fleet::commands::cancel), fleet::commands::describe_cancel),
    on(GET, "/api/v1/fleet/claims", Needs(ManageSensors), "fleet.claims", || get(fleet::claims::list), fleet::claims::describe_list),
    on(POST, "/api/v1/fleet/claims", Needs(ManageSensors), "fleet.make_claim", || post(fleet::claims::make), fleet::claims::describe_make),
    on(DELETE, "/api/v1/fleet/claims/{id}", Needs(ManageSensors), "fleet.cancel_claim", || delete(fleet::claims::cancel), fleet::claims::describe_cancel),
    on(POST, "/ingest/v1/sensor/enrolment", Public, "ingest.enrolment", || post(fleet::enrol::handle), fleet::enrol::describe),
    on(POST, "/ingest/v1/sensor/renewal", Needs(Ingest), "ingest.renewal", || post(fleet::enrol::renew), fleet::enrol::describe_renew),
    on(GET, "/api/v1/inventory/assets", Needs(ReadEvents), "inventory.assets", || get(inventory::assets::handle), inventory::assets::describe),
    on(PUT, "/api/v1/inventory/assets", Needs(ManageInventory), "inventory.replace_assets", || put(inventory::assets::replace).layer(DefaultBodyLimit::max(inventory::BODY_BYTES_MAX)), inventory::assets::describe_replace),
    on(GET, "/api/v1/inventory/people", Needs(ReadEvents), "inventory.people", || get(inventory::people::handle), inventory::people::describe),
    on(PUT, "/api/v1/inventory/people", Needs(ManageInventory), "inventory.replace_people", || put(inventory::people::replace).layer(DefaultBodyLimit::max(inventory::BODY_BYTES_MAX)), inventory::people::describe_replace),
    on(GET, "/api/v1/inventory/sites", Needs(ReadEvents), "inventory.sites", || get(inventory::sites::handle), inventory::sites::describe),
    on(PUT, "/api/v1/inventory/sites", Needs(ManageInventory), "inventory.replace_sites", || put(inventory::sites::replace).layer(DefaultBodyLimit::max(inventory::BODY_BYTES_MAX)), inventory::sites::describe_replace),
    on(GET, "/api/v1/rules", Needs(ReadRules), "rules.list", || get(rules::handle), rules::describe),
    on(GET, "/api/v1/models", Needs(ReadRules), "models.list", || get(models::handle), models::describe),
    long(GET, "/api/v1/live", Needs(ReadAlerts), "live", || get(live::handle), live::describe),
    on(GET, "/api/v1/map", Needs(ReadAlerts), "map", || get(map::handle), map::describe),
    long(GET, "/api/v1/map/live", Needs(ReadAlerts), "map.live", || get(map::live), map::describe_live),
    on(GET, "/api/v1/pictures/{file}", Needs(ReadAlerts), "pictures", || get(pictures::handle), pictures::describe),
    on(GET, "/api/v1/keys", Needs(ManageKeys), "keys.list", || get(keys::list::handle), keys::list::describe),
    on(POST, "/api/v1/keys", Needs(ManageKeys), "keys.issue", || post(keys::issue::handle), keys::issue::describe),
    on(DELETE, "/api/v1/keys/{id}", Needs(ManageKeys), "keys.revoke", || delete(keys::revoke::handle), keys::revoke::describe),
    on(GET, "/api/v1/audit", Needs(ReadAudit), "audit.list", || get(audit::list::handle), audit::list::describe),
    on(GET, "/api/v1/audit/verification", Needs(ReadAudit), "audit.verify", || get(audit::verify::handle), audit::verify::describe),
    long(GET, "/api/v1/audit/export", Needs(ReadAudit), "audit.export", || get(audit::export::handle), audit::export::describe),
    on(GET, "/api/v1/walls", Needs(ManageWalls), "walls.list", || get(walls::list::handle), walls::list::describe),
    on(GET, "/api/v1/walls/organizations", Needs(ManageWalls), "walls.organizations", || get(walls::organizations::handle), walls::organizations::describe),
    on(POST, "/api/v1/walls", Needs(ManageWalls), "walls.pair", || post(walls::pair::handle), walls::pair::describe),
    on(PATCH, "/api/v1/walls/{id}", Needs(ManageWalls), "walls.change", || patch(walls::change::handle), walls::change::describe),
    on(DELETE, "/api/v1/walls/{id}", Needs(ManageWalls), "walls.revoke", || delete(walls::revoke::handle), walls::revoke::describe),
    on(POST, "/api/v1/wall/pairings", Public, "wall.begin", || post(walls::screen::begin::handle), walls::screen::begin::describe),
    on(GET, "/api/v1/wall/pairing", Public, "wall.pairing", || get(walls::screen::pairing::handle), walls::screen::pairing::describe),
    on(GET, "/api/v1/wall", Screen, "wall", || get(walls::screen::state::handle), walls::screen::state::describe),
    long(GET, "/api/v1/wall/live", Screen, "wall.live", || get(walls::screen::live::handle), walls::screen::live::describe),
    long(POST, "/ingest/v1/sysmon", Needs(Ingest), "ingest.sysmon", || post(ingest::handle), ingest::describe),
    long(POST, "/ingest/v1/sensor", Needs(Ingest), "ingest.sensor", || post(ingest::sensor::handle), ingest::sensor::describe),
    long(POST, "/v1/logs", Needs(Ingest), ingest::otlp::NAME, || post(ingest::otlp::handle), ingest::otlp::describe),
    long(POST, "/_bulk", Needs(Ingest), "ingest.bulk", || post(ingest::elastic::bulk::handle), ingest::elastic::bulk::describe),
    long(PUT, "/_bulk", Needs(Ingest), "ingest.bulk_put", || put(ingest::elastic::bulk::handle), ingest::elastic::bulk::describe),
    long(POST, "/{index}/_bulk", Needs(Ingest), "ingest.bulk_of_index", || post(ingest::elastic::bulk::handle_for_index), ingest::elastic::bulk::describe_for_index),
    long(PUT, "/{index}/_bulk", Needs(Ingest), "ingest.bulk_of_index_put", || put(ingest::elastic::bulk::handle_for_index), ingest::elastic::bulk::describe_for_index),
    on(GET, "/", PageOr(Ingest), "elastic.info", || get(ingest::elastic::probe::info), ingest::elastic::probe::describe_info),
    on(GET, "/_license", Needs(Ingest), "elastic.license", || get(ingest::elastic::probe::license), ingest::elastic::probe::describe_license),
    on(GET, "/_xpack", Needs(Ingest), "elastic.xpack", || get(ingest::elastic::probe::xpack), ingest::elastic::probe::describe_license),
    on(GET, "/_cluster/health", Needs(Ingest), "elastic.health", || get(ingest::elastic::probe::health), ingest::elastic::probe::describe_health),
    on(GET, "/_index_template/{name}", Needs(Ingest), "elastic.index_template", || get(ingest::elastic::probe::settings), ingest::elastic::probe::describe_settings),
    on(PUT, "/_index_template/{name}", Needs(Ingest), "elastic.index_template_put", || put(ingest::elastic::probe::settings), ingest::elastic::probe::describe_settings),
    on(GET, "/_template/{name}", Needs(Ingest), "elastic.template", || get(ingest::elastic::probe::settings), ingest::elastic::probe::describe_settings),
    on(PUT, "/_template/{name}", Needs(Ingest), "elastic.template_put", || put(ingest::elastic::probe::settings), ingest::elastic::probe::describe_settings),
    on(GET, "/_ilm/policy/{name}", Needs(Ingest), "elastic.ilm_policy", || get(ingest::elastic::probe::settings), ingest::elastic::probe::describe_settings),
    on(PUT, "/_ilm/policy/{name}", Needs(Ingest), "elastic.ilm_policy_put", || put(ingest::elastic::probe::settings), ingest::elastic::probe::describe_settings),
    on(PUT, "/_ingest/pipeline/{name}", Needs(Ingest), "elastic.pipeline_put", || put(ingest::elastic::probe::settings), ingest::elastic::probe::describe_settings),
    long(POST, "/services/collector", Needs(Ingest), "hec", || post(ingest::hec::event), ingest::hec::describe_event),
    long(POST, "/services/collector/event", Needs(Ingest), "hec.event", || post(ingest::hec::event), ingest::hec::describe_event),
    long(POST, "/services/collector/event/1.0", Needs(Ingest), "hec.event_1_0", || post(ingest::hec::event), ingest::hec::describe_event),
    long(POST, "/services/collector/raw", Needs(Ingest), "hec.raw", || post(ingest::hec::raw), ingest::hec::describe_raw),
    on(GET, "/services/collector/health", Needs(Ingest), "hec.health", || get(ingest::hec::health), ingest::hec::describe_health),
    on(GET, "/alerts", PageOr(ReadAlerts), "plain.alerts", || get(plain::alerts::handle), plain::alerts::describe),
    on(GET, "/alerts/{id}", PageOr(ReadAlerts), "plain.alert", || get(plain::alert::handle), plain::alert::describe),
    on(POST, "/feedback", Needs(ChangeAlerts), "plain.feedback", || post(plain::feedback::handle), plain::feedback::describe),
    on(GET, "/endpoints", PageOr(ReadEvents), "plain.endpoints", || get(plain::endpoints::handle), plain::endpoints::describe),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_route_has_one_entry_and_one_name() {
        let places: HashSet<_> = TABLE.iter().map(|route| (route.method.as_str(), route.path)).collect();
        let names: HashSet<_> = TABLE.iter().map(|route| route.name).collect();
        assert_eq!((places.len(), names.len()), (TABLE.len(), TABLE.len()));
    }

    /// Public routes are few and known; whoever adds one changes this list on purpose.
    #[test]
    fn nothing_is_public_by_accident() {
        let public: Vec<_> = TABLE.iter().filter(|r| r.access == Public).map(|r| r.name).collect();
        let known = [
            "health.live",
            "health.ready",
            "health.summary",
            "openapi",
            "docs.page",
            "docs.file",
            "setup.state",
            "setup.redeem",
            "session.sign_in",
            "session.link",
            "session.provider",
            "session.provider_return",
            "invitation.look",
            "invitation.accept",
            "ingest.enrolment",
            "wall.begin",
            "wall.pairing",
        ];
        assert_eq!(public, known);
    }

    #[test]
    fn what_changes_something_needs_more_than_reading() {
        for route in TABLE
            .iter()
            .filter(|route| route.method != GET && route.access != Public)
        {
            let reads = matches!(
                route.access.permission(),
                Some(ReadEvents | ReadPipeline | ReadRules | ReadAlerts)
            );
            assert!(
                !reads || READS.contains(&route.name),
                "{} changes things with a reader's permission",
                route.name
            );
        }
    }
}

//! Which page an address leads to. The whole map of the console.

use super::decode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    SignIn,
    Setup,
    Invitation,
    Overview,
    Alerts,
    Alert,
    Hunt,
    Endpoints,
    Endpoint,
    Map,
    Pipeline,
    Rules,
    Sensors,
    Inventory,
    Settings,
    Wall,
    Nowhere,
}

impl Place {
    pub fn of(path: &str) -> Self {
        match segments(path).as_slice() {
            [] => Place::Overview,
            ["sign-in"] => Place::SignIn,
            ["setup"] => Place::Setup,
            ["invitation"] => Place::Invitation,
            ["alerts"] => Place::Alerts,
            ["alerts", _] => Place::Alert,
            ["hunt"] => Place::Hunt,
            ["endpoints"] => Place::Endpoints,
            ["endpoints", _] => Place::Endpoint,
            ["map"] => Place::Map,
            ["pipeline"] => Place::Pipeline,
            ["rules"] => Place::Rules,
            ["sensors"] => Place::Sensors,
            ["inventory"] => Place::Inventory,
            ["settings"] => Place::Settings,
            ["wall"] => Place::Wall,
            _ => Place::Nowhere,
        }
    }
    /// What the browser's tab says.
    pub const fn title(self) -> &'static str {
        match self {
            Place::SignIn => "Sign in",
            Place::Setup => "Set up",
            Place::Invitation => "Invitation",
            Place::Overview => "Overview",
            Place::Alerts => "Alerts",
            Place::Alert => "Alert",
            Place::Hunt => "Hunt",
            Place::Endpoints => "Endpoints",
            Place::Endpoint => "Endpoint",
            Place::Map => "Live map",
            Place::Pipeline => "Pipeline",
            Place::Rules => "Detections",
            Place::Sensors => "Sensors",
            Place::Inventory => "Inventory",
            Place::Settings => "Settings",
            Place::Wall => "Wall",
            Place::Nowhere => "No such page",
        }
    }
}

/// The id in `/alerts/{id}` and its like; empty elsewhere.
pub fn id(path: &str) -> String {
    match segments(path).as_slice() {
        // A plus is itself in a path; only in a query string it is a space.
        [_, id] => decode(&id.replace('+', "%2B")),
        _ => String::new(),
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_address() {
        for (path, place) in [
            ("/", Place::Overview),
            ("/alerts", Place::Alerts),
            ("/alerts/", Place::Alerts),
            ("/alerts/9f2c41", Place::Alert),
            ("/endpoints/ws-01.corp.example", Place::Endpoint),
            ("/map", Place::Map),
            ("/rules", Place::Rules),
            ("/sensors", Place::Sensors),
            ("/inventory", Place::Inventory),
            ("/settings", Place::Settings),
            ("/wall", Place::Wall),
            ("/invitation", Place::Invitation),
            ("/rules/1", Place::Nowhere),
            ("/alerts/9f2c41/tree", Place::Nowhere),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }

    #[test]
    fn an_id_is_what_was_put_into_the_address() {
        for host in ["ws-01.corp.example", "häuser 3", "a+b", "50%"] {
            assert_eq!(id(&format!("/endpoints/{}", super::super::encode(host))), host);
        }
        assert_eq!(id("/endpoints/a+b"), "a+b");
        assert_eq!(id("/alerts"), "");
    }
}

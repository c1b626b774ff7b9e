//! How this viewer likes it, kept in the browser.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Dark,
    Light,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Density {
    Compact,
    Comfortable,
}

impl Density {
    /// Height of a list row; the same as `--row` in tokens.css.
    pub const fn row_px(self) -> f64 {
        match self {
            Density::Compact => 28.0,
            Density::Comfortable => 36.0,
        }
    }
}

/// In which zone times are written. The other one is always in the tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    Local,
    Utc,
}

#[derive(Clone, Copy)]
pub struct Preferences {
    pub theme: RwSignal<Theme>,
    pub density: RwSignal<Density>,
    pub zone: RwSignal<Zone>,
}

impl Preferences {
    pub fn toggle_theme(self) {
        self.theme
            .update(|t| *t = if *t == Theme::Dark { Theme::Light } else { Theme::Dark });
    }
    pub fn toggle_density(self) {
        self.density.update(|d| {
            *d = if *d == Density::Compact {
                Density::Comfortable
            } else {
                Density::Compact
            };
        });
    }
    pub fn toggle_zone(self) {
        self.zone
            .update(|z| *z = if *z == Zone::Local { Zone::Utc } else { Zone::Local });
    }
}

pub fn stored(key: &str) -> Option<String> {
    let storage = window().local_storage().ok().flatten()?;
    storage.get_item(&format!("watchfloor.{key}")).ok().flatten()
}

/// A browser that keeps nothing only forgets the choice.
pub fn store(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(&format!("watchfloor.{key}"), value);
    }
}

fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

pub fn provide_preferences() {
    let root = document().document_element();
    let light = root.and_then(|r| r.get_attribute("data-theme")).as_deref() == Some("light");
    let comfortable = stored("density").as_deref() == Some("comfortable");
    let utc = stored("zone").as_deref() == Some("utc");
    let preferences = Preferences {
        theme: RwSignal::new(if light { Theme::Light } else { Theme::Dark }),
        density: RwSignal::new(if comfortable {
            Density::Comfortable
        } else {
            Density::Compact
        }),
        zone: RwSignal::new(if utc { Zone::Utc } else { Zone::Local }),
    };
    let keep = |key: &'static str, attribute: &'static str, name: &str, first: bool| {
        set_root_attribute(attribute, name);
        if !first {
            store(key, name);
        }
    };
    Effect::new(move |before: Option<()>| {
        let name = if preferences.theme.get() == Theme::Light {
            "light"
        } else {
            "dark"
        };
        keep("theme", "data-theme", name, before.is_none());
    });
    Effect::new(move |before: Option<()>| {
        let name = if preferences.density.get() == Density::Comfortable {
            "comfortable"
        } else {
            "compact"
        };
        keep("density", "data-density", name, before.is_none());
    });
    Effect::new(move |before: Option<()>| {
        let name = if preferences.zone.get() == Zone::Utc {
            "utc"
        } else {
            "local"
        };
        keep("zone", "data-zone", name, before.is_none());
    });
    provide_context(preferences);
}

pub fn use_preferences() -> Preferences {
    expect_context()
}

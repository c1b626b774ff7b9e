//! Colours of the two themes, read from the console's own tokens.

use serde::Deserialize;
use std::{collections::HashMap, sync::LazyLock};
use watchfloor_shared::alert::Severity;

const TOKENS: &str = include_str!("../../../ui/css/tokens.css");
const LIGHT: &str = "[data-theme=\"light\"]";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    Dark,
    /// What is printed.
    #[default]
    Light,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub page: &'static str,
    pub panel: &'static str,
    pub hairline: &'static str,
    pub quiet: &'static str,
    pub text: &'static str,
    pub strong: &'static str,
    pub sea: &'static str,
    pub land: &'static str,
    pub coast: &'static str,
    pub simulated: &'static str,
    severities: [&'static str; 4],
}

static LOOKS: LazyLock<[Look; 2]> = LazyLock::new(|| {
    let (dark, light) = TOKENS.split_once(LIGHT).unwrap_or((TOKENS, ""));
    let dark = tokens(dark);
    // The light theme swaps colours and nothing else.
    let mut swapped = dark.clone();
    swapped.extend(tokens(light));
    [Look::of(&dark), Look::of(&swapped)]
});

/// Each token with its first value.
fn tokens(css: &'static str) -> HashMap<&'static str, &'static str> {
    let mut found = HashMap::new();
    for part in css.split(';') {
        let declaration = part.rsplit(['{', '/']).next().unwrap_or(part).trim();
        if let Some((name, value)) = declaration.split_once(':')
            && name.starts_with("--")
        {
            found.entry(name.trim()).or_insert_with(|| value.trim());
        }
    }
    found
}

impl Look {
    pub fn of_theme(theme: Theme) -> &'static Self {
        let [dark, light] = &*LOOKS;
        match theme {
            Theme::Dark => dark,
            Theme::Light => light,
        }
    }

    pub const fn severity(&self, severity: Severity) -> &'static str {
        self.severities[severity as usize]
    }

    fn of(tokens: &HashMap<&'static str, &'static str>) -> Self {
        let colour = |name: &str| tokens.get(name).copied().unwrap_or("gray");
        Self {
            page: colour("--n1"),
            panel: colour("--n2"),
            hairline: colour("--n6"),
            quiet: colour("--n10"),
            text: colour("--n11"),
            strong: colour("--n12"),
            sea: colour("--map-sea"),
            land: colour("--map-land"),
            coast: colour("--map-coast"),
            simulated: colour("--sim"),
            severities: ["--sev-low", "--sev-medium", "--sev-high", "--sev-critical"].map(colour),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_one_and_the_themes_differ_in_each() {
        let [dark, light] = [Theme::Dark, Theme::Light].map(Look::of_theme);
        let all = |look: &Look| {
            let mut all = vec![
                look.page,
                look.panel,
                look.hairline,
                look.quiet,
                look.text,
                look.strong,
                look.sea,
                look.land,
                look.coast,
                look.simulated,
            ];
            all.extend(Severity::ALL.map(|severity| look.severity(severity)));
            all
        };
        for (dark, light) in all(dark).into_iter().zip(all(light)) {
            let is_colour = |text: &str| text.len() == 7 && text.starts_with('#');
            assert!(is_colour(dark) && is_colour(light) && dark != light, "{dark} {light}");
        }
    }
}

//! Colours of the map: the tokens of the theme that is on.

use crate::pages::map::model::scene::Tone;
use leptos::prelude::{document, window};

pub type Rgb = [f32; 3];

/// Places in [`Looks::tones`].
pub const SIMULATED: usize = 4;
pub const STRONG: usize = 5;
pub const TONES: usize = 7;

/// In the order of `Severity`, then the rest.
const TONE_TOKENS: [&str; TONES] = [
    "--sev-low",
    "--sev-medium",
    "--sev-high",
    "--sev-critical",
    "--sim",
    "--n12",
    "--map-sea",
];

pub struct Looks {
    pub sea: String,
    pub land: String,
    pub coast: String,
    pub grid: String,
    pub quiet: String,
    pub strong: String,
    pub dense: String,
    pub css: [String; TONES],
    pub tones: [Rgb; TONES],
}

impl Looks {
    pub fn now() -> Self {
        let root = document().document_element();
        let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
        let token = |name: &str| {
            let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
            value
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
                .unwrap_or_else(|| "gray".to_owned())
        };
        let css = TONE_TOKENS.map(token);
        Self {
            sea: token("--map-sea"),
            land: token("--map-land"),
            coast: token("--map-coast"),
            grid: token("--map-grid"),
            quiet: token("--n9"),
            strong: token("--n12"),
            dense: token("--n10"),
            tones: std::array::from_fn(|i| rgb(&css[i]).unwrap_or([0.5; 3])),
            css,
        }
    }
}

pub const fn tone(tone: Tone) -> usize {
    if tone.simulated {
        SIMULATED
    } else {
        tone.severity as usize
    }
}

/// `#rrggbb`, 0 to 1 each.
fn rgb(css: &str) -> Option<Rgb> {
    let digits = css.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |i: usize| Some(f32::from(u8::from_str_radix(digits.get(i..i + 2)?, 16).ok()?) / 255.0);
    Some([part(0)?, part(2)?, part(4)?])
}

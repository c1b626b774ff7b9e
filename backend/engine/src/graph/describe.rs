//! What one event says about a thing → its [`Traits`]. One file per type of node; all of them shapes and classes.

pub(super) mod address;
mod command;
pub(super) mod file;
pub(super) mod module;
pub(super) mod process;
pub(super) mod registry;
pub(super) mod script;
pub(super) mod user;

use super::{place::Place, shape, traits::Traits};

/// What is odd about a name, of 255: no vowels, one or two letters, blanks at its end, mixed case inside, characters that turn the
/// direction of writing, or none that people use.
fn odd_name(name: &str) -> u8 {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let letters = stem.chars().filter(|c| c.is_alphabetic()).count();
    let has_vowel = stem.chars().any(|c| "aeiouyAEIOUY".contains(c));
    let turns = stem
        .chars()
        .any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'));
    let changes = stem
        .as_bytes()
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    match () {
        () if turns || shape::has_double_extension(&name.to_lowercase()) => 255,
        () if stem.ends_with(' ') || stem.starts_with("..") => 220,
        () if letters >= 5 && !has_vowel => 160,
        () if changes.count() >= 3 => 120,
        () if stem.len() <= 2 => 100,
        () => 0,
    }
}

/// The mark of a place among a type's own features, in the order system, programs, user profile, temp, downloads, share, unusual.
fn mark_place<F: Into<usize>>(traits: &mut Traits, place: Place, features: [Option<F>; 7]) {
    let at = match place {
        Place::System => 0,
        Place::Programs => 1,
        Place::UserProfile => 2,
        Place::Temp => 3,
        Place::Downloads => 4,
        Place::Share => 5,
        Place::Unusual => 6,
        Place::Other => return,
    };
    if let Some(feature) = features.into_iter().nth(at).flatten() {
        traits.mark(feature);
    }
}

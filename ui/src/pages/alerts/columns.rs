//! Which columns the list has. Until someone chooses, the width of the window decides; the choice is in the address, and kept
//! for the next time.

use crate::{
    components::{Disclosure, Glyph, Icon},
    state::preferences::{store, stored},
    url::{Query, use_address},
};
use leptos::prelude::*;

const KEY: &str = "cols";
const KEPT: &str = "alert-columns";
/// From here the wide columns have room: the same as in table.css.
const WIDE_PX: f64 = 1_700.0;
const FIXED: &str = "14px 12px 12px minmax(0, 1fr)";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Technique,
    Host,
    User,
    By,
    Seen,
    Age,
    Owner,
}

struct Place {
    column: Column,
    key: &'static str,
    label: &'static str,
    track: &'static str,
}

const fn place(column: Column, key: &'static str, label: &'static str, track: &'static str) -> Place {
    Place {
        column,
        key,
        label,
        track,
    }
}

/// In the order of the list.
const PLACES: [Place; 7] = [
    place(Column::Technique, "technique", "Technique", "minmax(88px, 236px)"),
    place(Column::Host, "host", "Host", "112px"),
    place(Column::User, "user", "User", "84px"),
    place(Column::By, "by", "Found by", "34px"),
    place(Column::Seen, "seen", "Times seen", "40px"),
    place(Column::Age, "age", "Age", "40px"),
    place(Column::Owner, "owner", "Owner", "44px"),
];
const WIDE: [Column; 2] = [Column::Technique, Column::Owner];
const ALL: u8 = 0b111_1111;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    shown: u8,
    /// Whether a person chose, or the width decides.
    pub chosen: bool,
}

impl Columns {
    fn read(query: &Query) -> Self {
        let kept = || stored(KEPT).filter(|list| !list.is_empty());
        match query.get(KEY).map(str::to_owned).or_else(kept) {
            Some(list) => Self {
                shown: parse(&list),
                chosen: true,
            },
            None => Self {
                shown: ALL,
                chosen: false,
            },
        }
    }
    pub const fn shows(self, column: Column) -> bool {
        self.shown & bit(column) != 0
    }
    /// What one sees: of the wide columns only as many as the window has room for.
    fn in_sight(self, wide: bool) -> u8 {
        let hidden = |column: &Column| !self.chosen && !wide && WIDE.contains(column);
        PLACES
            .iter()
            .filter(|p| self.shows(p.column) && !hidden(&p.column))
            .fold(0, |shown, p| shown | bit(p.column))
    }
    /// For `grid-template-columns`; nothing while the style sheet decides.
    pub fn tracks(self) -> Option<String> {
        let tracks = PLACES.iter().filter(|p| self.shows(p.column)).map(|p| p.track);
        self.chosen
            .then(|| std::iter::once(FIXED).chain(tracks).collect::<Vec<_>>().join(" "))
    }
}

const fn bit(column: Column) -> u8 {
    1 << column as u8
}

fn parse(list: &str) -> u8 {
    let named = |key: &str| PLACES.iter().find(|p| p.key == key);
    list.split(',')
        .filter_map(named)
        .fold(0, |shown, p| shown | bit(p.column))
}

/// `none` for a list of titles alone: an empty value would be no choice.
fn write(shown: u8) -> String {
    let keys = PLACES.iter().filter(|p| shown & bit(p.column) != 0).map(|p| p.key);
    let list = keys.collect::<Vec<_>>().join(",");
    if list.is_empty() { "none".to_owned() } else { list }
}

pub fn use_columns() -> Memo<Columns> {
    let query = use_address().query;
    Memo::new(move |_| query.with(Columns::read))
}

#[component]
pub fn ColumnChoice(columns: Memo<Columns>) -> impl IntoView {
    let address = use_address();
    let shown = move || {
        let width = window().inner_width().ok().and_then(|w| w.as_f64());
        columns.get().in_sight(width.is_none_or(|w| w >= WIDE_PX))
    };
    let set = move |list: Option<String>| {
        store(KEPT, list.as_deref().unwrap_or_default());
        address.change(|q| q.set(KEY, list));
    };
    let line = move |place: &'static Place| {
        let on = Memo::new(move |_| shown() & bit(place.column) != 0);
        view! {
            <li>
                <button type="button" role="checkbox" aria-checked=move || on.get().to_string()
                    on:click=move |_| set(Some(write(untrack(shown) ^ bit(place.column))))>
                    <span class="check" class:on=on>{move || on.get().then(|| view! { <Icon glyph=Glyph::Check /> })}</span>
                    <span>{place.label}</span>
                </button>
            </li>
        }
    };
    view! {
        <Disclosure label="Columns" glyph=Glyph::Columns narrow=true>
            <ul>{PLACES.iter().map(line).collect_view()}</ul>
            <Show when=move || columns.get().chosen>
                <button type="button" on:click=move |_| set(None)>"As wide as the window allows"</button>
            </Show>
        </Disclosure>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_reads_as_it_was_written() {
        for shown in 0..=ALL {
            assert_eq!(parse(&write(shown)), shown);
        }
        assert_eq!(parse("host,no-such-column,age"), bit(Column::Host) | bit(Column::Age));
    }

    #[test]
    fn every_column_in_sight_has_its_track() {
        let chosen = Columns {
            shown: parse("host,age"),
            chosen: true,
        };
        assert_eq!(
            chosen.tracks().as_deref(),
            Some("14px 12px 12px minmax(0, 1fr) 112px 40px")
        );
        let default = Columns {
            shown: ALL,
            chosen: false,
        };
        assert_eq!(default.tracks(), None);
        assert_eq!(write(default.in_sight(false)), "host,user,by,seen,age");
        assert_eq!(default.in_sight(true), ALL);
    }
}

//! What kind of value each field holds: for typing queries, indexing, and completion.

mod table;

use watchfloor_shared::search::FieldKind;

/// A known field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    pub description: &'static str,
}

/// Folders whose fields keep the source's own names; everything in them is a keyword.
pub const KEYWORD_FOLDERS: [&str; 5] = [
    "winlog.event_data.",
    "winlog.user_data.",
    "auditd.",
    "cef.extensions.",
    "leef.",
];

/// All known fields, sorted by name.
pub fn fields() -> &'static [Field] {
    table::FIELDS
}

pub fn field(name: &str) -> Option<&'static Field> {
    let at = table::FIELDS.binary_search_by(|field| field.name.cmp(name)).ok()?;
    table::FIELDS.get(at)
}

/// The kind of a field's values; `None` for a field that is not known, whose values are taken as they come.
pub fn kind(name: &str) -> Option<FieldKind> {
    if KEYWORD_FOLDERS.iter().any(|folder| name.starts_with(folder)) {
        return Some(FieldKind::Keyword);
    }
    field(name).map(|field| field.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_field_is_found() {
        assert!(fields().is_sorted_by(|a, b| a.name < b.name));
        assert!(fields().len() >= 150);
        for known in fields() {
            assert_eq!(field(known.name), Some(known));
        }
    }

    #[test]
    fn the_sources_own_names_are_keywords_and_strangers_are_unknown() {
        assert_eq!(kind("winlog.event_data.GrantedAccess"), Some(FieldKind::Keyword));
        assert_eq!(kind("destination.ip"), Some(FieldKind::Ip));
        assert_eq!(kind("no.such.field"), None);
    }
}

//! A counted technique: the server labels it with its id and its name, which stand apart on the screen.

use watchfloor_shared::alert::FacetCount;

/// Empty when only the id is known.
pub fn name(technique: &FacetCount) -> &str {
    let label = technique.label.as_str();
    label.strip_prefix(&technique.value).unwrap_or(label).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_not_said_twice() {
        for (label, said) in [
            ("T1003.001 LSASS Memory", "LSASS Memory"),
            ("T1003.001", ""),
            ("LSASS Memory", "LSASS Memory"),
        ] {
            let technique = FacetCount {
                value: "T1003.001".to_owned(),
                label: label.to_owned(),
                count: 1,
                oldest_open: None,
            };
            assert_eq!(name(&technique), said);
        }
    }
}

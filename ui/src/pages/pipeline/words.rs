//! The pipeline's own names in the words of the people who look at it.

use crate::words::capital;

/// Why a record was left out. A code that is not known here is shown as its words.
pub fn reason(code: &str) -> String {
    let words = match code {
        "event.duplicate" => "already there",
        "rule.no_match" => "no rule matched",
        "alert.folded" => "folded into an open alert",
        "alert.already_recorded" => "already recorded",
        "record.joined" => "part of another record's event",
        "model.none" => "no model for its platform",
        "record.score" => "a model's score",
        "record.detection" => "a detection, not an event",
        "daemon.routine" => "a daemon's routine",
        "record.repeated" => "counted in another alert",
        _ => return code.replace(['_', '.'], " "),
    };
    words.to_owned()
}

/// Where a stage writes: a topic by its name, a store (in angle brackets) by what it holds.
pub fn output(name: &str) -> String {
    let Some(store) = name.strip_prefix('<').and_then(|name| name.strip_suffix('>')) else {
        return name.to_owned();
    };
    match store {
        "search" => "Search index".to_owned(),
        _ => capital(store),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_and_unknown_reasons_are_readable() {
        assert_eq!(output("<search>"), "Search index");
        assert_eq!(output("<alerts>"), "Alerts");
        assert_eq!(output("logster-alerts"), "logster-alerts");
        assert_eq!(reason("event.too_old"), "event too old");
    }
}

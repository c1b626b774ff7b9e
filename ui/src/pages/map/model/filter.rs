//! Which flows are shown; it lives in the address. An empty list asks for nothing.

use crate::url::Query;
use watchfloor_shared::{
    alert::Severity,
    map::{MapEnd, MapFlow},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Severity,
    Site,
    Rule,
    Country,
    Protocol,
}

impl Field {
    pub const ALL: [Field; 5] = [
        Field::Severity,
        Field::Site,
        Field::Rule,
        Field::Country,
        Field::Protocol,
    ];

    /// In the address and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Severity => "severity",
            Field::Site => "site",
            Field::Rule => "rule",
            Field::Country => "country",
            Field::Protocol => "protocol",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Field::Severity => "Severity",
            Field::Site => "Site",
            Field::Rule => "Rule",
            Field::Country => "Country",
            Field::Protocol => "Protocol",
        }
    }

    /// What a flow has there: none, one, or one for each end.
    pub fn of(self, flow: &MapFlow) -> Vec<&str> {
        let ends = [&flow.source, &flow.destination];
        let places = ends.into_iter().filter_map(|end: &MapEnd| end.place.as_ref());
        let mut values: Vec<&str> = match self {
            Field::Severity => vec![flow.severity.as_str()],
            Field::Rule => vec![flow.rule.as_str()],
            Field::Protocol => flow.protocol.as_deref().into_iter().collect(),
            Field::Site => places
                .filter(|place| place.is_site)
                .map(|place| place.name.as_str())
                .collect(),
            Field::Country => places.filter_map(|place| place.country.as_deref()).collect(),
        };
        values.dedup();
        values
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter([Vec<String>; 5]);

impl Filter {
    pub fn read(query: &Query) -> Self {
        Self(Field::ALL.map(|field| query.list(field.name()).iter().map(|value| unescaped(value)).collect()))
    }

    pub fn chosen(&self, field: Field) -> &[String] {
        &self.0[field as usize]
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    pub fn takes(&self, flow: &MapFlow) -> bool {
        Field::ALL.into_iter().all(|field| {
            let chosen = self.chosen(field);
            chosen.is_empty() || field.of(flow).iter().any(|value| chosen.iter().any(|one| one == value))
        })
    }

    /// Severities in words: `all`, `high, critical`.
    pub fn severities(&self) -> String {
        let chosen = self.chosen(Field::Severity);
        let known: Vec<&str> = Severity::ALL
            .into_iter()
            .map(Severity::as_str)
            .filter(|name| chosen.iter().any(|one| one == name))
            .collect();
        match known.is_empty() {
            true => "all".to_owned(),
            false => known.join(", "),
        }
    }
}

/// Adds a value to the list of a field in the address, or takes it out.
pub fn toggle(query: &mut Query, field: Field, value: &str) {
    query.toggle(field.name(), &escaped(value));
}

pub fn clear(query: &mut Query) {
    for field in Field::ALL {
        query.set(field.name(), None);
    }
}

/// Lists are separated by commas; the title of a rule may have one.
fn escaped(value: &str) -> String {
    value.replace('%', "%25").replace(',', "%2C")
}

fn unescaped(value: &str) -> String {
    value.replace("%2C", ",").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::super::held::tests::flow;
    use super::*;

    #[test]
    fn each_field_narrows_and_values_of_one_field_widen() {
        let flow = flow(1, Severity::High);
        for (address, taken) in [
            ("", true),
            ("?severity=high", true),
            ("?severity=low,high", true),
            ("?severity=low", false),
            ("?country=AR", true),
            ("?country=DE", true),
            ("?country=FR", false),
            ("?site=Hamburg", true),
            ("?site=Buenos%20Aires", false),
            ("?protocol=udp", false),
            ("?severity=high&protocol=tcp&rule=C2%20beacon", true),
            ("?severity=high&protocol=udp", false),
        ] {
            assert_eq!(Filter::read(&Query::parse(address)).takes(&flow), taken, "{address}");
        }
    }

    #[test]
    fn a_comma_in_a_title_is_no_separator() {
        let title = "Port scan, 1 to 1,024 (50%)";
        let mut query = Query::default();
        toggle(&mut query, Field::Rule, title);
        toggle(&mut query, Field::Rule, "Other");
        let again = Filter::read(&Query::parse(&query.to_string()));
        assert_eq!(again.chosen(Field::Rule), [title, "Other"]);
        toggle(&mut query, Field::Rule, title);
        clear(&mut query);
        assert!(Filter::read(&query).is_empty());
    }

    #[test]
    fn severities_are_words() {
        assert_eq!(Filter::default().severities(), "all");
        assert_eq!(
            Filter::read(&Query::parse("?severity=critical,low,odd")).severities(),
            "low, critical"
        );
    }
}

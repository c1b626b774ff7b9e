//! Sentences of the map. They say what is not on it, too.

use super::{Mode, top::end_name};
use watchfloor_shared::map::{MapEnd, MapFlow};

/// `212 of 231 events have a place, 19 do not.`
pub fn placed((placed, all): (u64, u64), count: impl Fn(u64) -> String) -> String {
    match all - placed.min(all) {
        _ if all == 0 => String::new(),
        0 => format!("All {} have a place.", count(all)),
        1 => format!("{} of {} have a place, 1 does not.", count(placed), count(all)),
        rest => format!(
            "{} of {} have a place, {} do not.",
            count(placed),
            count(all),
            count(rest)
        ),
    }
}

pub const fn legend(mode: Mode) -> &'static str {
    match mode {
        Mode::Arcs => "Width is count in 60 s.",
        Mode::Density => "Area is count in 60 s, by source; a country is brighter the more come from it.",
    }
}

/// `203.0.113.71 AR → ws-0417`
pub fn way(flow: &MapFlow) -> String {
    let side = |end: &MapEnd, with_country: bool| {
        let name = end_name(end).unwrap_or_else(|| "unknown".to_owned());
        let country = end.place.as_ref().filter(|place| with_country && !place.is_site);
        match country.and_then(|place| place.country.as_deref()) {
            Some(code) => format!("{name} {code}"),
            None => name,
        }
    };
    if flow.is_group {
        return "many sources and targets".to_owned();
    }
    format!("{} → {}", side(&flow.source, true), side(&flow.destination, true))
}

/// `Buenos Aires, AS64511 Example Carrier`
pub fn whereabouts(end: &MapEnd) -> String {
    let place = end.place.as_ref().map(|place| place.name.clone());
    let network = end.asn.map(|asn| {
        let name = end.organization.as_deref().unwrap_or_default();
        format!("AS{asn} {name}").trim_end().to_owned()
    });
    let known: Vec<String> = place.into_iter().chain(network).collect();
    match known.is_empty() {
        true => "place not known".to_owned(),
        false => known.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::super::held::tests::flow;
    use super::*;
    use watchfloor_shared::alert::Severity;

    #[test]
    fn what_is_not_on_the_map_is_said() {
        for (counts, words) in [
            ((212, 231), "212 of 231 have a place, 19 do not."),
            ((1, 2), "1 of 2 have a place, 1 does not."),
            ((7, 7), "All 7 have a place."),
            ((0, 0), ""),
        ] {
            assert_eq!(placed(counts, |n| n.to_string()), words);
        }
    }

    #[test]
    fn a_way_has_two_ends_and_the_country_of_what_is_not_ours() {
        let mut flow = flow(71, Severity::High);
        assert_eq!(way(&flow), "203.0.113.71 AR → ws-0417");
        assert_eq!(whereabouts(&flow.source), "Buenos Aires, AS64511");
        flow.source = MapEnd::default();
        assert_eq!(way(&flow), "unknown → ws-0417");
        assert_eq!(whereabouts(&flow.source), "place not known");
        flow.is_group = true;
        assert_eq!(way(&flow), "many sources and targets");
    }
}

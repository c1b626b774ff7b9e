//! What stands on the map at one moment: arcs of the last minute, marks at their ends, sites, and how dense it is where.

use super::{
    MapEnd, MapFlow, MapPlace,
    plane::{Point, mercator, shorter, spot},
    sum::FlowSum,
};
use crate::{Timestamp, alert::Severity};
use std::collections::BTreeMap;

pub const ARCS_MAX: usize = 5_000;
/// An arc stays so long after its last event.
pub const ARC_MS: i64 = 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Arcs,
    Density,
}

/// Colour and dashes: how bad, or that it is not real.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    pub severity: Severity,
    pub simulated: bool,
}

impl Tone {
    const fn of(flow: &MapFlow) -> Self {
        Self {
            severity: flow.severity,
            simulated: flow.simulated,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Arc {
    pub flow: u64,
    pub from: Point,
    /// By the shorter way, maybe beyond the edge.
    pub to: Point,
    pub tone: Tone,
    pub width_px: f32,
    /// 0 to 1: it pales as it ages.
    pub strength: f32,
}

/// Events on their way.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    pub from: Point,
    pub to: Point,
    pub tone: Tone,
    pub width_px: f32,
}

impl Shot {
    pub fn larger(&self, size: f32) -> Self {
        Self {
            width_px: self.width_px * size,
            ..self.clone()
        }
    }
}

/// The severity's shape where arcs begin that do not begin at a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub at: Point,
    pub tone: Tone,
    /// Its newest flow.
    pub flow: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    pub at: Point,
    pub name: String,
    pub longitude: f64,
    pub latitude: f64,
}

/// Events from one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub at: Point,
    pub tone: Tone,
    pub count: u64,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    pub mode: Mode,
    pub arcs: Vec<Arc>,
    pub marks: Vec<Mark>,
    pub sites: Vec<Site>,
    pub cells: Vec<Cell>,
    /// Events by country of their source; only in density.
    pub countries: Vec<(String, u64)>,
    /// The flow that is pointed at or chosen.
    pub lit: Option<u64>,
    /// Events with both ends on the map, and all.
    pub placed: (u64, u64),
}

fn point(place: &MapPlace) -> Point {
    mercator(place.longitude, place.latitude)
}

/// `None` where an end has no place, or both have the same.
fn ends(flow: &MapFlow) -> Option<(Point, Point)> {
    let (from, to) = (flow.source.place.as_ref()?, flow.destination.place.as_ref()?);
    let is_here = spot(from.longitude, from.latitude) == spot(to.longitude, to.latitude);
    (!is_here).then(|| (point(from), shorter(point(from), point(to))))
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "pixels")]
fn width_px(count: u64) -> f32 {
    (1.1 + 0.55 * (count.max(1) as f64).log10()).min(3.4) as f32
}

/// How one batch of events of a flow flies.
pub fn shot(flow: &MapFlow, count: u64) -> Option<Shot> {
    let (from, to) = ends(flow)?;
    Some(Shot {
        from,
        to,
        tone: Tone::of(flow),
        width_px: width_px(count) + 1.3,
    })
}

/// `sums` are those of the last minute before `at`, the latest first.
pub fn scene(sums: &[FlowSum], sites: &[MapPlace], at: Timestamp, mode: Mode, lit: Option<u64>) -> Scene {
    let mut scene = Scene {
        mode,
        lit,
        ..Scene::default()
    };
    let mut named: BTreeMap<(i32, i32), Site> = sites.iter().map(site).collect();
    let mut marks: BTreeMap<(i32, i32), Mark> = BTreeMap::new();
    for sum in sums {
        let flow = &sum.flow;
        let places = [&flow.source, &flow.destination].map(|end| end.place.as_ref());
        scene.placed.1 += sum.count;
        scene.placed.0 += if places.iter().all(Option::is_some) {
            sum.count
        } else {
            0
        };
        for place in places.into_iter().flatten() {
            match place.is_site {
                true => drop(
                    named
                        .entry(spot(place.longitude, place.latitude))
                        .or_insert_with(|| site(place).1),
                ),
                false => mark(&mut marks, place, flow),
            }
        }
        if scene.arcs.len() < ARCS_MAX
            && let Some((from, to)) = ends(flow)
        {
            scene.arcs.push(Arc {
                flow: flow.id,
                from,
                to,
                tone: Tone::of(flow),
                width_px: width_px(sum.count),
                strength: strength(sum, at, lit),
            });
        }
    }
    let paler = crowd(scene.arcs.len());
    for arc in scene.arcs.iter_mut().filter(|arc| Some(arc.flow) != lit) {
        arc.strength *= paler;
    }
    // What is worse lies above.
    scene.arcs.sort_by_key(|arc| (Some(arc.flow) == lit, arc.tone.severity));
    scene.marks = marks.into_values().collect();
    scene.marks.sort_by_key(|mark| mark.tone.severity);
    scene.sites = named.into_values().collect();
    if mode == Mode::Density {
        (scene.cells, scene.countries) = density(sums);
    }
    scene
}

fn site(place: &MapPlace) -> ((i32, i32), Site) {
    let site = Site {
        at: point(place),
        name: place.name.clone(),
        longitude: place.longitude,
        latitude: place.latitude,
    };
    (spot(place.longitude, place.latitude), site)
}

/// The newest flow names the place, the worst colours it.
fn mark(marks: &mut BTreeMap<(i32, i32), Mark>, place: &MapPlace, flow: &MapFlow) {
    let mark = marks
        .entry(spot(place.longitude, place.latitude))
        .or_insert_with(|| Mark {
            at: point(place),
            tone: Tone::of(flow),
            flow: flow.id,
        });
    mark.tone = worse(mark.tone, flow);
}

/// What is real stands above what is simulated.
fn worse(tone: Tone, flow: &MapFlow) -> Tone {
    Tone {
        severity: tone.severity.max(flow.severity),
        simulated: tone.simulated && flow.simulated,
    }
}

/// Many arcs are paler each, so that what is below and what flies above stays to be seen.
#[expect(clippy::cast_precision_loss, reason = "a share")]
fn crowd(arcs: usize) -> f32 {
    (120.0 / arcs.max(1) as f32).sqrt().clamp(0.2, 1.0)
}

#[expect(clippy::cast_precision_loss, reason = "an age within a minute")]
fn strength(sum: &FlowSum, at: Timestamp, lit: Option<u64>) -> f32 {
    if lit == Some(sum.flow.id) {
        return 1.0;
    }
    let age = (at.millis() - sum.last.millis()).clamp(0, ARC_MS) as f32 / 1_000.0;
    let fresh = if sum.flow.severity == Severity::Low { 0.5 } else { 0.7 };
    fresh - 0.4 * (age / 60.0)
}

fn density(sums: &[FlowSum]) -> (Vec<Cell>, Vec<(String, u64)>) {
    let mut cells: BTreeMap<(i32, i32), Cell> = BTreeMap::new();
    let mut countries: BTreeMap<&str, u64> = BTreeMap::new();
    for sum in sums {
        for place in outside(&sum.flow).into_iter().filter_map(|end| end.place.as_ref()) {
            let cell = cells
                .entry(spot(place.longitude, place.latitude))
                .or_insert_with(|| Cell {
                    at: point(place),
                    tone: Tone::of(&sum.flow),
                    count: 0,
                });
            cell.count += sum.count;
            cell.tone = worse(cell.tone, &sum.flow);
            if let Some(country) = place.country.as_deref() {
                *countries.entry(country).or_default() += sum.count;
            }
        }
    }
    let countries = countries.into_iter().map(|(code, count)| (code.to_owned(), count));
    (cells.into_values().collect(), countries.collect())
}

/// The ends of a flow that are not the organization's own.
fn outside(flow: &MapFlow) -> impl IntoIterator<Item = &MapEnd> {
    let is_own = |end: &&MapEnd| end.place.as_ref().is_some_and(|place| place.is_site);
    [&flow.source, &flow.destination]
        .into_iter()
        .filter(move |end| !is_own(end))
}

#[cfg(test)]
mod tests {
    use super::super::sum::tests::{at, flow, place, summed as sums};
    use super::*;

    #[test]
    fn what_has_no_place_is_counted_and_not_drawn() {
        let mut lost = flow(2, Severity::High);
        lost.source.place = None;
        let scene = scene(
            &sums(vec![flow(1, Severity::Low), lost]),
            &[],
            at(2_000),
            Mode::Arcs,
            None,
        );
        assert_eq!(scene.placed, (10, 20));
        assert_eq!(scene.arcs.len(), 1);
        assert_eq!(
            scene.sites.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
            ["Hamburg"]
        );
    }

    #[test]
    fn one_place_is_one_mark_with_the_worst_of_it() {
        let mut simulated = flow(3, Severity::Low);
        simulated.simulated = true;
        let flows = vec![flow(1, Severity::Low), flow(2, Severity::Critical), simulated];
        let scene = scene(&sums(flows), &[], at(2_000), Mode::Density, Some(1));
        assert_eq!(scene.marks.len(), 1);
        assert_eq!(
            scene.marks[0].tone,
            Tone {
                severity: Severity::Critical,
                simulated: false
            }
        );
        assert_eq!(scene.countries, [("AR".to_owned(), 30)]);
        assert_eq!(scene.cells[0].count, 30);
        let above = scene.arcs.last().unwrap();
        assert_eq!(
            (above.flow, above.strength),
            (1, 1.0),
            "the one that is pointed at lies above all"
        );
    }

    #[test]
    fn within_one_place_nothing_flies() {
        let mut here = flow(1, Severity::Low);
        here.source.place = Some(place("Hamburg", 10.0, 53.5, "DE", true));
        assert_eq!(shot(&here, 1), None);
        assert!(shot(&flow(2, Severity::Low), 1).is_some());
    }

    #[test]
    fn more_events_are_wider_and_older_ones_paler() {
        assert!(width_px(1_000) > width_px(10) && width_px(u64::MAX) < 4.0);
        let sum = |last| FlowSum {
            flow: std::sync::Arc::new(flow(1, Severity::High)),
            count: 1,
            first: at(0),
            last: at(last),
        };
        assert!(strength(&sum(60_000), at(60_000), None) > strength(&sum(0), at(60_000), None));
        assert!(strength(&sum(0), at(500_000), None) > 0.0);
    }
}

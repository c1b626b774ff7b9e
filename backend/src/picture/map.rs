//! The threat map: what the console's map shows of the last half hour, with its counts and who is seen most.

use super::{
    MARGIN, NotBuilt, SHEET,
    look::{Look, Theme},
    svg::{Anchor, Face, Svg, Text, cut},
    world::world,
};
use std::{fmt::Write as _, sync::Arc};
use watchfloor_shared::{
    Timestamp,
    alert::Severity,
    identity::Credit,
    map::{
        KEPT_MS, MapFlow, MapSnapshot,
        plane::{self, Point},
        scene::{self, Mode, Scene, Tone},
        sum::{self, FlowSum},
        top::{Ranked, top},
    },
    sign,
};

const HEAD: f64 = 96.0;
/// Of the plane, what lies between these shares of its height: without the poles.
const NORTH: f64 = 0.14;
const SOUTH: f64 = 0.70;
const LISTS: f64 = 190.0;
const LISTED: usize = 5;
const FOOT: f64 = 40.0;
/// Of a monospaced letter, as a share of its size.
const MONO_WIDTH: f64 = 0.6;

/// What is drawn.
pub struct Threats<'a> {
    /// Whose it is.
    pub organization: &'a str,
    pub snapshot: &'a MapSnapshot,
    /// Whose the places are.
    pub credits: &'a [Credit],
    pub theme: Theme,
}

struct Sheet<'a> {
    svg: Svg,
    look: &'a Look,
}

/// The map as SVG.
pub fn threats(what: &Threats<'_>) -> Result<String, NotBuilt> {
    let snapshot = what.snapshot;
    let sums = sums(snapshot);
    let scene = scene::scene(&sums, &snapshot.sites, snapshot.now, Mode::Arcs, None);
    let map_height = SHEET * (SOUTH - NORTH);
    let height = HEAD + map_height + LISTS + FOOT;
    let mut sheet = Sheet {
        svg: Svg::new(SHEET, height, &format!("Threat map of {}", what.organization)),
        look: Look::of_theme(what.theme),
    };
    sheet.svg.rect((0.0, 0.0), (SHEET, height), sheet.look.page);
    sheet.head(what, &sums);
    sheet.svg.clip("map", (0.0, HEAD), (SHEET, map_height));
    sheet.svg.rect((0.0, HEAD), (SHEET, map_height), sheet.look.sea);
    sheet.world()?;
    sheet.arcs(&scene);
    sheet.marks(&scene);
    sheet.svg.close();
    sheet.lists(&sums, HEAD + map_height);
    sheet.foot(what, &scene, height);
    Ok(sheet.svg.finish())
}

fn sums(snapshot: &MapSnapshot) -> Vec<FlowSum> {
    let flows: std::collections::HashMap<u64, Arc<MapFlow>> = snapshot
        .flows
        .iter()
        .map(|flow| (flow.id, Arc::new(flow.clone())))
        .collect();
    let hits = snapshot.hits.iter();
    sum::sums(hits.filter_map(|hit| Some((hit, flows.get(&hit.flow)?))), |_| true)
}

/// On the sheet.
fn on(at: Point) -> (f64, f64) {
    (f64::from(at[0]) * SHEET, HEAD + (f64::from(at[1]) - NORTH) * SHEET)
}

fn trace(lines: &[Vec<Point>], is_closed: bool) -> String {
    let mut d = String::new();
    for line in lines {
        for (i, at) in line.iter().enumerate() {
            let (x, y) = on(*at);
            let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
        if is_closed {
            d.push('Z');
        }
    }
    d
}

impl Sheet<'_> {
    fn colour(&self, tone: Tone) -> &'static str {
        match tone.simulated {
            true => self.look.simulated,
            false => self.look.severity(tone.severity),
        }
    }

    fn say(&mut self, at: (f64, f64), size: f64, face: Face, anchor: Anchor, colour: &str, text: &str) {
        let how = Text {
            at,
            size,
            face,
            anchor,
            colour,
        };
        self.svg.text(&how, text);
    }

    /// Whose and when at the left, how many and how bad at the right.
    fn head(&mut self, what: &Threats<'_>, sums: &[FlowSum]) {
        let look = self.look;
        let title = format!("Threat map, {}", cut(what.organization, 60));
        self.say((MARGIN, 44.0), 28.0, Face::Strong, Anchor::Start, look.strong, &title);
        let since = what
            .snapshot
            .since
            .max(Timestamp::from_millis(what.snapshot.now.millis() - KEPT_MS));
        let time = format!("{} to {} UTC", minute(since), clock(what.snapshot.now));
        self.say((MARGIN, 74.0), 16.0, Face::Mono, Anchor::Start, look.text, &time);
        let counts = sum::by_severity(sums);
        let mut right = SHEET - MARGIN;
        for severity in Severity::ALL {
            let count = grouped(counts[severity as usize]);
            self.say((right, 44.0), 28.0, Face::Mono, Anchor::End, look.strong, &count);
            self.say(
                (right, 74.0),
                16.0,
                Face::Sans,
                Anchor::End,
                look.text,
                sign::word(severity),
            );
            #[allow(clippy::cast_precision_loss, reason = "a few letters")]
            let width = (count.len() as f64 * 28.0 * MONO_WIDTH).max(90.0);
            self.svg
                .sign((right - width - 24.0, 26.0), 18.0, severity, look.severity(severity));
            right -= width + 60.0;
        }
    }

    fn world(&mut self) -> Result<(), NotBuilt> {
        let (world, look) = (world()?, self.look);
        let land = format!(r#"fill="{}""#, look.land);
        self.svg.path(&trace(&world.land, true), &land);
        for (lines, width, strength) in [(&world.borders, 0.6, 0.55), (&world.coasts, 0.8, 1.0)] {
            let how = format!(
                r#"fill="none" stroke="{}" stroke-width="{width}" stroke-opacity="{strength}""#,
                look.coast
            );
            self.svg.path(&trace(lines, false), &how);
        }
        Ok(())
    }

    fn arcs(&mut self, scene: &Scene) {
        self.svg.open(r#"fill="none" stroke-linecap="round""#);
        for arc in &scene.arcs {
            let dashes = if arc.tone.simulated {
                r#" stroke-dasharray="5 4""#
            } else {
                ""
            };
            let how = format!(
                r#"stroke="{}" stroke-width="{:.1}" stroke-opacity="{:.2}"{dashes}"#,
                self.colour(arc.tone),
                arc.width_px,
                arc.strength
            );
            for turn in std::iter::once(0.0).chain(plane::second_turn(arc.to)) {
                let [from, pull, to] =
                    [arc.from, plane::control(arc.from, arc.to), arc.to].map(|at| on([at[0] + turn, at[1]]));
                let d = format!(
                    "M{:.1} {:.1}Q{:.1} {:.1} {:.1} {:.1}",
                    from.0, from.1, pull.0, pull.1, to.0, to.1
                );
                self.svg.path(&d, &how);
            }
        }
        self.svg.close();
    }

    fn marks(&mut self, scene: &Scene) {
        const SIZE: f64 = 11.0;
        const HALF: f64 = 5.0;
        for mark in &scene.marks {
            let (x, y) = on(mark.at);
            let colour = self.colour(mark.tone);
            self.svg
                .sign((x - SIZE / 2.0, y - SIZE / 2.0), SIZE, mark.tone.severity, colour);
        }
        let look = self.look;
        for site in &scene.sites {
            let (x, y) = on(site.at);
            let how = format!(r#"fill="{}" stroke="{}" stroke-width="1.5""#, look.sea, look.strong);
            let d = format!(
                "M{:.1} {:.1}h{}v{}h-{}Z",
                x - HALF,
                y - HALF,
                HALF * 2.0,
                HALF * 2.0,
                HALF * 2.0
            );
            self.svg.path(&d, &how);
            // A site at the right edge is named to its left.
            let (at, anchor) = match x > SHEET - 160.0 {
                true => (x - 10.0, Anchor::End),
                false => (x + 10.0, Anchor::Start),
            };
            self.say(
                (at, y + 5.0),
                14.0,
                Face::Mono,
                anchor,
                look.strong,
                &cut(&site.name, 24),
            );
        }
    }

    fn lists(&mut self, sums: &[FlowSum], y: f64) {
        let look = self.look;
        let column = (SHEET - 2.0 * MARGIN) / 4.0;
        self.svg.rect((0.0, y), (SHEET, LISTS), look.panel);
        for (ranked, i) in Ranked::ALL.into_iter().zip(0_u32..) {
            let x = MARGIN + column * f64::from(i);
            let right = x + column - MARGIN;
            self.say(
                (x, y + 34.0),
                16.0,
                Face::Strong,
                Anchor::Start,
                look.strong,
                ranked.title(),
            );
            let (entries, all) = top(ranked, sums, LISTED);
            if entries.is_empty() {
                self.say((x, y + 62.0), 15.0, Face::Sans, Anchor::Start, look.quiet, "None");
            }
            for (entry, row) in entries.iter().zip(0_u32..) {
                let line = y + 62.0 + 24.0 * f64::from(row);
                let name = format!("{} {}", entry.name, entry.aside);
                self.say(
                    (x, line),
                    15.0,
                    Face::Mono,
                    Anchor::Start,
                    look.text,
                    &cut(name.trim(), 26),
                );
                self.say(
                    (right, line),
                    15.0,
                    Face::Mono,
                    Anchor::End,
                    look.strong,
                    &grouped(entry.count),
                );
            }
            if all > LISTED {
                let rest = format!("{LISTED} of {all}");
                self.say((right, y + 34.0), 14.0, Face::Sans, Anchor::End, look.quiet, &rest);
            }
        }
    }

    /// What is not on the picture, and whose the outlines and places are.
    fn foot(&mut self, what: &Threats<'_>, scene: &Scene, height: f64) {
        let look = self.look;
        let (placed, all) = scene.placed;
        let mut said = match all {
            0 => "Nothing was seen in this time.".to_owned(),
            _ => format!("{} of {} events have a place.", grouped(placed), grouped(all)),
        };
        if scene.arcs.len() == scene::ARCS_MAX {
            let _ = write!(said, " The newest {} flows are drawn.", grouped(scene::ARCS_MAX as u64));
        }
        if scene.arcs.iter().any(|arc| arc.tone.simulated) {
            said.push_str(" Dashed: simulated.");
        }
        let y = height - 15.0;
        self.say((MARGIN, y), 13.0, Face::Sans, Anchor::Start, look.quiet, &said);
        let mut sources = "Watchfloor. Outlines: Natural Earth.".to_owned();
        for credit in what.credits {
            let _ = write!(sources, " {}.", credit.text.trim_end_matches('.'));
        }
        self.say((SHEET - MARGIN, y), 13.0, Face::Sans, Anchor::End, look.quiet, &sources);
    }
}

/// `2026-11-22 14:54`.
pub fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16)
        .map_or_else(|| text.clone(), |text| text.replace('T', " "))
}

/// `14:54`.
pub fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(11..16).unwrap_or_default().to_owned()
}

/// `12 345`, with a narrow space.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_written_as_people_read_them() {
        let at = Timestamp::from_millis(1_760_000_000_000);
        assert_eq!((minute(at).as_str(), clock(at).as_str()), ("2025-10-09 08:53", "08:53"));
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }
}

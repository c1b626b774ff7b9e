//! SVG as text. What comes from outside is escaped here and nowhere else.

use std::fmt::{Display, Write as _};
use watchfloor_shared::{alert::Severity, sign};

/// Faces as the console has them, with what is to be had where it has not.
const SANS: &str = "IBM Plex Sans, Inter, Segoe UI, Helvetica, Arial, sans-serif";
const MONO: &str = "IBM Plex Mono, Menlo, Consolas, monospace";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Sans,
    Strong,
    Mono,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text: where its base line begins, is centred or ends.
pub struct Text<'a> {
    pub at: (f64, f64),
    pub size: f64,
    pub face: Face,
    pub anchor: Anchor,
    pub colour: &'a str,
}

pub struct Svg {
    text: String,
}

impl Svg {
    /// `width` and `height` in units of the sheet.
    pub fn new(width: f64, height: f64, title: &str) -> Self {
        let mut svg = Self { text: String::new() };
        svg.add(format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">"#
        ));
        svg.add(format_args!("<title>{}</title>", escaped(title)));
        svg
    }

    fn add(&mut self, part: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = self.text.write_fmt(part);
    }

    pub fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str) {
        self.add(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{fill}"/>"#
        ));
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str) {
        self.add(format_args!(
            r#"<path d="M{:.1} {:.1}L{:.1} {:.1}" stroke="{stroke}"/>"#,
            from.0, from.1, to.0, to.1
        ));
    }

    /// `attributes` are this program's own words.
    pub fn path(&mut self, d: &str, attributes: &str) {
        self.add(format_args!(r#"<path d="{d}" {attributes}/>"#));
    }

    pub fn text(&mut self, how: &Text<'_>, text: impl Display) {
        let (family, weight) = match how.face {
            Face::Sans => (SANS, 400),
            Face::Strong => (SANS, 600),
            Face::Mono => (MONO, 400),
        };
        let anchor = match how.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.add(format_args!(
            r#"<text x="{:.1}" y="{:.1}" font-family="{family}" font-weight="{weight}" font-size="{}" text-anchor="{anchor}" fill="{}">{}</text>"#,
            how.at.0,
            how.at.1,
            how.size,
            how.colour,
            escaped(&text.to_string())
        ));
    }

    /// A severity's shape in a box of `size`.
    pub fn sign(&mut self, (x, y): (f64, f64), size: f64, severity: Severity, colour: &str) {
        let scale = size / f64::from(sign::GRID);
        let how =
            format!(r#"fill="{colour}" fill-rule="evenodd" transform="translate({x:.1} {y:.1}) scale({scale:.3})""#);
        self.path(sign::shape(severity), &how);
    }

    /// Opens a group; `attributes` are this program's own words.
    pub fn open(&mut self, attributes: &str) {
        self.add(format_args!("<g {attributes}>"));
    }

    pub fn close(&mut self) {
        self.text.push_str("</g>");
    }

    /// What lies outside of this box is not drawn until the group is closed.
    pub fn clip(&mut self, id: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.add(format_args!(
            r#"<clipPath id="{id}"><rect x="{x}" y="{y}" width="{width}" height="{height}"/></clipPath><g clip-path="url(#{id})">"#
        ));
    }

    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

/// Text within XML. Characters that XML cannot have become a replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

/// At most so many characters.
pub fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_outside_stays_a_name() {
        let mut svg = Svg::new(10.0, 10.0, "</title><script>");
        let how = Text {
            at: (0.0, 0.0),
            size: 10.0,
            face: Face::Sans,
            anchor: Anchor::Start,
            colour: "#000000",
        };
        svg.text(&how, "a<b>&\"\u{0}\u{ffff}");
        let text = svg.finish();
        assert!(!text.contains("<script>") && text.contains("a&lt;b&gt;&amp;&quot;\u{fffd}\u{fffd}"));
        assert!(resvg::usvg::roxmltree::Document::parse(&text).is_ok(), "{text}");
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
    }
}

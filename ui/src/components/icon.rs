//! Icons, drawn on a grid of 16.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    Overview,
    Alerts,
    Hunt,
    Endpoints,
    Rules,
    Pipeline,
    Clock,
    Search,
    Close,
    Plus,
    Check,
    Up,
    Down,
    ChevronDown,
    ChevronRight,
    ChevronLeft,
    Link,
    Copy,
    Export,
    Undo,
    Filter,
    More,
    Fit,
    Person,
    Sun,
    Keyboard,
    Shield,
    Columns,
    Pause,
    Play,
    Settings,
}

impl Glyph {
    const fn drawing(self) -> &'static str {
        match self {
            Glyph::Overview => r#"<path d="M2 9.5h3l2-6 3 9 2-5h2"/>"#,
            Glyph::Alerts => r#"<path d="M8 2 14 8 8 14 2 8Z"/><path d="M8 5.4v3M8 10.4v.1"/>"#,
            Glyph::Hunt => r#"<circle cx="7" cy="7" r="4.3"/><path d="m10.3 10.3 3.4 3.4M7 5v4M5 7h4"/>"#,
            Glyph::Endpoints => r#"<path d="M2.5 3h11v7h-11ZM6 13h4M8 10v3"/>"#,
            Glyph::Rules => r#"<path d="M11.5 3.2H4.3L8.3 8l-4 4.8h7.2"/>"#,
            Glyph::Pipeline => r#"<path d="M2 4h3v3H2ZM2 10h3v3H2ZM11 7h3v3h-3ZM5 5.5h3v6H5M8 8.5h3"/>"#,
            Glyph::Clock => r#"<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.2l2 1.3"/>"#,
            Glyph::Search => r#"<circle cx="7" cy="7" r="4.3"/><path d="m10.3 10.3 3.4 3.4"/>"#,
            Glyph::Close => r#"<path d="m4.5 4.5 7 7M11.5 4.5l-7 7"/>"#,
            Glyph::Plus => r#"<path d="M8 3.5v9M3.5 8h9"/>"#,
            Glyph::Check => r#"<path d="m3.5 8.5 3 3 6-7"/>"#,
            Glyph::Up => r#"<path d="M8 13V3.5M4 7.3 8 3.3l4 4"/>"#,
            Glyph::Down => r#"<path d="M8 3v9.5M4 8.7l4 4 4-4"/>"#,
            Glyph::ChevronDown => r#"<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>"#,
            Glyph::ChevronRight => r#"<path d="m6.5 4.5 3.5 3.5-3.5 3.5"/>"#,
            Glyph::ChevronLeft => r#"<path d="M10 3.5 5.5 8l4.5 4.5"/>"#,
            Glyph::Link => {
                r#"<path d="M7 9a2.8 2.8 0 0 0 4 0l2-2a2.8 2.8 0 0 0-4-4l-.8.8M9 7a2.8 2.8 0 0 0-4 0L3 9a2.8 2.8 0 0 0 4 4l.8-.8"/>"#
            }
            Glyph::Copy => r#"<path d="M5.5 5.5h8v8h-8ZM3 10.5H2.5v-8h8V3"/>"#,
            Glyph::Export => r#"<path d="M8 10V2.5M5 5l3-3 3 3M3 9.5v4h10v-4"/>"#,
            Glyph::Undo => r#"<path d="M6 3.5 3 6.5l3 3M3.5 6.5h6a3.3 3.3 0 0 1 0 6.6H7"/>"#,
            Glyph::Filter => r#"<path d="M2.5 4h11M4.5 8h7M6.5 12h3"/>"#,
            Glyph::More => r#"<path d="M3.5 8h.1M8 8h.1M12.5 8h.1"/>"#,
            Glyph::Fit => r#"<path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"/>"#,
            Glyph::Person => {
                r#"<circle cx="8" cy="5.5" r="2.6"/><path d="M3 13.5c.6-2.600 2.600-4 5-4s4.400 1.400 5 4"/>"#
            }
            Glyph::Sun => {
                r#"<circle cx="8" cy="8" r="3"/><path d="M8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1.100 1.100M11.500 11.500l1.100 1.100M3.400 12.600l1.100-1.100M11.500 4.500l1.100-1.100"/>"#
            }
            Glyph::Keyboard => {
                r#"<path d="M1.500 4h13v8h-13ZM4 6.500h.1M6.700 6.500h.1M9.400 6.500h.1M12 6.500h.1M5 9.500h6"/>"#
            }
            Glyph::Shield => r#"<path d="M8 2.2 13 4v4c0 3-2 5-5 6-3-1-5-3-5-6V4Z"/>"#,
            Glyph::Columns => r#"<path d="M2.5 3h11v10h-11ZM6.2 3v10M9.8 3v10"/>"#,
            Glyph::Pause => r#"<path d="M5.5 3.5v9M10.5 3.5v9"/>"#,
            Glyph::Play => r#"<path d="M5 3.5v9l7-4.5Z"/>"#,
            Glyph::Settings => {
                r#"<path d="M2 5h7M12 5h2M2 11h2M7 11h7"/><circle cx="10.5" cy="5" r="1.5"/><circle cx="5.5" cy="11" r="1.5"/>"#
            }
        }
    }
}

#[component]
pub fn Icon(glyph: Glyph, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "ico ico-12" } else { "ico" };
    view! { <svg class=class aria-hidden="true" viewBox="0 0 16 16" inner_html=glyph.drawing()></svg> }
}

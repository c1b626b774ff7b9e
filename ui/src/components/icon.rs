//! Icons, drawn on a grid of 16.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    Overview,
    Alerts,
    Hunt,
    Endpoints,
    Map,
    Rules,
    Pipeline,
    Sensors,
    Inventory,
    Settings,
    Clock,
    Search,
    Close,
    Plus,
    Check,
    Up,
    ChevronDown,
    ChevronRight,
    ChevronLeft,
    Copy,
    Export,
    Fit,
    Columns,
    Pause,
    Back,
    Play,
}

impl Glyph {
    const fn drawing(self) -> &'static str {
        match self {
            Glyph::Overview => r#"<path d="M2 9.5h3l2-6 3 9 2-5h2"/>"#,
            Glyph::Alerts => r#"<path d="M8 2 14 8 8 14 2 8Z"/><path d="M8 5.4v3M8 10.4v.1"/>"#,
            Glyph::Hunt => r#"<circle cx="7" cy="7" r="4.3"/><path d="m10.3 10.3 3.4 3.4M7 5v4M5 7h4"/>"#,
            Glyph::Endpoints => r#"<path d="M2.5 3h11v7h-11ZM6 13h4M8 10v3"/>"#,
            Glyph::Map => {
                r#"<circle cx="8" cy="8" r="5.7"/><path d="M2.3 8h11.4M8 2.3c3.8 3.4 3.8 8 0 11.4-3.8-3.4-3.8-8 0-11.4"/>"#
            }
            Glyph::Rules => r#"<path d="M11.5 3.2H4.3L8.3 8l-4 4.8h7.2"/>"#,
            Glyph::Pipeline => r#"<path d="M2 4h3v3H2ZM2 10h3v3H2ZM11 7h3v3h-3ZM5 5.5h3v6H5M8 8.5h3"/>"#,
            Glyph::Sensors => {
                r#"<circle cx="8" cy="8" r="1.4"/><path d="M5.2 5.2a4 4 0 0 0 0 5.6M10.8 5.2a4 4 0 0 1 0 5.6M3.2 3.2a6.8 6.8 0 0 0 0 9.6M12.8 3.2a6.8 6.8 0 0 1 0 9.6"/>"#
            }
            Glyph::Inventory => r#"<path d="M3 2.5h10v3H3ZM3 6.5h10v3H3ZM3 10.5h10v3H3ZM5 4h1M5 8h1M5 12h1"/>"#,
            Glyph::Settings => {
                r#"<path d="M2 4.5h7M13 4.5h1M2 11.5h1M7 11.5h7"/><circle cx="11" cy="4.5" r="1.8"/><circle cx="5" cy="11.5" r="1.8"/>"#
            }
            Glyph::Clock => r#"<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.2l2 1.3"/>"#,
            Glyph::Search => r#"<circle cx="7" cy="7" r="4.3"/><path d="m10.3 10.3 3.4 3.4"/>"#,
            Glyph::Close => r#"<path d="m4.5 4.5 7 7M11.5 4.5l-7 7"/>"#,
            Glyph::Plus => r#"<path d="M8 3.5v9M3.5 8h9"/>"#,
            Glyph::Check => r#"<path d="m3.5 8.5 3 3 6-7"/>"#,
            Glyph::Up => r#"<path d="M8 13V3.5M4 7.3 8 3.3l4 4"/>"#,
            Glyph::ChevronDown => r#"<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>"#,
            Glyph::ChevronRight => r#"<path d="m6.5 4.5 3.5 3.5-3.5 3.5"/>"#,
            Glyph::ChevronLeft => r#"<path d="M10 3.5 5.5 8l4.5 4.5"/>"#,
            Glyph::Copy => r#"<path d="M5.5 5.5h8v8h-8ZM3 10.5H2.5v-8h8V3"/>"#,
            Glyph::Export => r#"<path d="M8 10V2.5M5 5l3-3 3 3M3 9.5v4h10v-4"/>"#,
            Glyph::Fit => r#"<path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"/>"#,
            Glyph::Columns => r#"<path d="M2.5 3h11v10h-11ZM6.2 3v10M9.8 3v10"/>"#,
            Glyph::Pause => r#"<path d="M5.5 3.5v9M10.5 3.5v9"/>"#,
            Glyph::Back => r#"<path d="M6 3.5 3 6.5l3 3M3.5 6.5h6a3.3 3.3 0 0 1 0 6.6H7"/>"#,
            Glyph::Play => r#"<path d="M5 3.5v9l7-4.5Z"/>"#,
        }
    }
}

#[component]
pub fn Icon(glyph: Glyph, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "ico ico-12" } else { "ico" };
    view! { <svg class=class aria-hidden="true" viewBox="0 0 16 16" inner_html=glyph.drawing()></svg> }
}

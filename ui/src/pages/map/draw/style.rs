//! The base map in MapLibre's style language. Without an address for glyphs it draws letters itself, in the console's faces.

use super::looks::Looks;
use serde_json::{Value, json};

/// From here on the finer outlines are fetched and drawn.
pub const FINE_ZOOM: f64 = 3.0;
pub const COARSE: &str = "110m";
pub const FINE: &str = "50m";
pub const SITES: &str = "sites";
/// Below this layer the finer outlines go.
const FIRST_LABEL: &str = "labels";

/// `size` times as large as on a desk. What is meant to be seen from afar has no names of countries.
pub fn whole(looks: &Looks, origin: &str, size: f32) -> Value {
    let mut layers = vec![json!({"id": "sea", "type": "background", "paint": {"background-color": looks.sea}})];
    layers.extend(outlines(looks, COARSE, size));
    layers.push(labels(looks, size));
    layers.push(site_names(looks, size));
    json!({
        "version": 8,
        "sources": {
            COARSE: world(origin, COARSE),
            SITES: {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
        },
        "layers": layers,
    })
}

/// Absolute, because a worker fetches it.
pub fn world(origin: &str, scale: &str) -> Value {
    json!({"type": "geojson", "data": format!("{origin}/atlas/world-{scale}.json"), "buffer": 16, "tolerance": 0.2})
}

/// Land, density, grid, borders and coasts of one scale.
pub fn outlines(looks: &Looks, scale: &str, size: f32) -> Vec<Value> {
    let (from, to) = if scale == FINE { (FINE_ZOOM, 24.0) } else { (0.0, 24.0) };
    let layer = |name: &str, kind: &str, form: &str, paint: Value| {
        json!({"id": format!("{name}-{scale}"), "source": scale, "type": form, "filter": ["==", ["get", "kind"], kind],
            "minzoom": from, "maxzoom": to, "paint": paint})
    };
    vec![
        layer(
            "grid",
            "grid",
            "line",
            json!({"line-color": looks.grid, "line-width": 0.6 * size}),
        ),
        layer(
            "land",
            "country",
            "fill",
            json!({"fill-color": looks.land, "fill-antialias": false}),
        ),
        layer(
            "dense",
            "country",
            "fill",
            json!({"fill-color": looks.dense, "fill-opacity": 0, "fill-antialias": false}),
        ),
        layer(
            "border",
            "border",
            "line",
            json!({"line-color": looks.coast, "line-width": 0.6 * size, "line-opacity": 0.55}),
        ),
        layer(
            "coast",
            "coast",
            "line",
            json!({"line-color": looks.coast, "line-width": 0.8 * size}),
        ),
    ]
}

/// Larger countries first; smaller ones as there is room. The filter sees whole zooms.
fn labels(looks: &Looks, size: f32) -> Value {
    let at_least = |area: u32| json!([">=", ["get", "area"], area]);
    json!({
        "id": FIRST_LABEL, "source": COARSE, "type": "symbol", "minzoom": 1.9,
        "filter": ["all", ["==", ["get", "kind"], "label"], ["step", ["zoom"],
            at_least(220), 2, at_least(60), 3, at_least(15), 4, at_least(4), 5, at_least(0)]],
        "layout": {
            "visibility": if size > 1.0 { "none" } else { "visible" },
            "text-field": ["get", "name"], "text-font": ["IBM Plex Sans"], "text-size": 11, "text-max-width": 7,
            "symbol-sort-key": ["-", 0, ["get", "area"]], "text-padding": 6,
        },
        "paint": {"text-color": looks.quiet, "text-halo-color": looks.land, "text-halo-width": 1.2},
    })
}

fn site_names(looks: &Looks, size: f32) -> Value {
    json!({
        "id": "site-names", "source": SITES, "type": "symbol",
        "layout": {
            "text-field": ["get", "name"], "text-font": ["IBM Plex Mono"], "text-size": 12.0 * size,
            "text-variable-anchor": ["left", "right", "bottom-right", "top-left", "bottom", "top"],
            "text-radial-offset": 0.8, "text-justify": "auto", "text-padding": 1,
        },
        "paint": {"text-color": looks.strong, "text-halo-color": looks.sea, "text-halo-width": 1.6 * size},
    })
}

/// What another theme changes: layer, property, value.
pub fn repaint(looks: &Looks, scales: &[&str]) -> Vec<(String, &'static str, String)> {
    let mut all = vec![
        ("sea".to_owned(), "background-color", looks.sea.clone()),
        (FIRST_LABEL.to_owned(), "text-color", looks.quiet.clone()),
        (FIRST_LABEL.to_owned(), "text-halo-color", looks.land.clone()),
        ("site-names".to_owned(), "text-color", looks.strong.clone()),
        ("site-names".to_owned(), "text-halo-color", looks.sea.clone()),
    ];
    for scale in scales {
        for (name, property, value) in [
            ("grid", "line-color", &looks.grid),
            ("land", "fill-color", &looks.land),
            ("dense", "fill-color", &looks.dense),
            ("border", "line-color", &looks.coast),
            ("coast", "line-color", &looks.coast),
        ] {
            all.push((format!("{name}-{scale}"), property, value.clone()));
        }
    }
    all
}

/// Opacity of each country by the logarithm of its share of the largest.
#[expect(clippy::cast_precision_loss, reason = "an opacity")]
pub fn shading(countries: &[(String, u64)]) -> Value {
    let most = countries.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if most == 0 {
        return json!(0);
    }
    let mut cases = vec![json!("match"), json!(["get", "code"])];
    for (code, count) in countries {
        let share = (*count as f64).ln_1p() / (most as f64).ln_1p();
        cases.extend([json!(code), json!((share * 45.0).round() / 100.0)]);
    }
    cases.push(json!(0));
    Value::Array(cases)
}

//! Pictures of the map and of the alerts, as a report gets them.

use super::{client, map::attack};
use resvg::{tiny_skia::Pixmap, usvg::roxmltree::Document};
use std::collections::HashSet;
use watchfloor_shared::identity::Role;
use watchfloor_tests::app::{self, TestApp};

async fn picture(app: &TestApp, cookie: &str, path: &str) -> (u16, String, Vec<u8>) {
    let url = app.url(&format!("/api/v1/pictures/{path}"));
    let answer = client().get(url).header("cookie", cookie).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.bytes().await.unwrap().to_vec())
}

/// Colours of a band of the picture, from and to shares of its height.
fn colours(pixels: &Pixmap, from: f32, to: f32) -> HashSet<[u8; 3]> {
    let line = |share: f32| (pixels.height() as f32 * share) as usize * pixels.width() as usize;
    let band = pixels.pixels()[line(from)..line(to)].iter();
    band.map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect()
}

#[tokio::test]
async fn the_map_is_drawn_with_its_attack_and_its_letters() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Viewer).await;
    let (_, _, before) = picture(app, &cookie, "map.png?theme=dark&width=800").await;
    attack(app, &tenant, 1, "203.0.113.1", None);
    let (status, kind, svg) = picture(app, &cookie, "map.svg").await;
    assert_eq!((status, kind.as_str()), (200, "image/svg+xml; charset=utf-8"));
    let svg = String::from_utf8(svg).unwrap();
    assert!(
        Document::parse(&svg).is_ok() && svg.contains(">203.0.113.1<") && svg.contains(">NO<"),
        "{svg}"
    );

    let (status, kind, after) = picture(app, &cookie, "map.png?theme=dark&width=800").await;
    assert_eq!((status, kind.as_str()), (200, "image/png"));
    let [before, after] = [before, after].map(|png| Pixmap::decode_png(&png).unwrap());
    assert_eq!(after.width(), 800);
    // Sea and land and coast, and on the second the attack's mark; in the head letters have many shades.
    let (seen, new) = (colours(&before, 0.15, 0.7), colours(&after, 0.15, 0.7));
    assert!(seen.len() > 3 && new.difference(&seen).next().is_some());
    assert!(colours(&after, 0.0, 0.08).len() > 20, "no letters");
}

#[tokio::test]
async fn alerts_over_time_are_the_tenants_own() {
    let Some(app) = app::shared() else { return };
    let (tenant, other) = (app.tenant().await, app.tenant().await);
    let cookie = app.cookie(&tenant, Role::Viewer).await;
    app.detect(&other.id, &other.marker, 1).await;
    for wrong in [
        "alerts.svg?from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z",
        "alerts.svg?from=1970-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "map.png?width=100000",
        "map.png?theme=pink",
    ] {
        assert_eq!(picture(app, &cookie, wrong).await.0, 400, "{wrong}");
    }
    for missing in ["map.gif", "map", "secret.svg"] {
        assert_eq!(picture(app, &cookie, missing).await.0, 404, "{missing}");
    }
    // One alert each, and the other's second.
    let (status, _, svg) = picture(app, &cookie, "alerts.svg").await;
    let svg = String::from_utf8(svg).unwrap();
    assert_eq!(status, 200, "{svg}");
    assert!(svg.contains(">1 High<") && svg.contains(">0 Low<"), "{svg}");
    let (status, _, png) = picture(app, &cookie, "alerts.png").await;
    assert_eq!((status, Pixmap::decode_png(&png).unwrap().width()), (200, 1_600));
}

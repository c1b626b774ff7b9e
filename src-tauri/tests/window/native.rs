//! What the desktop does around the page: menus by their keys, the wall's window, where the window was.

use crate::screen::{Screen, is_here};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_works_by_its_keys_and_the_window_comes_back_as_it_was() {
    if !is_here() {
        return;
    }
    let mut screen = Screen::new();
    let window = screen.app(&[]).await;
    window.at("/alerts").await;
    window.value("window.beforeReload = true").await.unwrap();
    screen.press("Watchfloor", "F5");
    window.wait("a reload", "window.beforeReload === undefined").await;
    window.at("/alerts").await;

    screen.press("Watchfloor", "ctrl+shift+w");
    screen.titled("Watchfloor wall");
    screen.press("Watchfloor", "ctrl+comma");
    screen.titled("Watchfloor settings");

    let id = screen.titled("Watchfloor");
    screen.hand(&["windowsize", "--sync", &id, "1000", "700"]);
    window.wait("the new size", "innerWidth === 1000").await;
    screen.press("Watchfloor", "ctrl+q");
    let left = screen.left(Duration::from_secs(30)).await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
    drop(window);

    let window = screen.app(&[]).await;
    window.at("/alerts").await;
    assert_eq!(window.value("innerWidth").await.unwrap(), 1_000);
    let left = screen.quit().await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
}

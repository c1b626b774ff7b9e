//! What the desktop does around the page: menus by their keys, windows, links that lead away.

use crate::screen::{Screen, is_here};
use std::{path::Path, time::Duration};

const DIALOG: &str = "Import recordings";

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
    let height = window.value("innerHeight").await.unwrap().as_u64().unwrap();
    screen.press("Watchfloor", "F11");
    window
        .wait("the full screen", "innerWidth === 1280 && innerHeight > 850")
        .await;
    screen.press("Watchfloor", "F11");
    window
        .wait("the window again", &format!("innerHeight === {height}"))
        .await;

    screen.press("Watchfloor", "ctrl+shift+w");
    screen.titled("Watchfloor wall");
    screen.press("Watchfloor wall", "alt+F4");
    screen.press("Watchfloor", "ctrl+comma");
    screen.titled("Watchfloor settings");
    screen.press("Watchfloor settings", "alt+F4");
    window.at("/alerts").await;

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
    // Closing the window ends the app, unless it is to stay in the tray.
    screen.press("Watchfloor", "alt+F4");
    let left = screen.left(Duration::from_secs(30)).await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
}

/// Until no window is found by it any more.
async fn gone(screen: &Screen, found: &[&str]) {
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while screen.can(found) {
        assert!(std::time::Instant::now() < until, "it does not close");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_into_the_tray_it_lives_on_and_comes_back_when_it_is_started_again() {
    if !is_here() {
        return;
    }
    let mut screen = Screen::new();
    std::fs::write(screen.profile().join("desktop.toml"), "stay_in_tray = true\n").unwrap();
    let window = screen.app(&["--hidden"]).await;
    window.at("/alerts").await;
    let shown = ["search", "--onlyvisible", "--name", "^Watchfloor$"];
    assert!(!screen.can(&shown), "hidden, it has a window");
    assert!(screen.second(&[]).status.success());
    screen.press("Watchfloor", "alt+F4");
    gone(&screen, &shown).await;
    screen.bus.tray_says(|label| label == "0");
    assert!(screen.second(&[]).status.success());
    screen.titled("Watchfloor");

    // By the tray's own menu: the window again, the wall beside it, the end.
    screen.press("Watchfloor", "alt+F4");
    gone(&screen, &shown).await;
    screen.bus.choose("Open Watchfloor");
    screen.titled("Watchfloor");
    screen.bus.choose("Wall");
    screen.titled("Watchfloor wall");
    screen.bus.choose("Quit");
    let left = screen.left(Duration::from_secs(30)).await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_out_and_what_is_exported_is_kept() {
    if !is_here() {
        return;
    }
    let mut screen = Screen::new();
    let browsed = screen.browser();
    let window = screen.app(&[]).await;
    window.at("/alerts").await;
    // A link to another site opens in the browser, and the window stays where it is.
    for target in ["_self", "_blank"] {
        let address = format!("https://site.example/{target}");
        let link = format!(
            "(() => {{ document.querySelector('#out')?.remove(); const a = document.createElement('a'); a.id = 'out'; \
             a.href = '{address}'; a.target = '{target}'; a.textContent = 'out'; \
             a.style = 'position:fixed;z-index:9;top:200px;left:400px'; document.body.append(a); return true; }})()"
        );
        window.value(&link).await.unwrap();
        window.click("#out").await;
        assert_eq!(screen.written(&browsed).await.trim(), address);
        std::fs::remove_file(&browsed).unwrap();
        assert_eq!(window.value("location.pathname").await.unwrap(), "/alerts");
    }

    // What the console gives to keep lies where downloads lie, and twice is twice.
    let save = "(() => { const a = document.createElement('a'); a.href = URL.createObjectURL(new Blob(['kept'])); \
                a.download = 'list.csv'; a.click(); return true; })()";
    for name in ["home/list.csv", "home/list-2.csv"] {
        window.value(save).await.unwrap();
        assert_eq!(screen.written(&screen.dir.path().join(name)).await, "kept");
    }
    let left = screen.quit().await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
}

/// Whether the dialog took the path; else it is closed again.
async fn chosen(screen: &Screen, file: &Path) -> bool {
    screen.press("Watchfloor", "ctrl+o");
    let dialog = screen.titled(DIALOG);
    screen.hand(&["windowfocus", "--sync", &dialog]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    // A slash opens the line for a path; what is typed after it is read by the same line.
    screen.hand(&["type", "--delay", "40", file.to_str().unwrap()]);
    // The list of what the path may be completed to takes the first Return, where it has come up.
    for key in ["Return", "Return", "Return", "Escape", "Escape", "Escape", "Escape"] {
        screen.can(&["key", key]);
        tokio::time::sleep(Duration::from_millis(700)).await;
        if !screen.can(&["search", "--onlyvisible", "--name", DIALOG]) {
            return key == "Return";
        }
    }
    panic!("the dialog stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_chosen_in_the_desktop_s_own_dialog() {
    if !is_here() {
        return;
    }
    let mut screen = Screen::new();
    let window = screen.app(&[]).await;
    window.at("/alerts").await;
    let file = screen.dir.path().join("chosen.jsonl");
    let records = crate::standalone::recording(&file);
    // What is typed before the dialog is ready is lost, on a busy machine; a person would type it again.
    let mut tries = 0;
    while !chosen(&screen, &file).await {
        tries += 1;
        assert!(tries < 5, "the dialog takes no path");
    }
    let said = format!(
        "document.querySelector('#watchfloor-desktop-import')?.textContent === 'Imported chosen.jsonl: {records} records'"
    );
    window.wait("the import's end", &said).await;
    let left = screen.quit().await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
}

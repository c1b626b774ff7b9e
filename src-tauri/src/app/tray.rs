//! The tray: how many alerts are open, and the ways in and out.

use tauri::{
    AppHandle,
    menu::{MenuBuilder, MenuItemBuilder},
    tray::TrayIconBuilder,
};

const ID: &str = "watchfloor";

pub fn make(app: &AppHandle) -> tauri::Result<()> {
    let menu = MenuBuilder::new(app)
        .item(&MenuItemBuilder::with_id("open", "Open Watchfloor").build(app)?)
        .item(&MenuItemBuilder::with_id("page.alerts", "Alerts").build(app)?)
        .item(&MenuItemBuilder::with_id("wall", "Wall").build(app)?)
        .separator()
        .item(&MenuItemBuilder::with_id("settings", "Desktop settings…").build(app)?)
        .item(&MenuItemBuilder::with_id("quit", "Quit").build(app)?)
        .build()?;
    let mut tray = TrayIconBuilder::with_id(ID).menu(&menu).tooltip("Watchfloor");
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)?;
    Ok(())
}

pub fn count(app: &AppHandle, open: i64) {
    say(app, &open.to_string(), &format!("Watchfloor: {open} open alerts"));
}

/// Nobody knows how many there are.
pub fn away(app: &AppHandle) {
    say(app, "–", "Watchfloor: no connection");
}

/// From any thread, without waiting for the one that the tray lives on: at the end that one waits for all others.
fn say(app: &AppHandle, title: &str, tooltip: &str) {
    let (app_there, title, tooltip) = (app.clone(), title.to_owned(), tooltip.to_owned());
    let asked = app.run_on_main_thread(move || {
        let Some(tray) = app_there.tray_by_id(ID) else { return };
        let said = tray
            .set_title(Some(title))
            .and_then(|()| tray.set_tooltip(Some(tooltip)));
        if let Err(error) = said {
            tracing::debug!(%error, "the tray says nothing");
        }
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "the tray is gone");
    }
}

//! The menu bar.

use super::{desktop::of, window};
use tauri::{
    AppHandle, Wry,
    menu::{Menu, MenuBuilder, MenuItem, MenuItemBuilder, SubmenuBuilder},
};

/// Pages of the console that the menu leads to: id, what it says, where.
const PAGES: [(&str, &str, &str); 5] = [
    ("page.overview", "Overview", "/"),
    ("page.alerts", "Alerts", "/alerts"),
    ("page.hunt", "Hunt", "/hunt"),
    ("page.map", "Live map", "/map"),
    ("page.pipeline", "Pipeline", "/pipeline"),
];

pub fn bar(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let item = |id: &str, text: &str, keys: &str| -> tauri::Result<MenuItem<Wry>> {
        MenuItemBuilder::with_id(id, text).accelerator(keys).build(app)
    };
    let file = SubmenuBuilder::new(app, "File")
        .item(&item("import", "Import recordings…", "CmdOrCtrl+O")?)
        .separator()
        .item(&item("settings", "Desktop settings…", "CmdOrCtrl+,")?)
        .separator()
        .item(&item("quit", "Quit", "CmdOrCtrl+Q")?)
        .build()?;
    let mut view = SubmenuBuilder::new(app, "View");
    for (id, text, _) in PAGES {
        view = view.text(id, text);
    }
    let view = view
        .separator()
        .item(&item("wall", "Wall in a window of its own", "CmdOrCtrl+Shift+W")?)
        .separator()
        .item(&item("reload", "Reload", "F5")?)
        .item(&item("full_screen", "Full screen", "F11")?)
        .build()?;
    let menu = MenuBuilder::new(app);
    // Elsewhere the page itself knows these keys.
    #[cfg(target_os = "macos")]
    let menu = {
        let edit = SubmenuBuilder::new(app, "Edit");
        menu.item(
            &edit
                .undo()
                .redo()
                .separator()
                .cut()
                .copy()
                .paste()
                .select_all()
                .build()?,
        )
    };
    menu.item(&file).item(&view).build()
}

pub fn chosen(app: &AppHandle, id: &str) {
    let Some(desktop) = of(app) else { return };
    match id {
        "open" => window::show(app),
        "import" => window::choose_files(app),
        "settings" => window::settings(&desktop),
        "wall" => desktop.wall(),
        "reload" => window::reload(app),
        "full_screen" => window::toggle_full_screen(app),
        "quit" => app.exit(0),
        _ => {
            if let Some((_, _, page)) = PAGES.iter().find(|(page, _, _)| *page == id) {
                desktop.show(page);
            }
        }
    }
}

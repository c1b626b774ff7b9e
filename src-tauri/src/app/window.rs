//! The windows: the console, the wall beside it, the app's own settings.

use super::desktop::{Desktop, of};
use crate::shell::Desk;
use std::path::{Path, PathBuf};
use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Wry,
    webview::{DownloadEvent, NewWindowResponse},
};
use url::Url;

pub const MAIN: &str = "main";
const WALL: &str = "wall";
const SETTINGS: &str = "settings";
const BANNER: &str = include_str!("banner.js");
const BANNER_SECONDS: u32 = 15;

/// What a banner is about; a new text takes the place of the old one of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Banner {
    Offline,
    Import,
}

/// The console's window, where it was the last time.
pub fn main(desktop: &Desktop, hidden: bool) -> tauri::Result<()> {
    let kept = desktop.desk.settings().window;
    let builder = window(desktop, MAIN, desktop.shell.enter("/desktop/start"))
        .title("Watchfloor")
        .inner_size(f64::from(kept.width), f64::from(kept.height))
        .min_inner_size(640.0, 480.0)
        .maximized(kept.maximized)
        .visible(!hidden);
    let window = builder.build()?;
    #[cfg(target_os = "linux")]
    window.with_webview(|view| keep_little(&view.inner()))?;
    if let (Some(x), Some(y)) = (kept.x, kept.y)
        && window
            .monitor_from_point(f64::from(x), f64::from(y))
            .ok()
            .flatten()
            .is_some()
    {
        window.set_position(tauri::PhysicalPosition::new(x, y))?;
    }
    Ok(())
}

/// No page that was left stays in memory, ready to come back to: the one shown at the start alone would be a process of 130 MiB.
#[cfg(target_os = "linux")]
fn keep_little(view: &webkit2gtk::WebView) {
    use webkit2gtk::{CacheModel, WebContextExt, WebViewExt};
    if let Some(context) = view.context() {
        context.set_cache_model(CacheModel::DocumentViewer);
    }
}

pub fn wall(desktop: &Desktop, url: Url) {
    beside(desktop, WALL, url, "Watchfloor wall");
}

pub fn settings(desktop: &Desktop) {
    beside(
        desktop,
        SETTINGS,
        desktop.shell.enter("/desktop/settings"),
        "Watchfloor settings",
    );
}

fn beside(desktop: &Desktop, label: &str, url: Url, title: &str) {
    if let Some(window) = desktop.app.get_webview_window(label) {
        let _ = window.navigate(url);
        return front(&window);
    }
    match window(desktop, label, url)
        .title(title)
        .inner_size(1_100.0, 760.0)
        .build()
    {
        Ok(window) => drop(window.remove_menu()),
        Err(error) => tracing::error!(%error, label, "no window"),
    }
}

/// A window that shows this process's addresses and nothing else; links that lead elsewhere open in the browser.
fn window<'a>(desktop: &'a Desktop, label: &str, url: Url) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let builder = WebviewWindowBuilder::new(&desktop.app, label, WebviewUrl::External(url))
        .data_directory(desktop.desk.profile.web_dir())
        .on_navigation(|url| {
            let is_ours = is_ours(url);
            if !is_ours {
                browse(url);
            }
            is_ours
        })
        .on_new_window(|url, _| {
            browse(&url);
            NewWindowResponse::Deny
        });
    builder.on_download(|_, event| {
        if let DownloadEvent::Requested { destination, .. } = event
            && let Some(folder) = dirs::download_dir().or_else(dirs::home_dir)
        {
            *destination = free_name(&folder, destination);
        }
        true
    })
}

fn is_ours(url: &Url) -> bool {
    (url.scheme() == "http" && url.host_str() == Some("127.0.0.1")) || matches!(url.scheme(), "about" | "blob")
}

fn browse(url: &Url) {
    if !matches!(url.scheme(), "http" | "https") {
        return;
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if let Err(error) = std::process::Command::new(program).arg(url.as_str()).spawn() {
        tracing::warn!(%error, "no browser to open a link with");
    }
}

/// Never over a file that is there.
fn free_name(folder: &Path, asked: &Path) -> PathBuf {
    let stem = asked.file_stem().and_then(|stem| stem.to_str()).unwrap_or("watchfloor");
    let ending = asked.extension().and_then(|ending| ending.to_str()).unwrap_or("txt");
    let names = std::iter::once(format!("{stem}.{ending}")).chain((2..1_000).map(|n| format!("{stem}-{n}.{ending}")));
    let mut free = names.map(|name| folder.join(name)).filter(|path| !path.exists());
    free.next().unwrap_or_else(|| folder.join(format!("{stem}.{ending}")))
}

/// Leads the console's window somewhere.
pub fn go(app: &AppHandle, url: &Url) {
    if let Some(window) = app.get_webview_window(MAIN)
        && let Err(error) = window.navigate(url.clone())
    {
        tracing::warn!(%error, "the window cannot be led on");
    }
}

pub fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        front(&window);
    }
}

fn front(window: &WebviewWindow) {
    let _ = window.show();
    let _ = window.unminimize();
    let _ = window.set_focus();
}

pub fn hide(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        let _ = window.hide();
    }
}

/// Says something above the page, or takes it away. What is done is said for a while, what is not so stays so until it is.
pub fn banner(app: &AppHandle, kind: Banner, text: Option<&str>) {
    let (name, seconds) = match kind {
        Banner::Offline => ("offline", None),
        Banner::Import => ("import", Some(BANNER_SECONDS)),
    };
    let said = serde_json::json!({ "kind": name, "text": text, "seconds": seconds });
    if let Some(window) = app.get_webview_window(MAIN)
        && let Err(error) = window.eval(format!("({BANNER})({said})"))
    {
        tracing::debug!(%error, "no page to say it on");
    }
}

/// Keeps where the window is.
pub fn remember(app: &AppHandle, desk: &Desk) {
    let Some(window) = app.get_webview_window(MAIN) else {
        return;
    };
    let (Ok(size), Ok(scale), Ok(place)) = (window.inner_size(), window.scale_factor(), window.outer_position()) else {
        return;
    };
    let maximized = window.is_maximized().unwrap_or_default();
    let size = size.to_logical::<u32>(scale);
    let kept = desk.change(|settings| {
        settings.window.maximized = maximized;
        if !maximized && size.width > 0 && size.height > 0 {
            (settings.window.width, settings.window.height) = (size.width, size.height);
            (settings.window.x, settings.window.y) = (Some(place.x), Some(place.y));
        }
    });
    if let Err(error) = kept {
        tracing::warn!(%error, "the window's place is not kept");
    }
}

pub fn reload(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        let _ = window.reload();
    }
}

pub fn toggle_full_screen(app: &AppHandle) {
    let focused = app
        .webview_windows()
        .into_values()
        .find(|window| window.is_focused().unwrap_or_default());
    if let Some(window) = focused.or_else(|| app.get_webview_window(MAIN)) {
        let _ = window.set_fullscreen(!window.is_fullscreen().unwrap_or_default());
    }
}

/// Files to import, by the desktop's own dialog; it belongs to the thread that the windows live on.
pub fn choose_files(app: &AppHandle) {
    let later = app.clone();
    let shown = app.run_on_main_thread(move || {
        let chosen = rfd::AsyncFileDialog::new().set_title("Import recordings").pick_files();
        tauri::async_runtime::spawn(async move {
            if let (Some(files), Some(desktop)) = (chosen.await, of(&later)) {
                desktop.import(files.iter().map(|file| file.path().to_owned()).collect());
            }
        });
    });
    if let Err(error) = shown {
        tracing::warn!(%error, "no dialog");
    }
}

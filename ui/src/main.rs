//! The Watchfloor console: rendered in the browser, its state in the address, its data from the server it came from.

mod api;
mod app;
mod components;
mod layout;
mod live;
mod pages;
mod shell;
mod state;
mod url;
mod words;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}

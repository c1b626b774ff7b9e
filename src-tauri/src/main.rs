//! The `watchfloor-desktop` binary.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    watchfloor_desktop::app::main()
}

//! Tauri's build script, where there is a window.

fn main() {
    #[cfg(feature = "desktop")]
    tauri_build::build();
}

//! What surrounds every page: rail, top bar, time strip, and the footer that tells the truth.

mod frame;
mod rail;
mod statusline;
mod time_strip;
mod topbar;

pub use frame::Shell;

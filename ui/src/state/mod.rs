//! What every page shares: who is signed in, the clock, the chosen time range, how the viewer likes it.

pub mod clock;
pub mod preferences;
pub mod range;
pub mod session;

pub use clock::{Clock, use_clock};
pub use preferences::{Theme, Zone, use_preferences};
pub use range::{Range, TimeRange, use_range};
pub use session::{Session, use_session};

//! The one place that reads the clocks.

use rustix::time::{ClockId, clock_gettime};
use watchfloor_shared::Timestamp;

fn nanos(clock: ClockId) -> i64 {
    let time = clock_gettime(clock);
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

/// The present time.
pub fn now() -> Timestamp {
    Timestamp::from_nanos(nanos(ClockId::Realtime))
}

/// The kernel's time since the boot → the time of day.
#[derive(Debug, Clone, Default)]
pub struct BootClock {
    booted_ns: i64,
}

impl BootClock {
    /// Follows the clock of the day, which may have been set.
    pub fn set(&mut self) {
        self.booted_ns = nanos(ClockId::Realtime).saturating_sub(nanos(ClockId::Boottime));
    }

    pub fn at(&self, since_boot_ns: u64) -> Timestamp {
        let since_boot = i64::try_from(since_boot_ns).unwrap_or(i64::MAX);
        Timestamp::from_nanos(self.booted_ns.saturating_add(since_boot))
    }
}

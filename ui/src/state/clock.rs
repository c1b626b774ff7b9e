//! The server's time, ticking once a second: ages on the screen do not depend on this machine's clock being right.

use leptos::prelude::*;
use std::time::Duration;
use watchfloor_shared::Timestamp;

/// A difference below this is the network's, not the clock's.
const SKEW_MS_MIN: i64 = 1_500;

#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<Timestamp>,
    skew_ms: StoredValue<i64>,
}

impl Clock {
    /// Changes once a second.
    pub fn now(self) -> Timestamp {
        self.now.get()
    }
    pub fn now_untracked(self) -> Timestamp {
        Timestamp::from_millis(local_ms() + self.skew_ms.get_value())
    }
    /// The server said what time it has.
    pub fn set(self, server: Timestamp) {
        let skew = server.millis() - local_ms();
        self.skew_ms.set_value(if skew.abs() < SKEW_MS_MIN { 0 } else { skew });
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
fn local_ms() -> i64 {
    js_sys::Date::now() as i64
}

pub fn provide_clock() -> Clock {
    let clock = Clock {
        now: RwSignal::new(Timestamp::from_millis(local_ms())),
        skew_ms: StoredValue::new(0),
    };
    let tick = set_interval_with_handle(move || clock.now.set(clock.now_untracked()), Duration::from_secs(1));
    if let Ok(tick) = tick {
        on_cleanup(move || tick.clear());
    }
    provide_context(clock);
    clock
}

pub fn use_clock() -> Clock {
    expect_context()
}

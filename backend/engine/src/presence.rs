//! Whether a sensor lives, from when it was last heard.

use std::time::Duration;
use watchfloor_shared::{Timestamp, fleet::Presence};

/// Heartbeats that were said to come more often, or more seldom, count as these.
const INTERVAL_MIN: Duration = Duration::from_secs(5);
const INTERVAL_MAX: Duration = Duration::from_secs(600);
/// So many heartbeats have to be missing.
const MISSING_FOR_OFFLINE: u32 = 3;

/// `last` is the last word of the sensor, `listening` since when the server has been there without a break. Silence from before
/// does not count: after a server's outage nobody is offline before having had the time to call again.
pub fn presence(last: Option<Timestamp>, now: Timestamp, interval: Duration, listening: Timestamp) -> Presence {
    let interval = interval.clamp(INTERVAL_MIN, INTERVAL_MAX);
    let (late_after, offline_after) = (interval + interval / 2, interval * MISSING_FOR_OFFLINE);
    let Some(last) = last else {
        return Presence::Unknown;
    };
    let heard_here = last >= listening;
    let silent = now.since(if heard_here { last } else { listening });
    match silent {
        silent if silent > offline_after => Presence::Offline,
        _ if !heard_here => Presence::Unknown,
        silent if silent > late_after => Presence::Late,
        _ => Presence::Online,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INTERVAL: Duration = Duration::from_secs(30);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn silence_becomes_late_and_then_offline() {
        let after = |seconds: i64| presence(Some(at(1_000)), at(1_000 + seconds), INTERVAL, at(0));
        assert_eq!(after(0), Presence::Online);
        assert_eq!(after(45), Presence::Online);
        assert_eq!(after(46), Presence::Late);
        assert_eq!(after(90), Presence::Late);
        assert_eq!(after(91), Presence::Offline);
        // A clock that was set back makes nobody offline.
        assert_eq!(after(-500), Presence::Online);
        assert_eq!(presence(None, at(9_999), INTERVAL, at(0)), Presence::Unknown);
    }

    #[test]
    fn the_servers_own_outage_makes_no_storm() {
        // Heard at 1000; the server was away from 1010 to 5000.
        let after = |seconds: i64| presence(Some(at(1_000)), at(5_000 + seconds), INTERVAL, at(5_000));
        assert_eq!(after(0), Presence::Unknown);
        assert_eq!(after(90), Presence::Unknown);
        assert_eq!(after(91), Presence::Offline, "it had the time to call");
        assert_eq!(
            presence(Some(at(5_020)), at(5_030), INTERVAL, at(5_000)),
            Presence::Online
        );
    }

    proptest! {
        #[test]
        fn it_only_gets_worse_while_nothing_comes(last in 0_i64..5_000, listening in 0_i64..5_000, interval in 0_u64..1_000) {
            let rank = |presence| match presence {
                Presence::Unknown | Presence::Online => 0,
                Presence::Late => 1,
                Presence::Offline => 2,
            };
            let began = last.max(listening);
            let ranks: Vec<i32> = (0..40)
                .map(|step| began + step * 50)
                .map(|now| rank(presence(Some(at(last)), at(now), Duration::from_secs(interval), at(listening))))
                .collect();
            prop_assert!(ranks.is_sorted());
            prop_assert_eq!(ranks[0], 0);
            prop_assert_eq!(ranks[39], 2);
        }
    }
}

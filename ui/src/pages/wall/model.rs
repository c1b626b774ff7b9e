//! What a wall knows of time: how old its news are, which scene it shows, where the picture stands, when it tries again.

use watchfloor_shared::{
    Timestamp,
    wall::{SCENE_SECONDS, STALE_MS, WallDimming, WallScene},
};

/// Places around which the picture wanders, one a minute, so that nothing burns in. The same number in wall.css.
const PLACES: i64 = 9;
/// The two clocks of a machine that tell other times than this was asleep, or its clock was set.
const DOUBT_MS: i64 = 5_000;
const RETRY_MS_FIRST: u32 = 500;
const RETRY_MS_MAX: u32 = 15_000;

/// A machine's two clocks, in milliseconds: one that nobody sets and that may stop in its sleep, and the calendar's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Local {
    pub steady: i64,
    pub calendar: i64,
}

/// The last word of the server: its own clock, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    pub server: Timestamp,
    pub at: Local,
}

impl Heard {
    /// By the clock that counted more: better too old than too young.
    pub fn age_ms(self, now: Local) -> i64 {
        let steady = now.steady - self.at.steady;
        let calendar = now.calendar - self.at.calendar;
        steady.max(calendar).max(0)
    }

    /// The server's time by this machine's steady clock; none when its clocks contradict each other.
    pub fn server_now(self, now: Local) -> Option<Timestamp> {
        let steady = now.steady - self.at.steady;
        let calendar = now.calendar - self.at.calendar;
        let is_sure = (steady - calendar).abs() < DOUBT_MS;
        is_sure.then(|| Timestamp::from_millis(self.server.millis() + steady.max(0)))
    }

    /// How far this machine's calendar is from the server's.
    pub fn drift_ms(self) -> i64 {
        self.at.calendar - self.server.millis()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    Live,
    /// The connection broke, a moment ago.
    Broken,
    Stale {
        seconds: i64,
    },
}

pub fn freshness(heard: Option<Heard>, is_broken: bool, now: Local) -> Freshness {
    match heard.map(|heard| heard.age_ms(now)) {
        Some(age_ms) if age_ms > STALE_MS => Freshness::Stale {
            seconds: age_ms / 1_000,
        },
        Some(_) if !is_broken => Freshness::Live,
        _ => Freshness::Broken,
    }
}

/// All screens of an organization show the same at the same time.
pub fn scene_at(now: Timestamp, scenes: &[WallScene]) -> WallScene {
    let count = i64::try_from(scenes.len()).unwrap_or(1).max(1);
    let turn = now.seconds().div_euclid(SCENE_SECONDS).rem_euclid(count);
    let scene = usize::try_from(turn).ok().and_then(|turn| scenes.get(turn));
    scene.copied().unwrap_or(WallScene::Map)
}

pub fn place_at(now: Local) -> i64 {
    (now.steady / 60_000).rem_euclid(PLACES)
}

/// `offset_ms` is what the screen's zone adds to UTC.
pub fn is_dim(now: Timestamp, offset_ms: i64, dimming: WallDimming) -> bool {
    let minute = (now.millis() + offset_ms)
        .div_euclid(60_000)
        .rem_euclid(i64::from(WallDimming::MINUTES));
    u16::try_from(minute).is_ok_and(|minute| dimming.is_dim_at(minute))
}

/// Tries for ever, a little less often each time.
#[derive(Debug, Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// `chance` from 0 to 1 keeps the screens of a site from coming all at once.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds")]
    pub fn next_ms(&mut self, chance: f64) -> u32 {
        let wait = RETRY_MS_FIRST.saturating_mul(1 << self.tries.min(10)).min(RETRY_MS_MAX);
        self.tries = self.tries.saturating_add(1);
        wait + (f64::from(wait) * 0.2 * chance.clamp(0.0, 1.0)) as u32
    }

    pub const fn tries(&self) -> u32 {
        self.tries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(steady: i64, calendar: i64) -> Local {
        Local { steady, calendar }
    }

    fn heard() -> Heard {
        Heard {
            server: Timestamp::from_millis(1_000_000),
            at: at(10_000, 1_003_000),
        }
    }

    #[test]
    fn silence_is_stale_before_fifteen_seconds_whatever_the_clocks_do() {
        let now = |ms: i64| at(10_000 + ms, 1_003_000 + ms);
        assert_eq!(freshness(Some(heard()), false, now(11_000)), Freshness::Live);
        assert_eq!(freshness(Some(heard()), true, now(11_000)), Freshness::Broken);
        for broken in [false, true] {
            assert_eq!(
                freshness(Some(heard()), broken, now(14_000)),
                Freshness::Stale { seconds: 14 }
            );
        }
        let slept = at(10_500, 1_603_000);
        assert_eq!(
            freshness(Some(heard()), false, slept),
            Freshness::Stale { seconds: 600 }
        );
        assert_eq!(freshness(None, false, now(0)), Freshness::Broken);
    }

    #[test]
    fn the_clock_is_the_server_s_or_none() {
        let shown = heard().server_now(at(25_000, 1_018_000));
        assert_eq!(shown, Some(Timestamp::from_millis(1_015_000)));
        assert_eq!(
            heard().server_now(at(25_000, 9_000_000)),
            None,
            "somebody set the clock"
        );
        assert_eq!(heard().drift_ms(), 3_000);
    }

    #[test]
    fn scenes_come_round_and_one_stays() {
        let scenes = [WallScene::Map, WallScene::Pipeline];
        let shown = |seconds: i64| scene_at(Timestamp::from_millis(seconds * 1_000), &scenes);
        assert_eq!(
            [shown(0), shown(19), shown(20), shown(40)],
            [WallScene::Map, WallScene::Map, WallScene::Pipeline, WallScene::Map]
        );
        assert_eq!(scene_at(Timestamp::MIN, &[WallScene::Endpoints]), WallScene::Endpoints);
        assert_eq!(scene_at(Timestamp::EPOCH, &[]), WallScene::Map);
    }

    #[test]
    fn night_falls_where_the_screen_stands() {
        let night = WallDimming {
            from_minute: 22 * 60,
            to_minute: 6 * 60,
        };
        let noon = Timestamp::from_millis(12 * 3_600_000);
        assert!(!is_dim(noon, 0, night));
        assert!(is_dim(noon, 11 * 3_600_000, night));
        assert!(is_dim(noon, -7 * 3_600_000, night));
    }

    #[test]
    fn it_waits_longer_up_to_a_limit_and_never_gives_up() {
        let mut backoff = Backoff::default();
        assert_eq!(
            [backoff.next_ms(0.0), backoff.next_ms(0.0), backoff.next_ms(0.0)],
            [500, 1_000, 2_000]
        );
        for _ in 0..100_000 {
            assert!(backoff.next_ms(1.0) <= 18_000);
        }
        assert_eq!(backoff.next_ms(0.0), 15_000);
    }
}

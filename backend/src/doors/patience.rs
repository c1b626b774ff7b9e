//! How long the rest of a frame is waited for, and who loses it.

use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Half a frame and then silence, or a byte now and then: the sender is gone, or means harm.
const FRAME_WAIT_MAX: Duration = Duration::from_secs(30);

/// Counts the time spent on waiting for one frame's bytes; that in which the door itself was busy is not the sender's.
#[derive(Debug, Default)]
pub struct Patience {
    waited: Duration,
}

impl Patience {
    /// Waits for `read`, at most `wait_max` and what is left for the frame that has begun. `None` when nothing came in time.
    pub async fn read<T>(
        &mut self,
        is_inside_frame: bool,
        wait_max: Duration,
        read: impl Future<Output = T>,
    ) -> Option<T> {
        if !is_inside_frame {
            self.waited = Duration::ZERO;
        }
        let began = Instant::now();
        let outcome = timeout(wait_max.min(self.left(is_inside_frame)), read).await.ok();
        self.waited += began.elapsed();
        outcome
    }

    fn left(&self, is_inside_frame: bool) -> Duration {
        match is_inside_frame {
            true => FRAME_WAIT_MAX.saturating_sub(self.waited),
            // An idle sender keeps its connection for as long as it likes.
            false => Duration::MAX,
        }
    }

    /// Whether the frame that has begun had its time.
    pub fn is_over(&self, is_inside_frame: bool) -> bool {
        is_inside_frame && self.waited >= FRAME_WAIT_MAX
    }

    /// A frame ended, and another may have begun.
    pub fn renew(&mut self) {
        self.waited = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_byte_now_and_then_is_no_frame() {
        let mut patience = Patience::default();
        for _ in 0..3 {
            assert!(!patience.is_over(true));
            patience.waited += Duration::from_secs(9);
        }
        assert_eq!(patience.left(true), Duration::from_secs(3));
        patience.waited += Duration::from_secs(3);
        assert!(patience.is_over(true) && !patience.is_over(false));
        assert_eq!(patience.left(false), Duration::MAX);
        let nothing = std::future::pending::<()>();
        assert!(patience.read(true, Duration::MAX, nothing).await.is_none());
        patience.renew();
        assert!(
            patience
                .read(true, Duration::MAX, std::future::ready(()))
                .await
                .is_some()
        );
        assert!(!patience.is_over(true));
    }
}

//! What anything must do that processes tell and count by, whatever is behind the seam.

use std::time::Duration;
use watchfloor::ephemeral::{Ephemeral, News, Rate};

/// No token comes back while a test runs.
pub const SLOW: Rate = Rate {
    burst: 3,
    refill: Duration::from_secs(3_600),
};

pub async fn a_bucket_empties_and_says_how_long(ephemeral: &dyn Ephemeral) {
    for _ in 0..3 {
        assert_eq!(ephemeral.take("a", SLOW).await, Ok(()));
    }
    let wait = ephemeral.take("a", SLOW).await.expect_err("it is empty");
    assert!(wait > Duration::from_secs(3_000) && wait <= SLOW.refill, "{wait:?}");
    assert_eq!(ephemeral.take("b", SLOW).await, Ok(()), "another's is another");
}

pub async fn a_token_given_back_can_be_taken(ephemeral: &dyn Ephemeral) {
    for _ in 0..20 {
        assert_eq!(ephemeral.take("c", SLOW).await, Ok(()));
        ephemeral.give_back("c", SLOW).await;
    }
    for _ in 0..3 {
        assert_eq!(
            ephemeral.take("c", SLOW).await,
            Ok(()),
            "no more than the burst was given back"
        );
    }
    assert!(ephemeral.take("c", SLOW).await.is_err());
}

pub async fn a_bucket_fills_again(ephemeral: &dyn Ephemeral) {
    let rate = Rate {
        burst: 2,
        refill: Duration::from_millis(300),
    };
    while ephemeral.take("d", rate).await.is_ok() {}
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(ephemeral.take("d", rate).await, Ok(()));
}

pub async fn nobody_hears_what_it_told_itself(ephemeral: &dyn Ephemeral) {
    let mut news = ephemeral.news();
    ephemeral.tell(News::Changed("acme".parse().expect("a tenant")));
    let heard = tokio::time::timeout(Duration::from_millis(500), news.recv()).await;
    assert!(heard.is_err(), "{heard:?}");
}

/// Makes one test of each case. `$open` gives what is to be tested, or none where it cannot be reached.
#[macro_export]
macro_rules! ephemeral_contract {
    ($open:expr) => {
        $crate::ephemeral_contract!(@cases $open, a_bucket_empties_and_says_how_long, a_token_given_back_can_be_taken,
            a_bucket_fills_again, nobody_hears_what_it_told_itself);
    };
    (@cases $open:expr, $($case:ident),*) => {
        $(#[tokio::test]
        async fn $case() {
            if let Some(ephemeral) = $open.await {
                $crate::ephemeral_contract::$case(&ephemeral).await;
            }
        })*
    };
}

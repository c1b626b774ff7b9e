//! Redis away, cut and silent.

use super::{WAIT_MAX, open, there, until};
use watchfloor::{
    ephemeral::{Ephemeral, News},
    store::Secret,
};
use watchfloor_tests::{
    ephemeral_contract::SLOW,
    proxy::{Proxy, Weather},
    redis::{ADDRESS, Redis, password},
};

/// Whatever the weather, a process counts for itself meanwhile, and hears again when it is over.
async fn through(weather: Weather, cut: bool) {
    let redis = Redis::apart();
    let proxy = Proxy::to(ADDRESS.parse().unwrap()).await;
    let (here, elsewhere) = (open(&redis, &proxy.address().to_string()), open(&redis, ADDRESS));
    there(&here).await;
    there(&elsewhere).await;
    let mut heard = here.news();

    proxy.set(weather);
    if cut {
        proxy.cut();
    }
    until("nobody noticed", || here.is_away() == Some(true)).await;
    elsewhere.tell(News::Changed("acme".parse().unwrap()));
    for _ in 0..3 {
        assert_eq!(here.take("alone", SLOW).await, Ok(()));
    }
    assert!(here.take("alone", SLOW).await.is_err(), "counted by itself");

    proxy.set(Weather::default());
    proxy.cut();
    there(&here).await;
    let first = tokio::time::timeout(WAIT_MAX, heard.recv()).await.unwrap();
    assert_eq!(first.unwrap(), News::Missed, "who is back asks for what it missed");
    assert_eq!(here.take("alone", SLOW).await, Ok(()), "counted together again");
    let news = News::Changed("beta".parse().unwrap());
    elsewhere.tell(news.clone());
    let next = tokio::time::timeout(WAIT_MAX, heard.recv()).await.unwrap();
    assert_eq!(next.unwrap(), news);
}

#[tokio::test]
async fn cut_off_a_process_goes_on_by_itself_and_comes_back() {
    if password().is_some() {
        let refuses = Weather {
            refuses: true,
            ..Weather::default()
        };
        through(refuses, true).await;
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_any_more_is_away() {
    if password().is_some() {
        let swallows = Weather {
            swallows: true,
            ..Weather::default()
        };
        through(swallows, false).await;
    }
}

#[tokio::test]
async fn a_wrong_password_keeps_nothing_from_starting() {
    if password().is_none() {
        return;
    }
    let mut config = Redis::apart().config(ADDRESS);
    config.password = Some(Secret::new("hunter2"));
    let redis = watchfloor::ephemeral::Redis::open(&config, tokio_util::sync::CancellationToken::new()).unwrap();
    assert_eq!(redis.take("a", SLOW).await, Ok(()));
    assert_eq!(redis.is_away(), Some(true));
}

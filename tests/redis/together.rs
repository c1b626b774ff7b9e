//! Two processes.

use super::{WAIT_MAX, open, there};
use watchfloor::ephemeral::{Ephemeral, News};
use watchfloor_tests::{
    ephemeral_contract::SLOW,
    redis::{ADDRESS, Redis, password},
};

#[tokio::test]
async fn what_one_tells_the_other_hears_and_what_one_takes_the_other_lacks() {
    if password().is_none() {
        return;
    }
    let redis = Redis::apart();
    let (here, elsewhere) = (open(&redis, ADDRESS), open(&redis, ADDRESS));
    let stranger = open(&Redis::apart(), ADDRESS);
    for redis in [&here, &elsewhere, &stranger] {
        there(redis).await;
    }
    let (mut heard, mut overheard) = (elsewhere.news(), stranger.news());
    let news = News::SessionEnded("acme".parse().unwrap());
    here.tell(news.clone());
    let first = tokio::time::timeout(WAIT_MAX, heard.recv()).await.unwrap();
    assert_eq!(first.unwrap(), news);
    assert!(overheard.try_recv().is_err(), "another prefix is another cluster");

    assert!(here.take("sign-in", SLOW).await.is_ok() && elsewhere.take("sign-in", SLOW).await.is_ok());
    assert!(here.take("sign-in", SLOW).await.is_ok());
    assert!(elsewhere.take("sign-in", SLOW).await.is_err());
    here.give_back("sign-in", SLOW).await;
    assert!(elsewhere.take("sign-in", SLOW).await.is_ok());
    assert!(stranger.take("sign-in", SLOW).await.is_ok());
}

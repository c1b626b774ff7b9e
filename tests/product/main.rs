//! The whole product on real recordings: nothing lost, nothing doubled, replay equals live.

mod bad_input;
mod control;
mod crash;
mod disk;
mod doors;
mod enrich;
mod faults;
mod fleet;
mod folds;
mod follow;
mod hostile;
mod letters;
mod limits;
mod map;
mod models;
mod organizations;
mod provider;
mod rates;
mod replay;
mod senders;
mod sensor;
mod speed;
mod syslog;
mod tls;
mod topics;
mod windows;

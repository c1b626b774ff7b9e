//! The whole product on real recordings: nothing lost, nothing doubled, replay equals live.

mod bad_input;
mod crash;
mod disk;
mod faults;
mod folds;
mod letters;
mod replay;
mod senders;
mod speed;
mod syslog;
mod tls;
mod topics;

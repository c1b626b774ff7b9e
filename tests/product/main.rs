//! The whole product on real recordings: nothing lost, nothing doubled, replay equals live.

mod bad_input;
mod crash;
mod disk;
mod faults;
mod follow;
mod letters;
mod replay;
mod sensor;
mod speed;
mod syslog;

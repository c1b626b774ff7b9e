//! The contract of what processes tell and count by, for a process alone.

use watchfloor::ephemeral::Local;

watchfloor_tests::ephemeral_contract!(async { Some(Local::default()) });

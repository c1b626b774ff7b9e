//! What a front door knows about a record beside its bytes.

use super::endpoint::endpoint_id;
use crate::verdict::DeadReason;
use watchfloor_shared::{EndpointId, Timestamp};

/// Where a raw record came from, as far as its front door knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// What the record is: `zeek.conn`, `suricata.eve`, `syslog` … (see [`super::source::NAMES`]). Needed only where the
    /// record's shape does not say it; a name that is not known says nothing.
    pub source: Option<&'a str>,
    /// The machine or sensor that the sender's credential, address or file stands for: the endpoint of records that name
    /// none.
    pub sensor: Option<&'a str>,
}

/// What the pipeline knows about a raw record besides its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawContext<'a> {
    /// When the front door had it. Goes into `event.ingested`, never into an id.
    pub received: Timestamp,
    /// Its place in the sender's stream; part of the id only where the source has no identity of its own.
    pub position: u64,
    pub simulated: bool,
    pub origin: Origin<'a>,
}

impl Origin<'static> {
    /// Nothing but the bytes is known.
    pub const UNKNOWN: Self = Self {
        source: None,
        sensor: None,
    };
}

impl Origin<'_> {
    /// The computer's name as a Windows event says it, else the sensor's.
    pub(super) fn computer(&self, named: Option<String>) -> Result<String, DeadReason> {
        named
            .filter(|name| endpoint_id(name).is_ok())
            .or_else(|| self.sensor.map(str::to_owned))
            .ok_or(DeadReason::EndpointMissing)
    }

    /// The endpoint: whom the record names, else the sensor, else what its source is called.
    pub(super) fn endpoint(
        &self,
        named: Option<&str>,
        unnamed: Option<&str>,
    ) -> Result<(EndpointId, String), DeadReason> {
        let candidates = [named, self.sensor, unnamed];
        candidates
            .into_iter()
            .flatten()
            .find_map(|name| Some((endpoint_id(name).ok()?, name.trim().to_owned())))
            .ok_or(DeadReason::EndpointMissing)
    }
}

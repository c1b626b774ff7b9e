//! What the Linux sensor sends: one JSON object per event, a line each. And what the server knows of its sensors.
//!
//! Additive: a reader takes fields that it does not know as they come; a change of meaning raises [`SENSOR_SCHEMA`].

use crate::{Timestamp, pipeline::ReasonCount};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Version of the layout; its presence also tells a record of the sensor.
pub const SENSOR_SCHEMA: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorRecord {
    pub watchfloor_sensor: u32,
    /// The host's name.
    pub host: String,
    /// `/proc/sys/kernel/random/boot_id`: numbers of processes and sequences begin anew with it.
    pub boot_id: String,
    /// Counts up by one per record since the sensor first saw this boot: a gap is a loss.
    pub sequence: u64,
    pub time: Timestamp,
    /// How many equal events within a second it stands for. The first goes out at once; the others follow as one.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub repeats: u64,
    /// Who did it.
    pub process: SensorProcess,
    #[serde(flatten)]
    pub action: SensorAction,
}

const fn one() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_one(repeats: &u64) -> bool {
    *repeats == 1
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorProcess {
    pub pid: u32,
    pub ppid: u32,
    pub uid: u32,
    pub gid: u32,
    /// The account that logged in, whatever became of it since; absent for services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_uid: Option<u32>,
    /// The kernel's short name, 15 bytes.
    pub comm: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_directory: Option<String>,
    /// When it began, in nanoseconds since the boot: with `pid` and `boot_id` its identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SensorParent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorParent {
    pub pid: u32,
    pub comm: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ns: Option<u64>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SensorAction {
    ProcessExec,
    ProcessFork {
        child_pid: u32,
    },
    ProcessExit {
        /// As `wait` gives it to a shell: 0–255.
        exit_code: u32,
        /// The signal that ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signal: Option<u32>,
    },
    /// A file opened for writing.
    FileOpen {
        path: String,
        created: bool,
        truncated: bool,
    },
    /// A connection that the process opened (`egress`) or accepted (`ingress`).
    Connection {
        direction: String,
        transport: String,
        source_ip: IpAddr,
        source_port: u16,
        destination_ip: IpAddr,
        destination_port: u16,
        /// The error that the call gave, `ECONNREFUSED`; absent when it went through.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Events that the sensor had to leave out.
    Lost {
        count: u64,
        reason: String,
    },
}

/// `GET /api/v1/sensors`: a sensor as this server last heard of it. Counts begin with the server's start unless they say
/// otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensorStatus {
    pub name: String,
    pub last_seen: Timestamp,
    /// Of the sensor's program; with what follows absent until its first heartbeat.
    pub version: Option<String>,
    pub kernel: Option<String>,
    /// How it captures: `ebpf`, `audit`, `proc_connector`, `files`.
    pub method: Option<String>,
    pub started: Option<Timestamp>,
    /// Waits on the sensor's disk, and the most that may.
    pub spool_bytes: Option<i64>,
    pub spool_bytes_max: Option<i64>,
    /// Taken, those that were sent again included.
    pub records: i64,
    /// Longer than the server takes.
    pub refused: i64,
    /// Sequence numbers that were skipped and have not come: records that were lost on the way.
    pub missing: i64,
    /// What the sensor itself left out, by reason, as long as it can remember.
    pub dropped: Vec<ReasonCount>,
    pub streams: Vec<SensorStream>,
}

/// One numbering of a sensor's records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SensorStream {
    pub name: String,
    /// What its last records were.
    pub source: Option<String>,
    pub last_seen: Timestamp,
    /// Of the record that is expected next.
    pub next_sequence: i64,
    pub missing: i64,
    pub dropped: Vec<ReasonCount>,
}

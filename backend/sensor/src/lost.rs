//! Why something that happened is not in what is sent. A closed list, counted since the sensor was installed.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The server was away for longer than the spool lasts: the oldest records went.
    SpoolFull,
    /// The disk gave back other bytes than it was given.
    SpoolDamaged,
    /// The file system under the spool was full.
    DiskFull,
    /// A record longer than the spool takes.
    TooLong,
    /// More happened than the sensor fetched in time.
    KernelBufferFull,
    /// The kernel's side wrote something that this side does not know.
    KernelEventUnreadable,
    /// A process ended before it could be asked who it was.
    ProcessGone,
}

impl Reason {
    pub const ALL: [Self; 7] = [
        Self::SpoolFull,
        Self::SpoolDamaged,
        Self::DiskFull,
        Self::TooLong,
        Self::KernelBufferFull,
        Self::KernelEventUnreadable,
        Self::ProcessGone,
    ];

    /// As batches, records and metrics name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SpoolFull => "spool_full",
            Self::SpoolDamaged => "spool_damaged",
            Self::DiskFull => "disk_full",
            Self::TooLong => "too_long",
            Self::KernelBufferFull => "kernel_buffer_full",
            Self::KernelEventUnreadable => "kernel_event_unreadable",
            Self::ProcessGone => "process_gone",
        }
    }
}

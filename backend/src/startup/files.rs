//! How many files and connections the process may have open: as many as the system lets it, not as few as it starts with.

/// The limit that is in force afterwards, where it could be found out.
#[allow(unsafe_code, reason = "libc has no safe wrapper for resource limits")]
pub fn raise_limit() -> Option<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is a buffer of the right type that outlives the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return None;
    }
    let wanted = libc::rlimit {
        rlim_cur: limit.rlim_max,
        ..limit
    };
    // SAFETY: as above; a soft limit at the hard one needs no right.
    match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const wanted) } {
        0 => Some(wanted.rlim_cur),
        _ => Some(limit.rlim_cur),
    }
}

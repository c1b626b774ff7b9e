//! What a stage's workers measure about themselves: rate, CPU time, fault. Not the ledger: these start at zero with the process.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

#[derive(Debug)]
pub struct StageMeter {
    started: Instant,
    processed: AtomicU64,
    cpu_ns: AtomicU64,
    /// Whether a worker has come as far as reading.
    reads: AtomicBool,
    fault: Mutex<Option<String>>,
    rate: Mutex<RateWindow>,
}

/// The last two seconds or so.
#[derive(Debug, Clone, Copy)]
struct RateWindow {
    since: Instant,
    processed: u64,
    per_second: f64,
}

std::thread_local! {
    /// CPU time of this worker thread that has been added already.
    static CPU_SEEN_NS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

impl Default for StageMeter {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            processed: AtomicU64::new(0),
            cpu_ns: AtomicU64::new(0),
            reads: AtomicBool::new(false),
            fault: Mutex::new(None),
            rate: Mutex::new(RateWindow {
                since: now,
                processed: 0,
                per_second: 0.0,
            }),
        }
    }
}

impl StageMeter {
    pub fn processed(&self, records: usize) {
        self.processed.fetch_add(records as u64, Ordering::Relaxed);
    }

    /// A worker has its place in the group and its state, and reads.
    pub fn goes_on(&self) {
        self.reads.store(true, Ordering::Relaxed);
    }

    /// Why the stage does not do its work here.
    pub fn trouble(&self) -> Option<String> {
        let begins = || (!self.reads.load(Ordering::Relaxed)).then(|| "is starting".to_owned());
        self.fault().or_else(begins)
    }

    /// Adds the CPU time this worker thread used since its last call.
    pub fn sample_cpu(&self) {
        let now = thread_cpu_ns();
        let before = CPU_SEEN_NS.replace(now);
        self.cpu_ns.fetch_add(now.saturating_sub(before), Ordering::Relaxed);
    }

    pub fn records(&self) -> u64 {
        self.processed.load(Ordering::Relaxed)
    }

    /// Microseconds of CPU per record since the start; 0 before the first.
    pub fn cpu_us_per_record(&self) -> f64 {
        let records = self.records();
        if records == 0 {
            return 0.0;
        }
        self.cpu_ns.load(Ordering::Relaxed) as f64 / 1_000.0 / records as f64
    }

    /// Records per second over the last second or more.
    pub fn per_second(&self) -> f64 {
        let mut window = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = window.since.elapsed().as_secs_f64();
        if elapsed >= 1.0 {
            let processed = self.records();
            window.per_second = processed.saturating_sub(window.processed) as f64 / elapsed;
            window.processed = processed;
            window.since = Instant::now();
        }
        window.per_second
    }

    /// Returns whether it is news.
    pub fn set_fault(&self, text: &str) -> bool {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let news = fault.as_deref() != Some(text);
        *fault = Some(text.to_owned());
        news
    }

    pub fn clear_fault(&self) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn uptime_seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

/// CPU time of the calling thread, nanoseconds.
#[allow(unsafe_code, reason = "clock_gettime has no safe wrapper in libc")]
fn thread_cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid timespec that outlives the call.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if status != 0 {
        return 0;
    }
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

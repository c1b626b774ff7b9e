//! The postmaster as a child that cannot outlive us.
//!
//! Linux ties the parent-death signal to the THREAD that started the child, so a thread of its own starts it and stays until
//! the server has stopped: when we end, by whatever signal, the kernel tells the postmaster to shut down fast. Once the server
//! was ready, the thread also starts it anew when it ends by itself, as it does on a full disk.

use std::{
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(200);
/// After this long a fast shutdown becomes an immediate one.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
const RESTART_PAUSE: Duration = Duration::from_secs(2);

pub struct Keeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    restarts: Arc<AtomicBool>,
    /// Of the first start.
    pub pid: u32,
}

impl Keeper {
    /// Starts `command` on the keeper's thread.
    pub fn start(command: Command) -> std::io::Result<Keeper> {
        let (started, child) = sync_channel(1);
        let (stop, stopped) = channel();
        let restarts = Arc::new(AtomicBool::new(false));
        let may_restart = Arc::clone(&restarts);
        let thread = std::thread::Builder::new()
            .name("postgres-keeper".to_owned())
            .spawn(move || {
                let mut command = command;
                die_with_parent(&mut command);
                match command.spawn() {
                    Ok(child) => {
                        let _ = started.send(Ok(child.id()));
                        keep(command, child, &stopped, &may_restart);
                    }
                    Err(error) => {
                        let _ = started.send(Err(error));
                    }
                }
            })?;
        let gone = || std::io::Error::other("the thread that starts PostgreSQL ended");
        let pid = child.recv().map_err(|_| gone())??;
        Ok(Keeper {
            stop: Some(stop),
            thread: Some(thread),
            restarts,
            pid,
        })
    }

    /// From now on a postmaster that ends by itself is started anew.
    pub fn restart_when_ended(&self) {
        self.restarts.store(true, Ordering::Relaxed);
    }

    /// Whether the postmaster ended by itself.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

/// Shuts the server down and waits for it.
impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(mut command: Command, mut child: Child, stopped: &Receiver<()>, restarts: &AtomicBool) {
    let is_stopped = |wait| stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
    loop {
        if let Some(status) = ended(&mut child) {
            if !restarts.load(Ordering::Relaxed) || is_stopped(RESTART_PAUSE) {
                return;
            }
            tracing::error!(%status, "the managed PostgreSQL ended, starting it again");
            match command.spawn() {
                Ok(next) => child = next,
                Err(error) => tracing::error!(%error, "the managed PostgreSQL cannot be started"),
            }
        } else if is_stopped(POLL) {
            return shut_down(&mut child);
        }
    }
}

fn shut_down(child: &mut Child) {
    signal(child.id(), libc::SIGINT);
    let start = Instant::now();
    let mut patient = true;
    while ended(child).is_none() {
        if patient && start.elapsed() > STOP_PATIENCE {
            signal(child.id(), libc::SIGQUIT);
            patient = false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ended(child: &mut Child) -> Option<ExitStatus> {
    child.try_wait().unwrap_or(None)
}

#[allow(
    unsafe_code,
    reason = "prctl between fork and exec, async-signal-safe, touches no memory of ours"
)]
fn die_with_parent(command: &mut Command) {
    let parent = std::process::id();
    let ask = move || {
        // SAFETY: both are plain system calls without pointers.
        let (asked, parent_now) = unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT), libc::getppid()) };
        // The parent may have died before it was asked.
        if asked != 0 || u32::try_from(parent_now) != Ok(parent) {
            return Err(std::io::Error::from_raw_os_error(libc::ESRCH));
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(ask) };
}

#[allow(
    unsafe_code,
    reason = "kill(2) on a child that is not reaped yet, so the id is still its own"
)]
fn signal(pid: u32, signal: i32) {
    if let Ok(pid) = i32::try_from(pid) {
        // SAFETY: a plain system call without pointers.
        unsafe { libc::kill(pid, signal) };
    }
}

/// Whether we are root, which PostgreSQL refuses to run as.
#[allow(unsafe_code, reason = "geteuid(2) cannot fail")]
pub fn is_root() -> bool {
    // SAFETY: a plain system call without arguments.
    unsafe { libc::geteuid() == 0 }
}

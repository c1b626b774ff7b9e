//! eBPF: the programs of `bpf/sensor.bpf.c` in the kernel, their events through one ring.
//!
//! The object is compiled ahead (`cargo xtask generate`) and fitted to the running kernel by its own type information.

pub(crate) mod layout;

pub use layout::exit;

use super::{Capture, Observed, Started};
use crate::{clock::BootClock, lost::Reason};
use aya::{
    Btf, Ebpf, EbpfLoader,
    maps::{Array, MapData, RingBuf},
    programs::BtfTracePoint,
};
use std::io;

/// Events taken in one go, so that everything else gets its turn.
const EVENTS_MAX: usize = 16_384;

static OBJECT: &[u8] = aya::include_bytes_aligned!("../../../bpf/sensor.bpf.o");

/// Program, tracepoint, what is not seen without it; the first three are the least that makes sense.
const PROGRAMS: [(&str, &str, &str); 5] = [
    ("started", "sched_process_exec", "programs started"),
    ("forked", "sched_process_fork", "processes forked"),
    ("ended", "sched_process_exit", "processes ended"),
    ("tcp_state", "inet_sock_set_state", "TCP connections opened"),
    (
        CALLS,
        "sys_exit",
        "files opened for writing, TCP connections accepted, UDP",
    ),
];
const NEEDED: usize = 3;
/// Knows system calls by their numbers, which are those of 64-bit x86.
const CALLS: &str = "called";

pub fn start() -> Result<Started, String> {
    let btf =
        Btf::from_sys_fs().map_err(|_| "the kernel has no type information (/sys/kernel/btf/vmlinux)".to_owned())?;
    let own = std::process::id();
    let mut ebpf = EbpfLoader::new()
        .btf(Some(&btf))
        .override_global("own_pid", &own, true)
        .load(OBJECT)
        .map_err(|error| refusal(&error))?;
    let mut blind = Vec::new();
    for (at, (name, place, seen)) in PROGRAMS.iter().enumerate() {
        if let Err(error) = attach(&mut ebpf, name, place, &btf) {
            if at < NEEDED {
                return Err(refusal(error.as_ref()));
            }
            blind.push(format!("Not seen: {seen}: {}.", refusal(error.as_ref())));
        }
    }
    let events = ring(&mut ebpf).ok_or("the compiled object has no ring")?;
    let lost = lost(&mut ebpf).ok_or("the compiled object has no count of losses")?;
    let capture = EbpfCapture {
        events,
        lost,
        lost_before: 0,
        clock: BootClock::default(),
        _programs: ebpf,
    };
    Ok(Started {
        capture: Box::new(capture),
        blind,
    })
}

/// The innermost cause: what the kernel said.
fn refusal(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if let Some(error) = cause.downcast_ref::<io::Error>()
        && error.kind() == io::ErrorKind::PermissionDenied
    {
        return "the rights CAP_BPF and CAP_PERFMON are missing".to_owned();
    }
    let text = cause.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

fn attach(ebpf: &mut Ebpf, name: &str, place: &str, btf: &Btf) -> Result<(), Box<dyn std::error::Error>> {
    if name == CALLS && !cfg!(target_arch = "x86_64") {
        return Err("the numbers of system calls are known for x86-64 only".into());
    }
    let program = ebpf.program_mut(name).ok_or("the compiled object lacks it")?;
    let program: &mut BtfTracePoint = program.try_into()?;
    program.load(place, btf)?;
    program.attach()?;
    Ok(())
}

fn ring(ebpf: &mut Ebpf) -> Option<RingBuf<MapData>> {
    RingBuf::try_from(ebpf.take_map("events")?).ok()
}

fn lost(ebpf: &mut Ebpf) -> Option<Array<MapData, u64>> {
    Array::try_from(ebpf.take_map("lost")?).ok()
}

struct EbpfCapture {
    events: RingBuf<MapData>,
    lost: Array<MapData, u64>,
    lost_before: u64,
    clock: BootClock,
    /// Detached when dropped.
    _programs: Ebpf,
}

impl Capture for EbpfCapture {
    fn poll(&mut self, into: &mut Vec<Observed>) -> io::Result<()> {
        self.clock.set();
        for _ in 0..EVENTS_MAX {
            let Some(event) = self.events.next() else {
                break;
            };
            match layout::read(&event, &self.clock) {
                Some(activity) => into.push(Observed::Activity(Box::new(activity))),
                None => into.push(Observed::Lost {
                    count: 1,
                    reason: Reason::KernelEventUnreadable,
                }),
            }
        }
        let lost: u64 = self.lost.iter().flatten().sum();
        if lost > self.lost_before {
            into.push(Observed::Lost {
                count: lost - self.lost_before,
                reason: Reason::KernelBufferFull,
            });
            self.lost_before = lost;
        }
        Ok(())
    }
}

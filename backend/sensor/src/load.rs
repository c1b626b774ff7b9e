//! How busy this host is, from `/proc`. What cannot be read is left out.

use crate::nics;
use rustix::fs::statvfs;
use std::{fs, path::PathBuf};
use watchfloor_protocol::{
    INTERFACES_MAX,
    v1::{Interface, Load},
};

/// Remembers the processors' time between heartbeats.
#[derive(Debug)]
pub struct LoadMeter {
    data_dir: PathBuf,
    last: Option<CpuTime>,
}

/// In ticks since the boot, all cores together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CpuTime {
    busy: u64,
    all: u64,
}

impl LoadMeter {
    pub fn new(data_dir: PathBuf) -> Self {
        Self { data_dir, last: None }
    }

    /// `management`: the interface by which the server is reached.
    pub fn read(&mut self, management: Option<&str>) -> Load {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let now = cpu_time(&text("/proc/stat"));
        let cpu_percent = self.last.zip(now).and_then(|(last, now)| busy_percent(last, now));
        self.last = now.or(self.last);
        let memory = memory(&text("/proc/meminfo"));
        let disk = statvfs(&self.data_dir).ok();
        Load {
            cpu_percent,
            memory_total_bytes: memory.map(|(total, _)| total),
            memory_used_bytes: memory.map(|(_, used)| used),
            disk_total_bytes: disk.as_ref().map(|disk| disk.f_blocks.saturating_mul(disk.f_frsize)),
            disk_used_bytes: disk.map(|disk| disk.f_blocks.saturating_sub(disk.f_bfree).saturating_mul(disk.f_frsize)),
            interfaces: marked(interfaces(&text("/proc/net/dev")), management),
        }
    }
}

/// With what can be captured on them.
fn marked(mut interfaces: Vec<Interface>, management: Option<&str>) -> Vec<Interface> {
    let nics = nics::all().unwrap_or_default();
    for interface in &mut interfaces {
        interface.up = nics.get(&interface.name).map(|nic| nic.up);
        interface.management = management == Some(interface.name.as_str());
    }
    interfaces
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal, then guests, which user holds already.
fn cpu_time(stat: &str) -> Option<CpuTime> {
    let numbers = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = numbers
        .split_whitespace()
        .take(8)
        .map_while(|n| n.parse().ok())
        .collect();
    let all = ticks.iter().fold(0_u64, |sum, ticks| sum.saturating_add(*ticks));
    let idle = ticks.get(3)?.saturating_add(ticks.get(4).copied().unwrap_or(0));
    Some(CpuTime {
        busy: all.saturating_sub(idle),
        all,
    })
}

fn busy_percent(last: CpuTime, now: CpuTime) -> Option<f32> {
    let all = now.all.checked_sub(last.all).filter(|all| *all > 0)?;
    let busy = now.busy.saturating_sub(last.busy).min(all);
    #[allow(clippy::cast_precision_loss, reason = "a share")]
    let share = busy as f32 / all as f32;
    Some(share * 100.0)
}

/// Total and used, in bytes.
fn memory(meminfo: &str) -> Option<(u64, u64)> {
    let of = |name: &str| -> Option<u64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        kilobytes.checked_mul(1_024)
    };
    let (total, available) = (of("MemTotal:")?, of("MemAvailable:")?);
    Some((total, total.saturating_sub(available)))
}

/// `/proc/net/dev`: two lines of heading, then a name and sixteen numbers for each.
fn interfaces(dev: &str) -> Vec<Interface> {
    let lines = dev.lines().skip(2);
    let read = lines.filter_map(|line| {
        let (name, numbers) = line.split_once(':')?;
        let numbers: Vec<u64> = numbers.split_whitespace().map_while(|n| n.parse().ok()).collect();
        let at = |place: usize| numbers.get(place).copied();
        Some(Interface {
            name: name.trim().to_owned(),
            received_bytes: at(0)?,
            received_packets: at(1)?,
            sent_bytes: at(8)?,
            sent_packets: at(9)?,
            dropped_packets: at(3)?.saturating_add(at(11)?),
            errors: at(2)?.saturating_add(at(10)?),
            ..Interface::default()
        })
    });
    read.filter(|interface| interface.name != "lo")
        .take(INTERFACES_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_time_is_between_two_looks() {
        let time = |text: &str| cpu_time(text).unwrap();
        let last = time("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 1\n");
        let now = time("cpu  150 0 75 850 75 0 0 0 0 0\n");
        assert_eq!((last.busy, last.all), (150, 1_000));
        assert_eq!(busy_percent(last, now), Some(50.0));
        assert_eq!(busy_percent(now, now), None);
        assert_eq!(busy_percent(now, last), None, "a counter that began anew");
        assert_eq!(cpu_time("intr 1 2"), None);
    }

    #[test]
    fn memory_and_interfaces_are_read_as_the_kernel_writes_them() {
        let text = "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     250 kB\n";
        assert_eq!(memory(text), Some((1_024_000, 768_000)));
        assert_eq!(memory("MemTotal: x"), None);
        let text = "Inter-|   Receive  |  Transmit\n face |bytes packets\n    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n  eth0:5000 40 1 2 0 0 0 0 7000 50 3 4 0 0 0 0\nbad: 1 2\n";
        let [eth0] = &interfaces(text)[..] else {
            panic!("one interface")
        };
        assert_eq!(
            (eth0.name.as_str(), eth0.received_bytes, eth0.sent_bytes),
            ("eth0", 5_000, 7_000)
        );
        assert_eq!((eth0.dropped_packets, eth0.errors), (6, 4));
    }

    #[test]
    fn this_host_says_how_it_is() {
        let load = LoadMeter::new("/".into()).read(None);
        assert!(load.memory_total_bytes > load.memory_used_bytes);
        assert!(load.disk_total_bytes > Some(0));
        assert_eq!(load.cpu_percent, None, "one look says nothing");
    }
}

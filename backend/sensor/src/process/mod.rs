//! The processes that run here, so that what one does can say who it is: program, arguments, folder, container, parent.
//!
//! Invariant: bounded. What a method tells of a process is remembered; what it does not tell is read once from `/proc` and is
//! absent when the process is gone by then.

mod proc;

use crate::{
    capture::{Activity, Image},
    host::{Host, Users},
};
pub use proc::{Status, arguments, image, status};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use watchfloor_shared::sensor::{SENSOR_SCHEMA, SensorAction, SensorParent, SensorProcess, SensorRecord};

/// At the limit all is forgotten and learned anew from `/proc`.
const PROCESSES_MAX: usize = 65_536;
const CGROUPS_MAX: usize = 4_096;
const CGROUP_ROOT: u64 = 1;

#[derive(Debug, Clone, Default)]
struct Known {
    start_ns: Option<u64>,
    image: Arc<Image>,
    working_directory: Option<Arc<str>>,
    container_id: Option<Arc<str>>,
}

#[derive(Debug, Default)]
pub struct Processes {
    known: FxHashMap<u32, Known>,
    /// Control group → container.
    containers: FxHashMap<u64, Option<Arc<str>>>,
    users: Users,
}

impl Processes {
    /// The record of what was seen; its sequence number is not given yet.
    pub fn record(&mut self, host: &Host, activity: Activity) -> SensorRecord {
        let known = match &activity.image {
            Some(image) => self.started(&activity, image.clone()),
            None => self.acting(&activity),
        };
        let parent = self.parent(&activity);
        match activity.action {
            SensorAction::ProcessFork { child_pid } => {
                let child = Known {
                    start_ns: activity.child_start_ns,
                    ..known.clone()
                };
                self.remember(child_pid, child);
            }
            SensorAction::ProcessExit { .. } => {
                self.known.remove(&activity.pid);
            }
            _ => {}
        }
        SensorRecord {
            watchfloor_sensor: SENSOR_SCHEMA,
            host: host.name.clone(),
            boot_id: host.boot_id.clone(),
            sequence: 0,
            time: activity.time,
            repeats: 1,
            process: SensorProcess {
                pid: activity.pid,
                ppid: activity.ppid,
                uid: activity.uid,
                gid: activity.gid,
                login_uid: activity.login_uid,
                comm: activity.comm,
                executable: known.image.executable.clone(),
                args: known.image.args.clone(),
                working_directory: known.working_directory.as_deref().map(str::to_owned),
                start_ns: activity.start_ns,
                parent: Some(parent),
                container_id: known.container_id.as_deref().map(str::to_owned),
                user_name: self.users.name(activity.uid).map(str::to_owned),
            },
            action: activity.action,
        }
    }

    /// A new program in a process: its folder and container may be others than its parent's.
    fn started(&mut self, activity: &Activity, mut image: Image) -> Known {
        if let Some(executable) = &image.executable
            && !executable.starts_with('/')
        {
            image.executable = proc::executable(activity.pid).or(image.executable);
        }
        let known = Known {
            start_ns: activity.start_ns,
            image: Arc::new(image),
            working_directory: proc::working_directory(activity.pid)
                .map(Arc::from)
                .or_else(|| self.known.get(&activity.pid)?.working_directory.clone()),
            container_id: self.container(activity),
        };
        self.remember(activity.pid, known.clone());
        known
    }

    /// One that runs already: known, or else what `/proc` says of it.
    fn acting(&mut self, activity: &Activity) -> Known {
        if let Some(known) = self.current(activity.pid, activity.start_ns) {
            return known.clone();
        }
        let known = Known {
            start_ns: activity.start_ns,
            image: Arc::new(proc::image(activity.pid)),
            working_directory: proc::working_directory(activity.pid).map(Arc::from),
            container_id: self.container(activity),
        };
        self.remember(activity.pid, known.clone());
        known
    }

    fn parent(&mut self, activity: &Activity) -> SensorParent {
        let (pid, start_ns) = (activity.ppid, activity.parent_start_ns);
        if self.current(pid, start_ns).is_none() && pid != 0 {
            let known = Known {
                start_ns,
                image: Arc::new(proc::image(pid)),
                ..Known::default()
            };
            self.remember(pid, known);
        }
        let image = self.current(pid, start_ns).map(|known| known.image.clone());
        let image = image.unwrap_or_default();
        SensorParent {
            pid,
            comm: activity.parent_comm.clone(),
            executable: image.executable.clone(),
            args: image.args.clone(),
            start_ns,
        }
    }

    /// The process of this number, if it is the one that began then: numbers are used again.
    fn current(&self, pid: u32, start_ns: Option<u64>) -> Option<&Known> {
        self.known
            .get(&pid)
            .filter(|known| start_ns.is_none() || known.start_ns == start_ns)
    }

    fn remember(&mut self, pid: u32, known: Known) {
        if self.known.len() >= PROCESSES_MAX {
            self.known.clear();
        }
        self.known.insert(pid, known);
    }

    fn container(&mut self, activity: &Activity) -> Option<Arc<str>> {
        let read = || proc::container_id(activity.pid).map(Arc::from);
        // Without the unified hierarchy everything is in its root, which says nothing.
        let Some(cgroup) = activity.cgroup.filter(|cgroup| *cgroup != CGROUP_ROOT) else {
            return read();
        };
        if self.containers.len() >= CGROUPS_MAX {
            self.containers.clear();
        }
        self.containers.entry(cgroup).or_insert_with(read).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::Timestamp;

    fn host() -> Host {
        Host {
            name: "h".to_owned(),
            boot_id: "b".to_owned(),
            kernel: "k".to_owned(),
        }
    }

    fn activity(pid: u32, start_ns: u64, ppid: u32, action: SensorAction) -> Activity {
        Activity {
            time: Timestamp::EPOCH,
            pid,
            ppid,
            uid: 0,
            gid: 0,
            login_uid: None,
            comm: format!("c{pid}"),
            start_ns: Some(start_ns),
            parent_comm: format!("c{ppid}"),
            parent_start_ns: Some(u64::from(ppid)),
            cgroup: None,
            image: None,
            child_start_ns: None,
            action,
        }
    }

    fn image(name: &str) -> Option<Image> {
        Some(Image {
            executable: Some(format!("/bin/{name}")),
            args: vec![name.to_owned()],
        })
    }

    const NOBODY: u32 = 4_000_000_000;

    #[test]
    fn a_child_is_its_parent_until_it_starts_another_program() {
        let mut processes = Processes::default();
        let mut start = activity(NOBODY, 7, 0, SensorAction::ProcessExec);
        start.image = image("sh");
        processes.record(&host(), start);
        let child = NOBODY + 1;
        let mut fork = activity(NOBODY, 7, 0, SensorAction::ProcessFork { child_pid: child });
        fork.child_start_ns = Some(8);
        processes.record(&host(), fork);
        let open = || SensorAction::FileOpen {
            path: "/a".to_owned(),
            created: false,
            truncated: false,
        };
        let mut act = activity(child, 8, NOBODY, open());
        act.parent_start_ns = Some(7);
        let record = processes.record(&host(), act);
        assert_eq!(record.process.executable.as_deref(), Some("/bin/sh"));
        assert_eq!(record.process.parent.unwrap().executable.as_deref(), Some("/bin/sh"));
        let mut start = activity(child, 8, NOBODY, SensorAction::ProcessExec);
        start.parent_start_ns = Some(7);
        start.image = image("cat");
        let record = processes.record(&host(), start);
        assert_eq!(record.process.executable.as_deref(), Some("/bin/cat"));
        assert_eq!(record.process.parent.unwrap().args, ["sh"]);
    }

    #[test]
    fn a_number_used_again_is_another_process() {
        let mut processes = Processes::default();
        let mut start = activity(NOBODY, 7, 0, SensorAction::ProcessExec);
        start.image = image("sh");
        processes.record(&host(), start);
        let exit = SensorAction::ProcessExit {
            exit_code: 0,
            signal: None,
        };
        let record = processes.record(&host(), activity(NOBODY, 9, 0, exit));
        assert_eq!(record.process.executable, None);
    }
}

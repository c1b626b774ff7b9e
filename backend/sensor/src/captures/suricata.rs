//! Suricata from the distribution's packages: its settings over the distribution's own, its rules, what it says.

use super::child;
use crate::durable;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use watchfloor_shared::control::{Capture, CaptureMode};

/// What the sensor follows, below its data directory.
pub const FOLLOWED: &str = "captures/*/eve*.json";

const PROGRAM: &str = "suricata";
const PLACES: [&str; 4] = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
/// The distribution's, which the host's owner may have changed: home networks, variables, limits.
const SETTINGS: &str = "/etc/suricata/suricata.yaml";
const TEST_WAIT_MAX: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(50);
/// A file of events is put aside when it is so long.
const EVE_BYTES_MAX: u64 = 32 << 20;
const VERSION_LINE: &str = "# version ";
/// Numbers of packet groups belong to one interface each.
const GROUPS_FROM: u32 = 20_000;
const GROUPS: u32 = 40_000;
const ERRORS_MAX: usize = 4;

/// Where things are below the folder of captures. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    folder: PathBuf,
}

/// Of one capture.
#[derive(Debug, Clone)]
pub struct Places {
    pub folder: PathBuf,
    pub settings: PathBuf,
    pub log: PathBuf,
    pub pid: PathBuf,
}

impl Engine {
    pub fn below(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The program, or why there is none.
    pub fn program(&self) -> Result<PathBuf, String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .chain(PLACES.map(PathBuf::from))
            .map(|folder| folder.join(PROGRAM))
            .find(|program| program.is_file());
        let program = found.ok_or("Suricata is not installed on this host: apt-get install suricata")?;
        match Path::new(SETTINGS).is_file() {
            true => Ok(program),
            false => Err(format!("{SETTINGS} is missing: Suricata's package brings it")),
        }
    }

    pub fn words(&self) -> String {
        match self.program() {
            Ok(program) => program.display().to_string(),
            Err(why) => why,
        }
    }

    pub fn places(&self, name: &str) -> io::Result<Places> {
        let folder = self.folder.join(name);
        durable::folder(&folder)?;
        if !self.rules_file().exists() {
            durable::write(&self.rules_file(), b"")?;
        }
        Ok(Places {
            settings: folder.join("suricata.yaml"),
            log: self.log_of(name),
            pid: folder.join("suricata.pid"),
            folder,
        })
    }

    pub fn log_of(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("suricata.log")
    }

    fn rules_file(&self) -> PathBuf {
        self.folder.join("own.rules")
    }

    /// Of the rules in use; empty for none.
    pub fn rules_version(&self) -> String {
        let text = fs::read_to_string(self.rules_file()).unwrap_or_default();
        let version = text.lines().next().and_then(|line| line.strip_prefix(VERSION_LINE));
        version.unwrap_or_default().to_owned()
    }

    /// `numbers`: the interfaces', as the kernel counts them.
    pub fn settings(&self, capture: &Capture, numbers: &[u32]) -> String {
        let mut text = format!("%YAML 1.1\n---\ninclude: {SETTINGS}\n{OUTPUTS}af-packet:\n");
        let other = |at: usize| capture.interfaces.get(1 - at.min(1)).map_or("", String::as_str);
        for (at, (name, number)) in capture.interfaces.iter().zip(numbers).enumerate() {
            let group = GROUPS_FROM + number % GROUPS;
            text += &format!(
                "  - interface: \"{name}\"\n    cluster-id: {group}\n    cluster-type: cluster_flow\n    defrag: yes\n    use-mmap: yes\n"
            );
            text += &match capture.mode {
                CaptureMode::Ids => "    tpacket-v3: yes\n".to_owned(),
                CaptureMode::Ips => {
                    format!(
                        "    tpacket-v3: no\n    copy-mode: ips\n    copy-iface: \"{}\"\n",
                        other(at)
                    )
                }
            };
        }
        text
    }

    pub fn arguments(&self, places: &Places) -> Vec<String> {
        let path = |path: &Path| path.display().to_string();
        vec![
            "-c".to_owned(),
            path(&places.settings),
            "--af-packet".to_owned(),
            "--runmode=workers".to_owned(),
            "-l".to_owned(),
            path(&places.folder),
            "-S".to_owned(),
            path(&self.rules_file()),
        ]
    }

    pub fn has_started(&self, places: &Places) -> bool {
        let said = child::last_lines(&places.log, usize::MAX);
        said.iter().any(|line| line.contains("Engine started"))
    }

    /// What was wrong, in its own words and in one line.
    pub fn errors(&self, log: &Path) -> String {
        let said = child::last_lines(log, usize::MAX);
        let mut wrong = said.iter().filter_map(|line| {
            let (kind, rest) = line.split_once(": ")?;
            matches!(kind, "E" | "Error").then_some(rest)
        });
        let first: Vec<&str> = wrong.by_ref().take(ERRORS_MAX).collect();
        let more = wrong.count();
        let text = first.join("; ");
        match more {
            0 => text,
            more => format!("{text}; and {more} more"),
        }
    }

    /// Puts a long file of events aside under a name of its own; whether the engine has to open another.
    pub fn rotate(&self, places: &Places) -> bool {
        let eve = places.folder.join("eve.json");
        if !fs::metadata(&eve).is_ok_and(|file| file.len() > EVE_BYTES_MAX) {
            return false;
        }
        let aside = places.folder.join(format!("eve-{}.json", crate::clock::now().nanos()));
        match fs::rename(&eve, aside) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "a long file of events cannot be put aside");
                false
            }
        }
    }

    /// Has Suricata itself look at the rules, then takes them in place of those before. What it said of them.
    pub fn take_rules(&self, version: &str, text: &str, stopping: &AtomicBool) -> Result<String, String> {
        let program = self.program()?;
        let folder = self.folder.join(".test");
        let cannot = |error: io::Error| format!("the rules cannot be kept: {error}");
        durable::folder(&folder).map_err(cannot)?;
        let (candidate, settings, log) = (
            folder.join("candidate"),
            folder.join("suricata.yaml"),
            folder.join("log"),
        );
        let text = format!("{VERSION_LINE}{version}\n{text}\n");
        fs::write(&candidate, &text).map_err(cannot)?;
        fs::write(&settings, format!("%YAML 1.1\n---\ninclude: {SETTINGS}\n{OUTPUTS}")).map_err(cannot)?;
        let path = |path: &Path| path.display().to_string();
        let [of_settings, of_folder, of_candidate] = [path(&settings), path(&folder), path(&candidate)];
        let arguments = ["-T", "-c", &of_settings, "-l", &of_folder, "-S", &of_candidate];
        let mut test =
            child::spawn(&program, &arguments, &log).map_err(|error| format!("Suricata cannot be started: {error}"))?;
        let began = Instant::now();
        let status = loop {
            match test.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if began.elapsed() < TEST_WAIT_MAX && !stopping.load(Ordering::Relaxed) => {
                    std::thread::sleep(POLL);
                }
                _ => {
                    child::end(&mut test);
                    return Err(
                        "Suricata did not come to the end of these rules in time: the ones before stay".to_owned(),
                    );
                }
            }
        };
        let wrong = self.errors(&log).replace(&format!("{of_candidate} "), "");
        if !status.success() || !wrong.is_empty() {
            let wrong = if wrong.is_empty() { child::ending(status) } else { wrong };
            return Err(format!(
                "Suricata does not take these rules, the ones before stay: {wrong}"
            ));
        }
        durable::write(&self.rules_file(), text.as_bytes()).map_err(cannot)?;
        let said = child::last_lines(&log, 10);
        Ok(said
            .into_iter()
            .filter(|line| !line.contains("redefined"))
            .collect::<Vec<_>>()
            .join("\n"))
    }
}

/// In place of the distribution's: one file of events, nothing that listens.
const OUTPUTS: &str = r"outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      community-id: yes
      types:
        - alert
        - anomaly
        - drop
        - http
        - dns
        - tls
        - ssh
        - smtp
        - ftp
        - smb
        - rdp
        - krb5
        - dhcp
        - files
        - flow
logging:
  default-log-level: notice
  outputs:
    - console:
        enabled: yes
stats:
  enabled: no
unix-command:
  enabled: no
";

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(mode: CaptureMode, interfaces: &[&str]) -> Capture {
        Capture {
            name: "lan".to_owned(),
            mode,
            interfaces: interfaces.iter().map(|name| (*name).to_owned()).collect(),
            ..Capture::default()
        }
    }

    #[test]
    fn each_interface_has_a_group_of_its_own_and_ips_passes_to_the_other_one() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::below(dir.path());
        let ids = engine.settings(&capture(CaptureMode::Ids, &["eth1", "eth2"]), &[3, 4]);
        assert!(ids.contains("interface: \"eth1\"\n    cluster-id: 20003") && ids.contains("cluster-id: 20004"));
        assert!(!ids.contains("copy-mode"));
        let ips = engine.settings(&capture(CaptureMode::Ips, &["eth1", "eth2"]), &[3, 4]);
        let (one, two) = ips.split_once("interface: \"eth2\"").unwrap();
        assert!(one.contains("copy-iface: \"eth2\"") && two.contains("copy-iface: \"eth1\""));
    }

    #[test]
    fn errors_are_told_and_the_rest_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::below(dir.path());
        let log = dir.path().join("log");
        let lines: String = (0..6).map(|n| format!("E: detect: bad rule {n}\n")).collect();
        fs::write(&log, format!("i: suricata: hello\nW: ioctl: no matter\n{lines}")).unwrap();
        let wrong = engine.errors(&log);
        assert!(
            wrong.starts_with("detect: bad rule 0; ") && wrong.ends_with("and 2 more"),
            "{wrong}"
        );
    }

    #[test]
    fn a_long_file_of_events_is_put_aside_once() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::below(dir.path());
        let places = engine.places("lan").unwrap();
        let eve = places.folder.join("eve.json");
        fs::write(&eve, "{}\n").unwrap();
        assert!(!engine.rotate(&places));
        fs::File::options()
            .write(true)
            .open(&eve)
            .unwrap()
            .set_len(EVE_BYTES_MAX + 1)
            .unwrap();
        assert!(engine.rotate(&places) && !engine.rotate(&places));
        let pattern = dir.path().join("lan/eve-*.json");
        assert_eq!(glob::glob(&pattern.display().to_string()).unwrap().count(), 1);
    }
}

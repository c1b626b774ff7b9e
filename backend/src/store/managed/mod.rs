//! A PostgreSQL 17 of our own in the data directory.
//!
//! Invariants: one process per directory (the kernel drops our lock with us); never as root; reachable only over a Unix socket
//! in a folder closed to others, with a password; gone when we are gone. `initdb` works in a folder that gets its name only
//! when it is complete, so an interrupted first start leaves nothing half made.
//!
//! ```text
//! postgres/            0711, ours
//!   lock               held while we run
//!   passwords.json     0600, ours
//!   cluster/           0700, the server's user
//!   run/               0700, the server's user: the socket
//!   postgres.log       the last start's messages
//! ```

pub mod binaries;
mod process;

use super::{DatabaseConfig, Secret, StoreError};
use process::Keeper;
use serde::{Deserialize, Serialize};
use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::Write as _,
    os::{
        fd::AsRawFd,
        unix::{
            fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
            process::CommandExt,
        },
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A cluster that initdb has not finished, followed by the id of the process that makes it.
const UNFINISHED: &str = "cluster.new.";
/// How long an old server, still shutting down after a kill, may hold the directory.
const OLD_SERVER_PATIENCE: Duration = Duration::from_secs(30);
const READY_PATIENCE: Duration = Duration::from_secs(60);
/// A socket's path has 108 bytes in the kernel, with `/.s.PGSQL.5432` and a NUL at its end.
const SOCKET_FOLDER_BYTES_MAX: usize = 90;

pub struct ManagedServer {
    /// Ends the server when it is dropped.
    _keeper: Keeper,
    passwords: Passwords,
    socket_folder: PathBuf,
    /// Keeps `/proc/self/fd/…` valid where the folder's own path is too long for a socket.
    _socket_folder_handle: File,
    _lock: File,
}

/// Generated at the first start.
#[derive(Clone, Serialize, Deserialize)]
struct Passwords {
    superuser: String,
    owner: String,
    app: String,
}

/// The three roles of the managed server.
#[derive(Debug, Clone, Copy)]
pub enum ManagedRole {
    /// Makes the roles and the database, and nothing else.
    Superuser,
    /// Owns the schema.
    Owner,
    /// What the server works as.
    App,
}

impl ManagedRole {
    pub const fn name(self) -> &'static str {
        match self {
            ManagedRole::Superuser => "postgres",
            ManagedRole::Owner => "watchfloor_owner",
            ManagedRole::App => "watchfloor_app",
        }
    }
}

/// What a start needs to know.
struct Layout {
    root: PathBuf,
    prefix: PathBuf,
    /// The user that the server runs under, when we are root.
    uid: Option<u32>,
    connections_max: u32,
    settings: Vec<String>,
}

impl ManagedServer {
    /// Starts the server in `root`, making the cluster at the first start. Blocks until it takes connections. `settings` are
    /// further `name=value` of postgresql.conf.
    pub fn start(config: &DatabaseConfig, root: &Path, settings: &[&str]) -> Result<ManagedServer, StoreError> {
        let root = std::path::absolute(root)?;
        DirBuilder::new().recursive(true).mode(0o711).create(&root)?;
        let lock = lock(&root)?;
        let layout = Layout::new(config, root, settings)?;
        let passwords = layout.passwords()?;
        layout.folder("run")?;
        layout.make_cluster(&passwords)?;
        let start = Instant::now();
        let keeper = loop {
            match layout.start_postmaster() {
                Err(StoreError::Start(why)) if held_by_old_server(&why) && start.elapsed() < OLD_SERVER_PATIENCE => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                other => break other?,
            }
        };
        let run = layout.root.join("run");
        let handle = File::open(&run)?;
        let short = run.as_os_str().len() <= SOCKET_FOLDER_BYTES_MAX;
        let socket_folder = if short {
            run
        } else {
            PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()))
        };
        tracing::info!(postgres.pid = keeper.pid, "the managed PostgreSQL takes connections");
        Ok(ManagedServer {
            _keeper: keeper,
            passwords,
            socket_folder,
            _socket_folder_handle: handle,
            _lock: lock,
        })
    }

    /// How to connect as one of the roles.
    pub fn options(&self, role: ManagedRole, database: &str) -> sqlx::postgres::PgConnectOptions {
        let password = match role {
            ManagedRole::Superuser => &self.passwords.superuser,
            ManagedRole::Owner => &self.passwords.owner,
            ManagedRole::App => &self.passwords.app,
        };
        sqlx::postgres::PgConnectOptions::new_without_pgpass()
            .socket(&self.socket_folder)
            .port(5432)
            .username(role.name())
            .password(password)
            .database(database)
    }

    pub fn password(&self, role: ManagedRole) -> Secret {
        Secret::new(match role {
            ManagedRole::Superuser => &self.passwords.superuser,
            ManagedRole::Owner => &self.passwords.owner,
            ManagedRole::App => &self.passwords.app,
        })
    }

    #[cfg(test)]
    pub fn pid(&self) -> u32 {
        self._keeper.pid
    }
}

fn lock(root: &Path) -> Result<File, StoreError> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(root.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Locked(root.to_path_buf())),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// In PostgreSQL's words: its lock file, its shared memory, or its socket (or that one's lock file) is in use.
fn held_by_old_server(why: &str) -> bool {
    ["postmaster.pid", "shared memory block", ".s.PGSQL.5432"]
        .iter()
        .any(|held| why.contains(held))
}

impl Layout {
    fn new(config: &DatabaseConfig, root: PathBuf, settings: &[&str]) -> Result<Layout, StoreError> {
        let uid = process::is_root().then_some(config.managed_uid);
        let mut prefix = binaries::locate(config.binaries.as_deref())?;
        if let Some(uid) = uid {
            if let Some(path) = binaries::barrier(&root, uid) {
                return Err(StoreError::Unreachable { path, uid });
            }
            if binaries::barrier(&prefix.join("bin"), uid).is_some() {
                let copy = root.join("binaries");
                binaries::copy_to(&prefix, &copy)?;
                prefix = copy;
            }
        }
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        Ok(Layout {
            root,
            prefix,
            uid,
            connections_max: config.connections_max,
            settings,
        })
    }

    fn passwords(&self) -> Result<Passwords, StoreError> {
        let path = self.root.join("passwords.json");
        if let Ok(bytes) = std::fs::read(&path) {
            return serde_json::from_slice(&bytes).map_err(|_| StoreError::Inconsistent {
                what: format!("{} that is not as this product wrote it", path.display()),
            });
        }
        let generate = || crate::identity::token::generate().reveal().to_owned();
        let passwords = Passwords {
            superuser: generate(),
            owner: generate(),
            app: generate(),
        };
        let unfinished = self.root.join("passwords.new");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(&serde_json::to_vec(&passwords).map_err(std::io::Error::from)?)?;
        file.sync_all()?;
        std::fs::rename(unfinished, path)?;
        Ok(passwords)
    }

    /// A folder for the server's user alone.
    fn folder(&self, name: &str) -> std::io::Result<PathBuf> {
        let path = self.root.join(name);
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))?;
        if let Some(uid) = self.uid {
            std::os::unix::fs::chown(&path, Some(uid), Some(uid))?;
        }
        Ok(path)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.prefix.join("bin").join(program));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC");
        command.env("LD_LIBRARY_PATH", self.prefix.join("lib"));
        command.current_dir("/").stdin(Stdio::null());
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid);
        }
        command
    }

    /// What earlier starts left when they were killed. One that is still being written to goes with the next start.
    fn remove_unfinished(&self) {
        let Ok(entries) = std::fs::read_dir(&self.root) else {
            return;
        };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }

    fn make_cluster(&self, passwords: &Passwords) -> Result<(), StoreError> {
        let cluster = self.root.join("cluster");
        if cluster.join("PG_VERSION").exists() {
            return Ok(());
        }
        self.remove_unfinished();
        // An initdb whose server was killed lives on for a moment: it must not meet this one in its folder.
        let name = format!("{UNFINISHED}{}", std::process::id());
        let unfinished = self.root.join(&name);
        self.folder(&name)?;
        let password_file = self.root.join(format!("run/superuser.{}", std::process::id()));
        std::fs::write(&password_file, &passwords.superuser)?;
        std::fs::set_permissions(&password_file, Permissions::from_mode(0o600))?;
        if let Some(uid) = self.uid {
            std::os::unix::fs::chown(&password_file, Some(uid), Some(uid))?;
        }
        let output = self
            .command("initdb")
            .arg("-D")
            .arg(&unfinished)
            .args([
                "-U",
                ManagedRole::Superuser.name(),
                "-A",
                "scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-k",
            ])
            .arg("--pwfile")
            .arg(&password_file)
            .output();
        std::fs::remove_file(&password_file)?;
        let output = output?;
        if !output.status.success() {
            return Err(start_error(&String::from_utf8_lossy(&output.stderr)));
        }
        std::fs::rename(unfinished, cluster)?;
        Ok(())
    }

    fn start_postmaster(&self) -> Result<Keeper, StoreError> {
        let cluster = self.root.join("cluster");
        let log = self.root.join("postgres.log");
        let mut command = self.command("postgres");
        command.arg("-D").arg(&cluster).args(["-k", "../run"]);
        let connections = format!("max_connections={}", self.connections_max.saturating_add(14));
        let own = [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "shared_buffers=64MB",
            "logging_collector=off",
        ];
        let calm = [
            "log_min_messages=log",
            "log_checkpoints=off",
            "jit=off",
            "max_wal_size=512MB",
        ];
        let own = own.into_iter().chain(calm).chain([connections.as_str()]);
        for setting in own.chain(self.settings.iter().map(String::as_str)) {
            command.arg("-c").arg(setting);
        }
        // A file of its own: an old server may still be writing to the one before.
        match std::fs::remove_file(&log) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        command.stdout(Stdio::null()).stderr(File::create(&log)?);
        let keeper = Keeper::start(command)?;
        let start = Instant::now();
        while !is_ready(&cluster, keeper.pid) {
            if keeper.has_ended() {
                return Err(start_error(&std::fs::read_to_string(&log).unwrap_or_default()));
            }
            if start.elapsed() > READY_PATIENCE {
                return Err(StoreError::Start(format!(
                    "it was not ready within {} s",
                    READY_PATIENCE.as_secs()
                )));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        keeper.restart_when_ended();
        Ok(keeper)
    }
}

fn start_error(messages: &str) -> StoreError {
    if messages.contains("No space left on device") {
        return StoreError::DiskFull;
    }
    let mut lines: Vec<&str> = messages
        .lines()
        .filter(|line| !line.trim().is_empty())
        .rev()
        .take(6)
        .collect();
    lines.reverse();
    StoreError::Start(lines.join(" / "))
}

/// The postmaster writes its state into the eighth line of `postmaster.pid`.
fn is_ready(cluster: &Path, pid: u32) -> bool {
    let Ok(text) = std::fs::read_to_string(cluster.join("postmaster.pid")) else {
        return false;
    };
    let mut lines = text.lines();
    let ours = lines.next().is_some_and(|line| line.trim() == pid.to_string());
    ours && lines.nth(6).is_some_and(|state| state.trim() == "ready")
}

//! What the parts do together: start, pages, news, imports, the end.

use super::{import, notify::Notifier, tray, window};
use crate::{
    autostart,
    instance::{First, Handed},
    links::{Wanted, alert_page},
    notices::{Notice, Notices},
    pin,
    shell::{Command, Desk, Shell, Stage},
    standalone::StandAlone,
    update,
    watch::{Seen, Session, Watch},
};
use anyhow::Result;
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tauri::{AppHandle, Manager};
use tokio::{sync::mpsc, task::JoinHandle};
use url::Url;

/// Alerts on their way to the desktop; the stream waits when the desktop is slow.
const NEWS: usize = 64;
/// Files that wait for their import.
const FILES: usize = 1_024;
const UPDATES_EVERY: Duration = Duration::from_secs(24 * 3_600);
const TICK: Duration = Duration::from_secs(5);

/// The app, as its parts know it.
pub struct Desktop {
    pub app: AppHandle,
    pub desk: Arc<Desk>,
    pub shell: Shell,
    console: Mutex<Console>,
    notifier: Notifier,
    files: mpsc::Sender<PathBuf>,
    files_waiting: Mutex<Option<mpsc::Receiver<PathBuf>>>,
    started: Mutex<Option<JoinHandle<Option<StandAlone>>>>,
    restart: AtomicBool,
}

/// Where the console is.
#[derive(Debug, Default)]
struct Console {
    base: Option<Url>,
    /// What is to be shown when there is one.
    pending: Option<String>,
}

/// None before set-up is done.
pub fn of(app: &AppHandle) -> Option<Arc<Desktop>> {
    app.try_state::<Arc<Desktop>>().map(|state| Arc::clone(&state))
}

impl Desktop {
    pub fn new(app: AppHandle, shell: Shell) -> Arc<Self> {
        let clicked = app.clone();
        let notifier = Notifier::start(move |page| {
            if let Some(desktop) = of(&clicked) {
                desktop.show(&page);
            }
        });
        let (files, files_waiting) = mpsc::channel(FILES);
        let desktop = Arc::new(Self {
            desk: Arc::clone(&shell.desk),
            shell,
            console: Mutex::default(),
            notifier,
            files,
            files_waiting: Mutex::new(Some(files_waiting)),
            started: Mutex::default(),
            restart: AtomicBool::new(false),
            app: app.clone(),
        });
        app.manage(Arc::clone(&desktop));
        desktop
    }

    /// Opens the window at once, and starts what it is to show.
    pub fn begin(
        self: &Arc<Self>,
        hidden: bool,
        first: First,
        handed: Handed,
        asked: mpsc::Receiver<Command>,
    ) -> Result<()> {
        window::main(self, hidden)?;
        if let Err(error) = tray::make(&self.app) {
            tracing::warn!(%error, "no tray here");
        }
        let later = Arc::clone(self);
        first.listen(move |handed| later.hand(handed))?;
        self.take(handed.wanted);
        tokio::spawn(Arc::clone(self).obey(asked));
        tokio::spawn(end(self.app.clone()));
        tokio::spawn(Arc::clone(self).look_for_updates());
        let starting = tokio::spawn(Arc::clone(self).start());
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Some(starting);
        Ok(())
    }

    /// Returns the server that is in this process now, if it is.
    async fn start(self: Arc<Self>) -> Option<StandAlone> {
        let began = Instant::now();
        if let Some(server) = self.desk.settings().server {
            self.desk.connect(&server).await;
            self.connected();
            return None;
        }
        let resources = resources();
        let started = StandAlone::start(&self.desk.profile, resources.as_deref()).await;
        let server = match started {
            Ok(server) => server,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the server in this process did not start");
                self.desk.stage.send_replace(Stage::Failed(format!("{error:#}")));
                window::go(&self.app, &self.shell.enter("/desktop/start"));
                return None;
            }
        };
        let page = self.lock().pending.take().unwrap_or_else(|| "/alerts".to_owned());
        match server.link(&page).await {
            Ok(link) => window::go(&self.app, &link),
            Err(error) => tracing::error!(%error, "no sign-in link"),
        }
        self.lock().base = Some(server.base.clone());
        self.desk.stage.send_replace(Stage::Ready);
        tracing::info!(
            seconds = began.elapsed().as_secs_f64(),
            "the server in this process is ready"
        );
        self.watch(
            server.base.clone(),
            None,
            Session::Ours(server.running.db.clone(), server.member.clone()),
        );
        self.import_into(import::local(&server.running));
        Some(server)
    }

    /// The window of a server elsewhere, when it was accepted; else the page that asks.
    fn connected(self: &Arc<Self>) {
        let page = match (&*self.desk.stage.borrow(), self.desk.upstream()) {
            (Stage::Ready, Some(upstream)) => {
                let base = self.shell.base.clone();
                self.lock().base = Some(base);
                let http = (upstream.http.clone(), Arc::clone(&upstream.jar));
                self.watch(upstream.address.clone(), Some(http), Session::Theirs);
                self.lock().pending.take().unwrap_or_else(|| "/alerts".to_owned())
            }
            _ => "/desktop/start".to_owned(),
        };
        window::go(&self.app, &self.shell.enter(&page));
    }

    fn watch(
        self: &Arc<Self>,
        base: Url,
        http: Option<(reqwest::Client, Arc<reqwest::cookie::Jar>)>,
        session: Session,
    ) {
        let (http, jar) = match http {
            Some(parts) => parts,
            None => {
                let jar = Arc::new(reqwest::cookie::Jar::default());
                match pin::client(None, Arc::clone(&jar)) {
                    Ok(http) => (http, jar),
                    Err(error) => return tracing::error!(%error, "no news without a client"),
                }
            }
        };
        let (seen, news) = mpsc::channel(NEWS);
        let watch = Watch {
            http,
            jar,
            base,
            session,
            seen,
        };
        tokio::spawn(watch.run());
        tokio::spawn(Arc::clone(self).tell(news));
    }

    /// News to the desktop: notifications, the tray's number, the banner.
    async fn tell(self: Arc<Self>, mut news: mpsc::Receiver<Seen>) {
        let mut notices = Notices::default();
        let mut tick = tokio::time::interval(TICK);
        loop {
            let notice = tokio::select! {
                seen = news.recv() => match seen {
                    None => return,
                    Some(Seen::Alert(alert)) => notices.on_alert(Instant::now(), &alert, &self.desk.settings().notify),
                    Some(Seen::Open(open)) => {
                        tray::count(&self.app, open);
                        None
                    }
                    Some(Seen::Online(now)) => {
                        notices.begin(now);
                        window::banner(&self.app, window::Banner::Offline, None);
                        None
                    }
                    Some(Seen::Offline(why)) => {
                        tracing::info!(why, "the server is away");
                        let text = "Offline: the server does not answer. What you see is as old as that. Trying again.";
                        window::banner(&self.app, window::Banner::Offline, Some(text));
                        tray::away(&self.app);
                        None
                    }
                    Some(Seen::SignedOut) => {
                        tray::away(&self.app);
                        None
                    }
                },
                _ = tick.tick() => notices.on_tick(Instant::now()),
            };
            match notice {
                Some(Notice::Alert {
                    id,
                    title,
                    body,
                    urgent,
                }) => {
                    self.notifier.tell(title, body, urgent, alert_page(id.as_str()));
                }
                Some(Notice::More(more)) => {
                    self.notifier.tell(
                        format!("{more} more alerts"),
                        String::new(),
                        false,
                        "/alerts".to_owned(),
                    );
                }
                None => {}
            }
        }
    }

    /// What pages ask for.
    async fn obey(self: Arc<Self>, mut asked: mpsc::Receiver<Command>) {
        while let Some(command) = asked.recv().await {
            match command {
                Command::SettingsChanged => self.set_autostart(),
                Command::Connected => self.connected(),
                Command::Restart => {
                    self.restart.store(true, Ordering::Relaxed);
                    self.app.exit(0);
                }
            }
        }
    }

    /// Once a day, where the settings say where and by whose signature.
    async fn look_for_updates(self: Arc<Self>) {
        let mut days = tokio::time::interval(UPDATES_EVERY);
        loop {
            days.tick().await;
            let Some(update) = self.desk.settings().update else {
                continue;
            };
            match update::fetch(&update, &self.desk.profile, env!("CARGO_PKG_VERSION")).await {
                Ok(Some(fetched)) => {
                    let title = format!("Watchfloor {} can be installed", fetched.version);
                    let body = format!("Its signature fits. sudo apt install {}", fetched.path.display());
                    self.notifier.tell(title, body, false, "/".to_owned());
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(error = format!("{error:#}"), "no newer version was fetched"),
            }
        }
    }

    fn set_autostart(&self) {
        let wanted = self.desk.settings().autostart;
        let (Some(folder), Ok(program)) = (autostart::folder(), std::env::current_exe()) else {
            return;
        };
        if let Err(error) = autostart::set(&folder, wanted, &program) {
            tracing::warn!(%error, "the session's autostart entry cannot be changed");
        }
    }

    /// What a later start was asked for; without anything it was asked for the window.
    fn hand(&self, handed: Handed) {
        window::show(&self.app);
        self.take(handed.wanted);
    }

    pub fn take(&self, wanted: Vec<Wanted>) {
        let mut files = Vec::new();
        for one in wanted {
            match one {
                Wanted::Show(page) => self.show(&page),
                Wanted::Import(path) => files.push(path),
            }
        }
        self.import(files);
    }

    /// A page of the console, in front of everything; as soon as there is one.
    pub fn show(&self, page: &str) {
        let base = self.lock().base.clone();
        match base.and_then(|base| base.join(page).ok()) {
            Some(url) => {
                window::go(&self.app, &url);
                window::show(&self.app);
            }
            None => self.lock().pending = Some(page.to_owned()),
        }
    }

    /// The wall, in a window beside the first.
    pub fn wall(&self) {
        let base = self.lock().base.clone();
        if let Some(url) = base.and_then(|base| base.join("wall").ok()) {
            window::wall(self, url);
        }
    }

    pub fn import(&self, files: Vec<PathBuf>) {
        if files.is_empty() {
            return;
        }
        if self.desk.settings().server.is_some() {
            let text = "Files are imported where the server runs in this app. To a server elsewhere: watchfloor replay --server.";
            window::banner(&self.app, window::Banner::Import, Some(text));
            return;
        }
        for file in files {
            if self.files.try_send(file).is_err() {
                let text = "More files are waiting for their import than can wait. Try again when these are done.";
                window::banner(&self.app, window::Banner::Import, Some(text));
                return;
            }
        }
    }

    fn import_into(self: &Arc<Self>, sink: watchfloor::replay::Sink) {
        let waiting = self.files_waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waiting) = waiting {
            tokio::spawn(import::run(Arc::clone(self), sink, waiting));
        }
    }

    pub fn tell_imported(&self, text: String) {
        self.notifier.tell(text, String::new(), false, "/alerts".to_owned());
    }

    pub fn is_to_restart(&self) -> bool {
        self.restart.load(Ordering::Relaxed)
    }

    /// Ends the server in this process, also one that is only starting.
    pub fn stop(&self) {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(started) = started {
            tauri::async_runtime::block_on(async {
                if let Ok(Some(server)) = started.await {
                    server.stop().await;
                }
            });
        }
        tracing::info!("ended");
    }

    fn lock(&self) -> MutexGuard<'_, Console> {
        self.console.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ctrl-C, or a polite kill, as the session's end sends it.
async fn end(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    app.exit(0);
}

/// Where a bundle keeps what it brings along: `/usr/lib/watchfloor-desktop` for `/usr/bin/watchfloor-desktop`.
fn resources() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?.parent()?.join("lib/watchfloor-desktop");
    folder.is_dir().then_some(folder)
}

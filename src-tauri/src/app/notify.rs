//! Notifications by the desktop's own service, `org.freedesktop.Notifications`; a click leads to what they are about.

use anyhow::Result;
use dbus::{
    Message,
    arg::{PropMap, Variant},
    blocking::Connection,
    message::MatchRule,
};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Duration,
};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a click may wait to be seen.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Notifications on their way; alerts beyond them are in the console all the same.
const QUEUE: usize = 64;
/// Of these a click is understood.
const REMEMBERED: usize = 256;
/// The service decides when one goes.
const ITS_CHOICE: i32 = -1;

struct Told {
    title: String,
    body: String,
    urgent: bool,
    page: String,
}

pub struct Notifier {
    queue: SyncSender<Told>,
}

impl Notifier {
    /// `open` is called with the page of a notification that was clicked. Without a session bus, nothing is told.
    pub fn start(open: impl Fn(String) + Send + 'static) -> Self {
        let (queue, waiting) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("notify".to_owned()).spawn(move || {
            if let Err(error) = serve(&waiting, open) {
                tracing::warn!(%error, "no notifications on this desktop");
            }
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "no notifications");
        }
        Self { queue }
    }

    /// Never waits.
    pub fn tell(&self, title: String, body: String, urgent: bool, page: String) {
        let told = Told {
            title,
            body,
            urgent,
            page,
        };
        if self.queue.try_send(told).is_err() {
            tracing::debug!("a notification was left out");
        }
    }
}

type Pages = Arc<Mutex<VecDeque<(u32, String)>>>;

fn serve(waiting: &Receiver<Told>, open: impl Fn(String) + Send + 'static) -> Result<()> {
    let bus = Connection::new_session()?;
    let pages = Pages::default();
    let known = Arc::clone(&pages);
    let clicked = MatchRule::new_signal(SERVICE, "ActionInvoked").with_path(PATH);
    bus.add_match(
        clicked,
        move |(id, _action): (u32, String), _: &Connection, _: &Message| {
            let pages = known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, page)) = pages.iter().find(|(told, _)| *told == id) {
                open(page.clone());
            }
            true
        },
    )?;
    loop {
        while bus.process(Duration::ZERO)? {}
        match waiting.recv_timeout(LOOK_EVERY) {
            Ok(told) => match show(&bus, &told) {
                Ok(id) => remember(&pages, id, told.page),
                Err(error) => tracing::warn!(%error, "a notification was not shown"),
            },
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn show(bus: &Connection, told: &Told) -> Result<u32, dbus::Error> {
    let mut hints = PropMap::new();
    let urgency: u8 = if told.urgent { 2 } else { 1 };
    hints.insert("urgency".to_owned(), Variant(Box::new(urgency)));
    hints.insert(
        "desktop-entry".to_owned(),
        Variant(Box::new("watchfloor-desktop".to_owned())),
    );
    let service = bus.with_proxy(SERVICE, PATH, ANSWER_WAIT_MAX);
    let (id,): (u32,) = service.method_call(
        SERVICE,
        "Notify",
        (
            "Watchfloor",
            0_u32,
            "watchfloor-desktop",
            told.title.as_str(),
            told.body.as_str(),
            vec!["default", "Open"],
            hints,
            ITS_CHOICE,
        ),
    )?;
    Ok(id)
}

fn remember(pages: &Pages, id: u32, page: String) {
    let mut pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
    pages.push_back((id, page));
    if pages.len() > REMEMBERED {
        pages.pop_front();
    }
}

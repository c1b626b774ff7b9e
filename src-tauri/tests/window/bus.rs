//! What a desktop has on its session bus: the notification service and the tray's watcher.

use dbus::{
    Message,
    arg::{PropMap, RefArg, Variant},
    blocking::{Connection, stdintf::org_freedesktop_dbus::Properties},
    channel::{Channel, MatchingReceiver, Sender as _},
    message::MatchRule,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

#[derive(Debug, Clone)]
pub struct Note {
    pub id: u32,
    pub title: String,
    pub body: String,
    pub actions: Vec<String>,
}

pub struct Services {
    notes: Receiver<Note>,
    click: Sender<u32>,
    /// Name and path of the app's tray item.
    item: Arc<Mutex<Option<(String, String)>>>,
    address: String,
}

fn connect(address: &str) -> Connection {
    let mut channel = Channel::open_private(address).unwrap();
    channel.register().unwrap();
    Connection::from(channel)
}

impl Services {
    pub fn offer(address: &str) -> Self {
        let (noted, notes) = channel();
        let (click, clicks) = channel::<u32>();
        let item = Arc::new(Mutex::new(None));
        let bus = connect(address);
        for name in [NOTIFICATIONS, WATCHER] {
            bus.request_name(name, false, true, false).unwrap();
        }
        let (known, ids) = (Arc::clone(&item), AtomicU32::new(1));
        let answer = move |message: Message, bus: &Connection| {
            let reply = answer(&message, &noted, &known, &ids);
            if let Some(reply) = reply {
                let _ = bus.send(reply);
            }
            true
        };
        bus.start_receive(MatchRule::new_method_call(), Box::new(answer));
        std::thread::spawn(move || {
            while bus.process(Duration::from_millis(50)).is_ok() {
                for id in clicks.try_iter() {
                    let clicked = Message::new_signal(NOTIFICATIONS_PATH, NOTIFICATIONS, "ActionInvoked").unwrap();
                    let _ = bus.send(clicked.append2(id, "default"));
                }
            }
        });
        Self {
            notes,
            click,
            item,
            address: address.to_owned(),
        }
    }

    /// Until somebody on the bus has this name.
    pub fn wait_for(&self, name: &str) {
        let bus = connect(&self.address);
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let daemon = bus.with_proxy("org.freedesktop.DBus", "/", Duration::from_secs(5));
            let (there,): (bool,) = daemon
                .method_call("org.freedesktop.DBus", "NameHasOwner", (name,))
                .unwrap();
            if there {
                return;
            }
            assert!(Instant::now() < until, "nobody on the bus is {name}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The next notification.
    pub fn note(&self) -> Note {
        self.notes
            .recv_timeout(Duration::from_secs(60))
            .expect("a notification")
    }

    pub fn click(&self, note: &Note) {
        self.click.send(note.id).unwrap();
    }

    /// What the tray says, once it is `wanted`.
    pub fn tray_says(&self, wanted: impl Fn(&str) -> bool) -> String {
        let bus = connect(&self.address);
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let item = self.item.lock().unwrap().clone();
            let label = item.as_ref().and_then(|(name, path)| {
                let item = bus.with_proxy(name, path, Duration::from_secs(5));
                item.get::<String>(ITEM, "XAyatanaLabel").ok()
            });
            if let Some(label) = label.as_ref().filter(|label| wanted(label)) {
                return label.clone();
            }
            assert!(Instant::now() < until, "the tray says {label:?}; item {item:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Services {
    /// Chooses this entry of the tray's menu, as the panel does.
    pub fn choose(&self, entry: &str) {
        let bus = connect(&self.address);
        let (name, path) = self.item.lock().unwrap().clone().expect("a tray");
        let item = bus.with_proxy(&name, path, Duration::from_secs(5));
        let menu: dbus::Path = item.get(ITEM, "Menu").unwrap();
        let menu = bus.with_proxy(name, menu, Duration::from_secs(5));
        let (_revision, root): (u32, Entry) = menu
            .method_call(MENU, "GetLayout", (0_i32, -1_i32, Vec::<String>::new()))
            .unwrap();
        let entries: Vec<(i32, String)> = root.2.iter().filter_map(|entry| labelled(&entry.0)).collect();
        let chosen = entries.iter().find(|(_, label)| label == entry);
        let (id, _) = chosen.unwrap_or_else(|| panic!("the tray has {entries:?}"));
        let (): () = menu
            .method_call(MENU, "Event", (*id, "clicked", Variant(0_i32), 0_u32))
            .unwrap();
    }
}

/// Id, properties, and the entries below it, each such a triple again.
type Entry = (i32, PropMap, Vec<Variant<Box<dyn RefArg>>>);

/// The id of an entry and what it says; a separator says nothing.
fn labelled(entry: &dyn RefArg) -> Option<(i32, String)> {
    let mut fields = entry.as_iter()?;
    let id = i32::try_from(fields.next()?.as_i64()?).ok()?;
    let mut properties = fields.next()?.as_iter()?;
    while let (Some(name), Some(value)) = (properties.next(), properties.next()) {
        if name.as_str() == Some("label") {
            return Some((id, value.as_str()?.to_owned()));
        }
    }
    None
}

fn answer(
    message: &Message,
    noted: &Sender<Note>,
    item: &Mutex<Option<(String, String)>>,
    ids: &AtomicU32,
) -> Option<Message> {
    let member = message.member()?.to_string();
    let reply = match member.as_str() {
        "Notify" => {
            let mut fields = message.iter_init();
            let (_app, _replaces, _icon): (String, u32, String) =
                (fields.read().ok()?, fields.read().ok()?, fields.read().ok()?);
            let (title, body): (String, String) = (fields.read().ok()?, fields.read().ok()?);
            let id = ids.fetch_add(1, Ordering::Relaxed);
            let actions = fields.read().ok()?;
            let _ = noted.send(Note {
                id,
                title,
                body,
                actions,
            });
            message.method_return().append1(id)
        }
        "RegisterStatusNotifierItem" => {
            let path: String = message.read1().ok()?;
            *item.lock().unwrap() = Some((message.sender()?.to_string(), path));
            message.method_return()
        }
        "Get" => message.method_return().append1(Variant(true)),
        "GetAll" => {
            let mut all = PropMap::new();
            all.insert("IsStatusNotifierHostRegistered".to_owned(), Variant(Box::new(true)));
            all.insert("ProtocolVersion".to_owned(), Variant(Box::new(0_i32)));
            message.method_return().append1(all)
        }
        _ => message.method_return(),
    };
    Some(reply)
}

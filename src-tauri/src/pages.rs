//! The app's own pages: while it starts, what went wrong, whether a server is the right one, settings. Plain forms, no scripts.

use crate::{
    settings::{Server, Settings, address},
    shell::{Command, Shell, Stage},
};
use axum::{
    extract::{Form, State},
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::Url;
use watchfloor_shared::alert::Severity;

const STYLE: &str = include_str!("pages.css");

/// What a person reads, as text in HTML.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// `head` and `body` are HTML already.
fn page(title: &str, head: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · Watchfloor</title>{head}\
         <link rel=\"stylesheet\" href=\"/desktop/style.css\"></head><body><main><h1>{title}</h1>{body}</main></body></html>",
        title = text(title),
    ))
}

pub async fn style() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "text/css")], STYLE)
}

/// How far the start is. The app leads the window on when it is ready.
pub async fn start(State(shell): State<Shell>) -> Response {
    let stage = shell.desk.stage.borrow().clone();
    match stage {
        Stage::Starting | Stage::Ready => page(
            "Starting",
            "",
            "<p>Event bus, PostgreSQL, search index, pipeline. The first start takes a few seconds longer.</p>",
        )
        .into_response(),
        Stage::Failed(why) => page(
            "Watchfloor could not start",
            "",
            &format!(
                "<p class=\"fault\">{}</p><p>More is in <code>{}</code>.</p><p><a href=\"/desktop/settings\">Settings</a></p>",
                text(&why),
                text(&shell.desk.profile.log_file().display().to_string())
            ),
        )
        .into_response(),
        Stage::Unknown { server, shown } => first_contact(&server, &shown).into_response(),
    }
}

fn first_contact(server: &Url, shown: &str) -> Html<String> {
    let pairs: Vec<&str> = shown
        .as_bytes()
        .chunks(4)
        .filter_map(|four| std::str::from_utf8(four).ok())
        .collect();
    page(
        "Is this the right server?",
        "",
        &format!(
            "<p><strong>{server}</strong> shows a certificate with this SHA-256. Compare it with what the server's administrator \
             tells you: whoever stands between would show another.</p><p><code id=\"shown\">{}</code></p>\
             <form method=\"post\" action=\"/desktop/accept\"><input type=\"hidden\" name=\"shown\" value=\"{}\">\
             <button class=\"primary\" id=\"accept\">It is the right one</button></form>\
             <p><a href=\"/desktop/settings\">Another server</a></p>",
            pairs.join(" "),
            text(shown),
            server = text(server.as_str()),
        ),
    )
}

#[derive(Deserialize)]
pub struct Accepted {
    shown: String,
}

/// What the person saw is what is kept.
pub async fn accept(State(shell): State<Shell>, Form(accepted): Form<Accepted>) -> Response {
    let stage = shell.desk.stage.borrow().clone();
    let Stage::Unknown { server, shown } = stage else {
        return Redirect::to("/desktop/start").into_response();
    };
    if accepted.shown != shown {
        return (StatusCode::CONFLICT, first_contact(&server, &shown)).into_response();
    }
    let server = Server {
        address: server,
        certificate_sha256: Some(shown),
    };
    let kept = server.clone();
    if let Err(error) = shell.desk.change(|settings| settings.server = Some(kept)) {
        return unsaved(&error);
    }
    shell.desk.connect(&server).await;
    let _ = shell.desk.commands.send(Command::Connected).await;
    Redirect::to("/desktop/start").into_response()
}

/// The server does not answer; the page tries again by itself.
pub fn away(address: &Url) -> Response {
    let body = format!(
        "<p class=\"fault\" id=\"offline\">{} cannot be reached. Trying again.</p><p><a href=\"/desktop/settings\">Settings</a></p>",
        text(address.as_str())
    );
    let page = page("Offline", "<meta http-equiv=\"refresh\" content=\"3\">", &body);
    (StatusCode::BAD_GATEWAY, page).into_response()
}

pub fn other_certificate(address: &Url) -> Response {
    let body = format!(
        "<p class=\"fault\" id=\"other-certificate\">{} shows another certificate than the one that you accepted. Somebody may \
         stand between, or the server has a new one. Nothing was sent.</p><p>Where its administrator says that it has a new one, \
         enter its address anew under <a href=\"/desktop/settings\">Settings</a>.</p>",
        text(address.as_str())
    );
    (
        StatusCode::BAD_GATEWAY,
        page("This is not the server you know", "", &body),
    )
        .into_response()
}

fn unsaved(error: &anyhow::Error) -> Response {
    let body = format!("<p class=\"fault\">{}</p>", text(&format!("{error:#}")));
    (StatusCode::INTERNAL_SERVER_ERROR, page("Not saved", "", &body)).into_response()
}

const SEVERITIES: [(Severity, &str, &str); 4] = [
    (Severity::Critical, "notify_critical", "Critical"),
    (Severity::High, "notify_high", "High"),
    (Severity::Medium, "notify_medium", "Medium"),
    (Severity::Low, "notify_low", "Low"),
];

pub async fn settings(State(shell): State<Shell>) -> Html<String> {
    settings_page(&shell.desk.settings(), "")
}

/// `said` is HTML: what the last saving came to.
fn settings_page(settings: &Settings, said: &str) -> Html<String> {
    let checked = |is: bool| if is { " checked" } else { "" };
    let here = settings.server.is_none();
    let address = settings
        .server
        .as_ref()
        .map(|server| server.address.to_string())
        .unwrap_or_default();
    let pin = settings
        .server
        .as_ref()
        .and_then(|server| server.certificate_sha256.as_deref());
    let pin = pin
        .map(|pin| format!("<p class=\"quiet\">Its certificate: <code>{}</code></p>", text(pin)))
        .unwrap_or_default();
    let severities: String = SEVERITIES
        .iter()
        .map(|(severity, name, label)| {
            let on = checked(settings.notify.contains(severity));
            format!("<label><input type=\"checkbox\" name=\"{name}\"{on}> {label}</label>")
        })
        .collect();
    page(
        "Desktop settings",
        "",
        &format!(
            "{said}<form method=\"post\" action=\"/desktop/settings\"><fieldset><legend>Server</legend>\
             <label><input type=\"radio\" name=\"where\" value=\"here\"{}> In this app, on this machine alone</label>\
             <label><input type=\"radio\" name=\"where\" value=\"server\"{}> Elsewhere: \
             <input name=\"address\" value=\"{}\" placeholder=\"https://soc.example\"></label>{pin}</fieldset>\
             <fieldset><legend>Tell me of new alerts that are</legend>{severities}</fieldset>\
             <fieldset><legend>This app</legend>\
             <label><input type=\"checkbox\" name=\"stay_in_tray\"{}> Stay in the tray when the window is closed</label>\
             <label><input type=\"checkbox\" name=\"autostart\"{}> Start, in the tray, when I sign in to this machine</label>\
             </fieldset><button class=\"primary\" id=\"save\">Save</button></form>",
            checked(here),
            checked(!here),
            text(&address),
            checked(settings.stay_in_tray),
            checked(settings.autostart),
        ),
    )
}

#[derive(Deserialize)]
pub struct Chosen {
    #[serde(rename = "where")]
    place: String,
    #[serde(default)]
    address: String,
    notify_low: Option<String>,
    notify_medium: Option<String>,
    notify_high: Option<String>,
    notify_critical: Option<String>,
    stay_in_tray: Option<String>,
    autostart: Option<String>,
}

impl Chosen {
    fn notify(&self) -> Vec<Severity> {
        let said = |name: &str| match name {
            "notify_low" => self.notify_low.is_some(),
            "notify_medium" => self.notify_medium.is_some(),
            "notify_high" => self.notify_high.is_some(),
            _ => self.notify_critical.is_some(),
        };
        let chosen = SEVERITIES.iter().filter(|(_, name, _)| said(name));
        chosen.map(|(severity, _, _)| *severity).collect()
    }
}

pub async fn save(State(shell): State<Shell>, Form(chosen): Form<Chosen>) -> Response {
    let before = shell.desk.settings();
    let server = match chosen.place.as_str() {
        "server" => match address(&chosen.address) {
            Ok(address) => Some(address),
            Err(error) => {
                let said = format!("<p class=\"fault\">{}</p>", text(&error.to_string()));
                return (StatusCode::BAD_REQUEST, settings_page(&before, &said)).into_response();
            }
        },
        _ => None,
    };
    // A known server's address, entered anew, is accepted anew: that is the way to a new certificate.
    let server = server.map(|address| Server {
        address,
        certificate_sha256: None,
    });
    let is_same = match (&before.server, &server) {
        (Some(before), Some(now)) => {
            before.address == now.address && shell.desk.upstream().is_some_and(|up| up.is_known())
        }
        (before, now) => before.is_none() && now.is_none(),
    };
    let changed = shell.desk.change(|settings| {
        settings.notify = chosen.notify();
        settings.stay_in_tray = chosen.stay_in_tray.is_some();
        settings.autostart = chosen.autostart.is_some();
        if !is_same {
            settings.server = server;
        }
    });
    if let Err(error) = changed {
        return unsaved(&error);
    }
    let _ = shell.desk.commands.send(Command::SettingsChanged).await;
    let said = match is_same {
        true => "<p class=\"said\" id=\"saved\">Saved.</p>",
        false => {
            "<p class=\"said\" id=\"saved\">Saved. The other server comes with the next start.</p>\
             <form method=\"post\" action=\"/desktop/restart\"><button id=\"restart\">Start again now</button></form>"
        }
    };
    settings_page(&shell.desk.settings(), said).into_response()
}

pub async fn restart(State(shell): State<Shell>) -> Html<String> {
    let _ = shell.desk.commands.send(Command::Restart).await;
    page("Starting again", "", "")
}

//! The app as the window of a server elsewhere.

use crate::screen::{Screen, is_here};
use std::{net::SocketAddr, path::Path, time::Duration};
use watchfloor::{
    clock::Clock,
    ingest::{BatchOrigin, Door},
    replay::{Plan, Sink, feed},
    startup::{self, Doors, Running},
    store::{Secret, identity::accounts},
};
use watchfloor_engine::simulate::{Scenario, Simulator};
use watchfloor_shared::identity::Role;
use watchfloor_tests::{certificates::Made, product};

const PASSWORD: &str = "correct horse battery staple";
const STORY: Duration = Duration::from_secs(600);

async fn server(dir: &Path, made: &Made, port: u16) -> Running {
    let mut config = product::config(dir);
    config.http.tls = made.files(dir, "server");
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], port));
    startup::start(config, Clock::system(), Doors::Open).await.unwrap()
}

async fn intrusion(running: &Running) {
    let now = running.clock.now();
    let scenario = Scenario {
        start: now.saturating_sub(STORY),
        ..Scenario::default()
    };
    let lines = Simulator::new(scenario.lasting(STORY)).take_while(|line| line.at < now);
    let lines = lines.enumerate().map(|(position, line)| watchfloor::ingest::RawLine {
        bytes: line.bytes.into(),
        position: position as u64,
    });
    let sink = Sink::Local {
        ingest: running.ingest.clone(),
        tenant: running.tenant.clone(),
        door: Door::Simulator,
        origin: BatchOrigin::default(),
    };
    feed(lines.map(anyhow::Ok), &Plan::default(), &sink, |_| ())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_elsewhere_is_accepted_once_and_another_certificate_never() {
    if !is_here() {
        return;
    }
    let dir = product::folder();
    let made = Made::new("soc.example");
    let running = server(dir.path(), &made, 0).await;
    let address = running.address.unwrap();
    let password = Secret::new(PASSWORD);
    let person = accounts::create_account(
        &running.db,
        &running.tenant,
        "Ada Analyst",
        "ada@soc.example",
        &password,
        Role::Analyst,
    );
    person.await.unwrap();

    let mut screen = Screen::new();
    let window = screen.app(&["--server", &format!("https://{address}")]).await;
    let shown = "document.querySelector('#shown')?.textContent.replaceAll(' ', '')";
    let shown = window.wait("the certificate", shown).await;
    assert_eq!(shown.as_str().unwrap(), made.fingerprint());
    window.click("#accept").await;

    window.type_into("input[name=email]", "ada@soc.example").await;
    window.type_into("input[name=password]", PASSWORD).await;
    window.click("button[type=submit]").await;
    window.at("/alerts").await;
    let cookies = window.value("document.cookie").await.unwrap();
    assert_eq!(cookies, "", "no script sees a key");

    // News come over the pinned connection.
    let begun = "fetch('/api/v1/me').then(r => r.json()).then(me => me.email)";
    assert_eq!(window.promised(begun).await, "ada@soc.example");
    screen.bus.tray_says(|label| label == "0");
    intrusion(&running).await;
    let note = screen.bus.note();
    screen.bus.click(&note);
    window
        .wait("the alert", "/^\\/alerts\\/[0-9a-f]{32}$/.test(location.pathname)")
        .await;

    // Away, it is said; back, it goes on by itself.
    running.stop().await;
    window
        .wait(
            "the banner",
            "document.querySelector('#watchfloor-desktop-offline') !== null",
        )
        .await;
    screen.bus.tray_says(|label| label == "–");
    let running = server(dir.path(), &made, address.port()).await;
    window
        .wait(
            "the end of the banner",
            "document.querySelector('#watchfloor-desktop-offline') === null",
        )
        .await;
    screen
        .bus
        .tray_says(|label| label.parse::<u32>().is_ok_and(|open| open > 0));
    assert_eq!(window.promised(begun).await, "ada@soc.example");

    // Who comes in its place is not spoken to.
    running.stop().await;
    let other = Made::new("soc.example");
    let impostor = server(dir.path(), &other, address.port()).await;
    let path = window.value("location.origin + '/alerts'").await.unwrap();
    window.go(path.as_str().unwrap()).await;
    window
        .wait("the refusal", "document.querySelector('#other-certificate') !== null")
        .await;
    impostor.stop().await;

    // The true one again, at another start: the keyring kept the session.
    let running = server(dir.path(), &made, address.port()).await;
    let left = screen.quit().await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
    drop(window);
    let window = screen.app(&[]).await;
    window.at("/alerts").await;
    assert_eq!(window.promised(begun).await, "ada@soc.example");
    let left = screen.quit().await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_on_the_settings_page_is_kept() {
    if !is_here() {
        return;
    }
    let mut screen = Screen::new();
    let window = screen.app(&["--server", "https://127.0.0.1:9"]).await;
    window
        .wait(
            "the fault",
            "document.querySelector('.fault')?.textContent.includes('127.0.0.1:9 cannot be reached')",
        )
        .await;
    window.click("a[href='/desktop/settings']").await;
    window.click("input[name=notify_medium]").await;
    window.click("input[name=autostart]").await;
    window.click("input[value=here]").await;
    window.click("#save").await;
    window
        .wait(
            "the answer",
            "document.querySelector('#saved')?.textContent.includes('next start')",
        )
        .await;
    let kept = std::fs::read_to_string(screen.profile().join("desktop.toml")).unwrap();
    assert!(kept.contains("\"medium\"") && !kept.contains("127.0.0.1"), "{kept}");
    let entry = screen
        .dir
        .path()
        .join("home/.config/autostart/watchfloor-desktop.desktop");
    assert!(screen.written(&entry).await.contains("--hidden"));
    // What needs a start gets one, in the place of this.
    window.click_and_lose("#restart").await;
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while !screen.log().contains("the server in this process is ready") {
        assert!(std::time::Instant::now() < until, "{}", screen.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let left = screen.quit().await;
    assert!(left.is_empty(), "left: {left:?}");
}

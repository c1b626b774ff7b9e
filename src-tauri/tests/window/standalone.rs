//! The app with its server inside.

use crate::{
    driver::Driver,
    screen::{Screen, is_here, memory_mib, signal},
};
use std::{
    fmt::Write as _,
    path::Path,
    time::{Duration, Instant},
};
use watchfloor_engine::simulate::{Scenario, Simulator};
use watchfloor_shared::Timestamp;

const STORY: Duration = Duration::from_secs(600);

/// An intrusion that has just happened, as a file of JSON lines.
pub fn recording(path: &Path) -> u64 {
    let now = watchfloor::clock::Clock::system().now();
    let start: Timestamp = now.saturating_sub(STORY);
    let scenario = Scenario {
        start,
        ..Scenario::default()
    };
    let lines = Simulator::new(scenario.lasting(STORY)).take_while(|line| line.at < now);
    let (mut text, mut count) = (String::new(), 0);
    for line in lines {
        writeln!(text, "{}", String::from_utf8(line.bytes).unwrap()).unwrap();
        count += 1;
    }
    std::fs::write(path, text).unwrap();
    count
}

/// What the page in the window may do with this process: nothing.
async fn calls_nothing(window: &Driver) {
    for command in ["plugin:event|listen", "plugin:app|version", "plugin:window|close"] {
        let call = format!(
            "(window.__TAURI_INTERNALS__?.invoke({command:?}, {{}}) ?? Promise.reject('no way to call')).then(() => 'done', why => 'refused: ' + why)"
        );
        let outcome = window.promised(&call).await;
        assert!(outcome.as_str().unwrap().starts_with("refused"), "{command}: {outcome}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_an_alert_on_the_desktop_and_quitting_leaves_nothing() {
    if !is_here() {
        return;
    }
    let mut screen = Screen::new();
    let began = Instant::now();
    let window = screen.app(&[]).await;
    window.at("/alerts").await;
    println!("first start to the console: {:.1} s", began.elapsed().as_secs_f64());
    calls_nothing(&window).await;

    // `Open with`: a second start hands the file to the first.
    let file = screen.dir.path().join("intrusion.jsonl");
    let records = recording(&file);
    let second = screen.second(&[file.to_str().unwrap()]);
    assert!(second.status.success(), "{second:?}");
    let said = format!(
        "document.querySelector('#watchfloor-desktop-import')?.textContent === 'Imported intrusion.jsonl: {records} records'"
    );
    window.wait("the import's end", &said).await;

    // Alerts are told by the desktop; a click leads to theirs.
    let note = loop {
        let note = screen.bus.note();
        if note.title.starts_with("Critical: ") || note.title.starts_with("High: ") {
            break note;
        }
    };
    assert!(
        note.title.ends_with("(simulated)") && note.actions.contains(&"default".to_owned()),
        "{note:?}"
    );
    assert!(!note.body.is_empty());
    screen.bus.click(&note);
    let shown = window
        .wait(
            "the alert",
            "/^\\/alerts\\/[0-9a-f]{32}$/.test(location.pathname) && location.pathname",
        )
        .await;
    let title = note.title.split_once(": ").unwrap().1.replace(" (simulated)", "");
    window
        .wait(
            "the alert's title",
            &format!("document.body.innerText.includes({title:?})"),
        )
        .await;

    // The tray counts what is open.
    let open = "fetch('/api/v1/alerts/facets').then(r => r.json()).then(f => String(f.open))";
    let says = screen
        .bus
        .tray_says(|label| label.parse::<u32>().is_ok_and(|open| open > 0));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let open = window.promised(open).await;
    let says = screen.bus.tray_says(|label| label == open).max(says);
    println!("the tray says {says}, open are {open}");

    // A link leads to another one.
    let other = "fetch('/api/v1/alerts').then(r => r.json()).then(a => a.items.map(i => '/alerts/' + i.id).find(p => p !== location.pathname))";
    let other = window.promised(other).await.as_str().unwrap().to_owned();
    assert_ne!(shown, other.as_str());
    let link = format!("watchfloor://alert/{}", other.rsplit('/').next().unwrap());
    assert!(screen.second(&[&link]).status.success());
    window.at(&other).await;
    let refused = screen.second(&["watchfloor://alert/../settings"]);
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("not a link"),
        "{refused:?}"
    );

    tokio::time::sleep(Duration::from_secs(5)).await;
    let processes = screen.processes();
    let (memory, each) = memory_mib(&processes);
    println!("memory with the imported alerts on the screen: {memory} MiB (PSS): {each}");
    assert!(
        processes.iter().any(|(_, line)| line.contains("postgres")),
        "{processes:?}"
    );
    let left = screen.quit().await;
    assert!(left.is_empty(), "left: {left:?}\n{}", screen.log());
    drop(window);

    // The same profile again: what was imported is there.
    let began = Instant::now();
    let window = screen.app(&[&link]).await;
    window.at(&other).await;
    println!(
        "start on an existing profile to an alert: {:.1} s",
        began.elapsed().as_secs_f64()
    );
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (memory, each) = memory_mib(&screen.processes());
    println!("memory ten seconds later: {memory} MiB (PSS): {each}");
    // Killed, it takes its server with it.
    signal("KILL", screen.app_pid());
    let left = screen.left(Duration::from_secs(30)).await;
    assert!(left.is_empty(), "left after a kill: {left:?}");
}

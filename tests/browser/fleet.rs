//! The Sensors page, with real sensors that enrol by what the page shows.

use super::{artefacts, browser_is_here, link, script};
use std::{fs, net::SocketAddr, path::Path, time::Duration};
use watchfloor::{
    clock::Clock,
    startup::{self, Doors},
};
use watchfloor_sensor::{Agent, config, enroll};
use watchfloor_tests::product;

/// The value of a flag in the command that the page shows.
fn flag<'a>(command: &'a str, name: &str) -> &'a str {
    let mut words = command.split_whitespace();
    words.find(|word| *word == name).unwrap();
    words.next().unwrap()
}

/// Waits until the script has written what the page shows, and does that on a host of its own.
async fn enrolled_host(shown: &Path, dir: &Path) -> watchfloor_sensor::Running {
    let command = loop {
        match fs::read_to_string(shown) {
            Ok(command) if command.ends_with('\n') => break command,
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let file = dir.join("sensor.toml");
    let text = format!(
        "data_dir = \"{}\"\n[capture]\nmethods = []\n[server]\nheartbeat_seconds = 5\n",
        dir.join("data").display()
    );
    fs::write(&file, text).unwrap();
    let config = config::load(Some(&file), std::iter::empty(), &[]).unwrap();
    let asked = enroll::Asked {
        server: flag(&command, "--server").to_owned(),
        code: flag(&command, "--code").to_owned(),
        name: Some(flag(&command, "--name").to_owned()),
        ca: None,
        fingerprint: None,
        again: false,
    };
    enroll::enroll(&config, &asked).await.unwrap();
    Agent::new(config).unwrap().start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_enrols_a_sensor_and_revokes_it() {
    if !browser_is_here() {
        return;
    }
    let (dir, host) = (product::folder(), product::folder());
    let mut config = product::config(dir.path());
    config.grpc.listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.sensors.server_names = vec!["127.0.0.1".to_owned()];
    let running = startup::start(config, Clock::system(), Doors::Open).await.unwrap();
    let link = link(&running).await;
    let shown = artefacts().join("enrol.txt");
    let _ = fs::remove_file(&shown);
    let script = script("sensors.mjs", &link);
    tokio::pin!(script);
    let (passed, agent) = tokio::select! {
        passed = &mut script => (passed, None),
        agent = enrolled_host(&shown, host.path()) => (script.await, Some(agent)),
    };
    if let Some(agent) = agent {
        agent.stop().await;
    }
    running.stop().await;
    assert!(passed, "see above; pictures in {}", artefacts().display());
}

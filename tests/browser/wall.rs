//! A wall screen in a real browser, and a network that a test cuts.

use super::{artefacts, browser_is_here, detection, knocks, link, script};
use watchfloor::{
    startup::{Doors, Running},
    store::{alerts, endpoints},
};
use watchfloor_engine::alert::{AlertSettings, Detection};
use watchfloor_shared::{EndpointId, alert::Technique};
use watchfloor_tests::{bench::map::weather, product, proxy::Proxy};

const TECHNIQUES: [(&str, &str); 6] = [
    ("T1003.001", "LSASS Memory"),
    ("T1059.001", "PowerShell"),
    ("T1547.001", "Registry Run Keys / Startup Folder"),
    ("T1071.001", "Web Protocols"),
    ("T1021.002", "SMB/Windows Admin Shares"),
    ("T1110", "Brute Force"),
];

/// Thirty alerts of all severities on six hosts.
async fn alarmed(running: &Running) {
    let now = running.clock.now();
    let detections: Vec<Detection> = (0..30_u64)
        .map(|number| {
            let host = format!("ws-{:04}", 400 + number % 6);
            let (id, name) = TECHNIQUES[(number * number % 6) as usize];
            Detection {
                endpoint_id: EndpointId::new(&host),
                endpoint_name: host.to_uppercase(),
                techniques: vec![Technique {
                    id: id.to_owned(),
                    name: name.to_owned(),
                    tactics: Vec::new(),
                }],
                simulated: false,
                ..detection(number, now)
            }
        })
        .collect();
    let seen = detections.iter().map(|detection| endpoints::EndpointSighting {
        id: detection.endpoint_id.clone(),
        name: detection.endpoint_name.clone(),
        platform: "windows".to_owned(),
        addresses: vec!["10.10.0.17".to_owned()],
        first_seen: detection.observed,
        last_seen: now,
        simulated: false,
    });
    let mut tx = running.db.tenant(&running.tenant).await.unwrap();
    endpoints::upsert(&mut tx, &seen.collect::<Vec<_>>()).await.unwrap();
    alerts::record(&mut tx, &detections, &AlertSettings::default(), now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wall_is_paired_redacted_honest_about_its_age_and_revoked() {
    if !browser_is_here() {
        return;
    }
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Open).await;
    let proxy = Proxy::to(running.address.unwrap()).await;
    let link = link(&running).await;
    let (_, token) = link.split_once("/sign-in").unwrap();
    let link = format!("http://{}/sign-in{token}", proxy.address());
    let told = artefacts().join("wall-network");
    std::fs::write(&told, "up").unwrap();
    alarmed(&running).await;
    let passed = tokio::select! {
        passed = script("wall.mjs", &link) => passed,
        () = knocks(&running) => false,
        () = weather(&proxy, &told) => false,
    };
    running.stop().await;
    assert!(passed, "see above; pictures in {}", artefacts().display());
}

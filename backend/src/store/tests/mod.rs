//! The store against a real PostgreSQL.

mod alerts;
mod arrival;
mod audit;
mod break_in;
mod identity;
mod managed;
mod people;
mod recorded;
mod scale;
mod tls;
mod walls;
mod writing;

use super::{Database, TenantTx, alerts::Recorded, testing::tenant_id};
use watchfloor_engine::alert::{AlertSettings, Detection};
use watchfloor_shared::{
    EndpointId, EntityId, EventId, RuleId, Timestamp,
    alert::{AlertRule, DetectionSource, MatchedField, Phrase, Severity, Technique},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_600_000_000_000 + second * 1_000)
}

fn detection(rule: &str, endpoint: &str, event: u64, second: i64) -> Detection {
    Detection {
        source: DetectionSource::Sigma,
        rule: AlertRule {
            id: RuleId::new(rule),
            title: format!("Title of {rule}"),
            level: "high".to_owned(),
            description: "What it looks for".to_owned(),
            author: None,
            false_positives: Vec::new(),
            references: Vec::new(),
        },
        severity: Severity::High,
        techniques: vec![Technique {
            id: "T1003.001".to_owned(),
            name: "LSASS Memory".to_owned(),
            tactics: vec!["Credential Access".to_owned()],
        }],
        event_id: EventId::new(format!("{event:032x}")),
        contributing: Vec::new(),
        endpoint_id: EndpointId::new(endpoint),
        subject: String::new(),
        endpoint_name: endpoint.to_uppercase(),
        user: Some(format!("corp\\user-of-{endpoint}")),
        process_name: Some("rundll32.exe".to_owned()),
        process_entity: Some(EntityId::new("{entity}")),
        file_sha256: None,
        evidence: "cmd.exe → rundll32.exe".to_owned(),
        what_happened: vec![
            Phrase::Machine("rundll32.exe".to_owned()),
            Phrase::Words("dumped memory".to_owned()),
        ],
        matched: vec![MatchedField {
            field: "CommandLine".to_owned(),
            value: "rundll32 comsvcs.dll".to_owned(),
            spans: vec![(0, 8)],
            condition: "contains comsvcs".to_owned(),
        }],
        observed: at(second),
        received: at(second + 1),
        detected: at(second + 2),
        simulated: false,
        located: None,
    }
}

async fn acme(db: &Database) -> TenantTx {
    db.tenant(&tenant_id("acme")).await.unwrap()
}

/// Records for `acme` and commits.
async fn record(db: &Database, detections: &[Detection]) -> Recorded {
    let mut tx = acme(db).await;
    let recorded = super::alerts::record(&mut tx, detections, &AlertSettings::default(), at(1_000))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    recorded
}

/// The test's database, or the end of the test with the reason printed.
macro_rules! database {
    () => {
        match crate::store::testing::database().await {
            Some(db) => db,
            None => return,
        }
    };
}
use database;

//! The five numbers, and the lists of a wall's scenes.

use crate::{
    api::state::AppState,
    store::{StoreError, TenantTx, Window, alerts, endpoints, endpoints::EndpointSort, identity::walls::PairedWall},
};
use std::collections::HashMap;
use watchfloor_engine::wall::{AtRisk, Redaction, WorstAlert};
use watchfloor_shared::{
    EndpointId, TenantId,
    alert::{AlertFacets, AlertFilter, AlertSort, AlertStatus, FacetCount, Severity},
    endpoint::EndpointSummary,
    pipeline::{PipelineSnapshot, StageSnapshot},
    wall::{WallElsewhere, WallEndpoint, WallNumbers, WallScene, WallStage, WallTechnique},
};

/// Rows of a list: more cannot be read from eight metres.
const ROWS_MAX: usize = 8;
/// Alerts among which the worst of each endpoint is looked for.
const WORST_MAX: i64 = 200;

/// Of the organization whose turn it is, and how the others are. Each is asked for in a transaction of its own.
pub async fn of(
    state: &AppState,
    wall: &PairedWall,
    shown: &TenantId,
    redaction: Redaction,
) -> Result<WallNumbers, StoreError> {
    let shows = |scene| wall.settings.scenes.contains(&scene);
    let mut tx = state.db.tenant(shown).await?;
    let facets = alerts::facets(&mut tx, &still_to_do(Vec::new())).await?;
    let endpoints_at_risk = endpoints::at_risk(&mut tx).await?;
    let endpoints = match shows(WallScene::Endpoints) {
        true => at_risk(&mut tx, redaction).await?,
        false => Vec::new(),
    };
    tx.commit().await?;
    let count = |severity| of_severity(&facets, severity).map_or(0, |count| count.count);
    let pipeline = state.snapshots.latest().await;
    let mut numbers = WallNumbers {
        now: state.clock.now(),
        critical: count(Severity::Critical),
        critical_since: of_severity(&facets, Severity::Critical).and_then(|count| count.oldest_open),
        high: count(Severity::High),
        elsewhere: elsewhere(state, wall, shown).await?,
        endpoints_at_risk,
        endpoints,
        ..with_pipeline(&pipeline, shows(WallScene::Pipeline))
    };
    if shows(WallScene::Techniques) {
        numbers.techniques = facets.technique.into_iter().take(ROWS_MAX).map(technique).collect();
    }
    Ok(numbers)
}

fn of_severity(facets: &AlertFacets, severity: Severity) -> Option<&FacetCount> {
    facets.severity.iter().find(|count| count.value == severity.as_str())
}

async fn elsewhere(state: &AppState, wall: &PairedWall, shown: &TenantId) -> Result<Vec<WallElsewhere>, StoreError> {
    let own = std::iter::once((&wall.tenant, &wall.organization));
    let all = own.chain(wall.also.iter().map(|beside| (&beside.id, &beside.name)));
    let mut elsewhere = Vec::new();
    for (tenant, organization) in all.filter(|(tenant, _)| *tenant != shown) {
        let mut tx = state.db.tenant(tenant).await?;
        let facets = alerts::facets(&mut tx, &still_to_do(Vec::new())).await?;
        tx.commit().await?;
        let count = |severity| of_severity(&facets, severity).map_or(0, |count| count.count);
        elsewhere.push(WallElsewhere {
            organization: organization.clone(),
            critical: count(Severity::Critical),
            high: count(Severity::High),
        });
    }
    Ok(elsewhere)
}

fn still_to_do(endpoint: Vec<String>) -> AlertFilter {
    AlertFilter {
        status: AlertStatus::ALL
            .into_iter()
            .filter(|status| !status.is_closed())
            .collect(),
        endpoint,
        ..AlertFilter::default()
    }
}

async fn at_risk(tx: &mut TenantTx, redaction: Redaction) -> Result<Vec<WallEndpoint>, StoreError> {
    let window = Window::first(i64::try_from(ROWS_MAX).unwrap_or(i64::MAX));
    let page = endpoints::list(tx, None, EndpointSort::Risk, &window).await?;
    let risky: Vec<EndpointSummary> = page.items.into_iter().filter(|endpoint| endpoint.risk > 0).collect();
    let ids: Vec<EndpointId> = risky.iter().map(|endpoint| endpoint.id.clone()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ordinals = endpoints::ordinals(tx, &ids).await?;
    let mut worst = worst_alerts(tx, &ids).await?;
    let shown = risky.into_iter().map(|endpoint| {
        redaction.endpoint(AtRisk {
            ordinal: ordinals.get(&endpoint.id).copied().unwrap_or_default(),
            worst: worst.remove(&endpoint.id),
            endpoint,
        })
    });
    Ok(shown.collect())
}

async fn worst_alerts(tx: &mut TenantTx, of: &[EndpointId]) -> Result<HashMap<EndpointId, WorstAlert>, StoreError> {
    let filter = still_to_do(of.iter().map(EndpointId::to_string).collect());
    let alerts = alerts::list(tx, &filter, AlertSort::Severity, &Window::first(WORST_MAX)).await?;
    let mut worst = HashMap::new();
    for alert in alerts.items {
        worst.entry(alert.endpoint_id).or_insert(WorstAlert {
            title: alert.title,
            user: alert.user,
        });
    }
    Ok(worst)
}

fn technique(count: FacetCount) -> WallTechnique {
    // The label of a facet begins with what goes into the filter.
    let name = count.label.strip_prefix(&count.value).map_or(&*count.label, str::trim);
    WallTechnique {
        name: name.to_owned(),
        alerts: count.count,
        id: count.value,
    }
}

/// Figures of the whole product, as the pipeline's own page has them. Texts of faults name files and hosts and stay here.
fn with_pipeline(pipeline: &PipelineSnapshot, with_stages: bool) -> WallNumbers {
    let stage = |stage: &StageSnapshot| WallStage {
        name: stage.name.clone(),
        events_per_second: stage.events_per_second,
        lag_ms: stage.lag_ms,
        dead: stage.dead.iter().map(|dead| dead.count).sum(),
        is_faulty: stage.fault.is_some(),
    };
    let faulty = pipeline.stages.iter().filter(|stage| stage.fault.is_some());
    WallNumbers {
        events_per_second: pipeline.events_per_second,
        behind_ms: pipeline.stages.iter().map(|stage| stage.lag_ms).max().unwrap_or(0),
        lost: pipeline.unaccounted,
        faults: i64::try_from(faulty.count()).unwrap_or(i64::MAX),
        stages: match with_stages {
            true => pipeline.stages.iter().map(stage).collect(),
            false => Vec::new(),
        },
        ..WallNumbers::default()
    }
}

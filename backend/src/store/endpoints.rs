//! Hosts that sent telemetry.

use super::{StoreError, TenantTx, Window, alerts::without_nul, page::Cursor};
use sqlx::{FromRow, Postgres, QueryBuilder};
use std::collections::HashMap;
use watchfloor_shared::{
    EndpointId, Timestamp,
    endpoint::{EndpointSummary, OpenAlerts},
    page::Page,
};

const ADDRESSES_MAX: i32 = 32;

/// What a batch of events says about one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSighting {
    pub id: EndpointId,
    pub name: String,
    pub platform: String,
    pub addresses: Vec<String>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub simulated: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum EndpointSort {
    /// Most at risk first.
    #[default]
    Risk,
    Name,
    /// Seen last first.
    LastSeen,
}

/// Takes what each host says of itself; safe to repeat with the same sightings. Keeps the 32 first addresses of a host; once
/// a host sent something real it is no longer a simulated one.
pub async fn upsert(tx: &mut TenantTx, sightings: &[EndpointSighting]) -> Result<(), StoreError> {
    let row = |sighting: &EndpointSighting| {
        serde_json::json!({
            "endpoint_id": without_nul(sighting.id.as_str()), "name": without_nul(&sighting.name),
            "platform": without_nul(&sighting.platform),
            "addresses": sighting.addresses.iter().map(|address| without_nul(address)).collect::<Vec<_>>(),
            "first_seen_ns": sighting.first_seen.nanos(), "last_seen_ns": sighting.last_seen.nanos(),
            "simulated": sighting.simulated,
        })
    };
    let rows = serde_json::Value::Array(sightings.iter().map(row).collect()).to_string();
    let tenant = tx.tenant().clone();
    // In the order of their ids, so that two writers do not wait for each other in a ring; each host once, because one
    // statement may not touch a row twice.
    sqlx::query!(
        "INSERT INTO endpoints AS e (tenant_id, endpoint_id, name, platform, addresses, first_seen_ns, last_seen_ns, simulated)
         SELECT $2, s.endpoint_id, max(s.name), max(s.platform),
                coalesce((array_agg(DISTINCT a.address) FILTER (WHERE a.address IS NOT NULL))[1:$3::int], '{}'),
                min(s.first_seen_ns), max(s.last_seen_ns), bool_and(s.simulated)
         FROM json_to_recordset($1::text::json) AS s (endpoint_id text, name text, platform text, addresses text[],
             first_seen_ns bigint, last_seen_ns bigint, simulated boolean)
         LEFT JOIN LATERAL unnest(s.addresses) AS a (address) ON true
         GROUP BY s.endpoint_id ORDER BY s.endpoint_id
         ON CONFLICT (tenant_id, endpoint_id) DO UPDATE SET
             name = excluded.name, platform = excluded.platform,
             addresses = (SELECT coalesce(array_agg(address ORDER BY place), '{}') FROM (
                 SELECT address, min(place) AS place
                 FROM unnest(e.addresses || excluded.addresses) WITH ORDINALITY AS all_of (address, place)
                 GROUP BY address ORDER BY min(place) LIMIT $3::int) kept),
             first_seen_ns = least(e.first_seen_ns, excluded.first_seen_ns),
             last_seen_ns = greatest(e.last_seen_ns, excluded.last_seen_ns),
             simulated = e.simulated AND excluded.simulated",
        rows,
        tenant.as_str(),
        ADDRESSES_MAX
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Open means not closed. Risk is the chance that at least one of them is real: 60, 35, 12 and 3 in 100 for each, by severity.
const WITH_ALERTS: &str = "WITH ranked AS (
    SELECT e.endpoint_id, e.name, e.platform, e.addresses, e.first_seen_ns, e.last_seen_ns, e.simulated,
           coalesce(a.low, 0) AS low, coalesce(a.medium, 0) AS medium, coalesce(a.high, 0) AS high,
           coalesce(a.critical, 0) AS critical,
           round(100 * (1 - power(0.40::float8, coalesce(a.critical, 0)) * power(0.65::float8, coalesce(a.high, 0))
               * power(0.88::float8, coalesce(a.medium, 0)) * power(0.97::float8, coalesce(a.low, 0))))::bigint AS risk
    FROM endpoints e
    LEFT JOIN (
        SELECT endpoint_id, count(*) FILTER (WHERE severity = 0) AS low, count(*) FILTER (WHERE severity = 1) AS medium,
               count(*) FILTER (WHERE severity = 2) AS high, count(*) FILTER (WHERE severity = 3) AS critical
        FROM alerts WHERE status < 3 GROUP BY endpoint_id
    ) a USING (endpoint_id))";

#[derive(FromRow)]
struct EndpointRow {
    endpoint_id: String,
    name: String,
    platform: String,
    addresses: Vec<String>,
    first_seen_ns: i64,
    last_seen_ns: i64,
    simulated: bool,
    low: i64,
    medium: i64,
    high: i64,
    critical: i64,
    risk: i64,
}

/// `query` is a part of the name or of an address. `events` and `usual_user` of the summaries are the search index's to know:
/// 0 and none here.
pub async fn list(
    tx: &mut TenantTx,
    query: Option<&str>,
    sort: EndpointSort,
    window: &Window,
) -> Result<Page<EndpointSummary>, StoreError> {
    let mut count = QueryBuilder::new("SELECT count(*) FROM endpoints");
    push_where(&mut count, query);
    let total: i64 = count.build_query_scalar().fetch_one(tx.connection()).await?;

    let mut page = QueryBuilder::new(WITH_ALERTS);
    page.push(" SELECT * FROM ranked");
    push_where(&mut page, query);
    if let Some(cursor) = &window.cursor {
        push_after(&mut page, sort, &Cursor::decode(cursor)?)?;
    }
    page.push(match sort {
        EndpointSort::Risk => " ORDER BY risk DESC, endpoint_id",
        EndpointSort::Name => " ORDER BY endpoint_id",
        EndpointSort::LastSeen => " ORDER BY last_seen_ns DESC, endpoint_id",
    });
    page.push(" LIMIT ")
        .push_bind(i64::try_from(window.rows() + 1).unwrap_or(i64::MAX));
    if let (None, Some(offset)) = (&window.cursor, window.offset) {
        page.push(" OFFSET ").push_bind(offset.max(0));
    }
    let mut rows: Vec<EndpointRow> = page.build_query_as().fetch_all(tx.connection()).await?;
    let more = rows.len() > window.rows();
    rows.truncate(window.rows());
    let next = rows.last().filter(|_| more).map(|last| after(sort, last).encode());
    Ok(Page {
        items: rows.into_iter().map(EndpointRow::into_summary).collect(),
        next,
        total,
    })
}

/// Endpoints with an alert that is not closed.
pub async fn at_risk(tx: &mut TenantTx) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(DISTINCT endpoint_id) AS "count!" FROM alerts WHERE status < 3"#)
        .fetch_one(tx.connection())
        .await?;
    Ok(count)
}

/// The place of each of these among all endpoints by when they were first seen, from 1: a name that names nobody.
pub async fn ordinals(tx: &mut TenantTx, ids: &[EndpointId]) -> Result<HashMap<EndpointId, i64>, StoreError> {
    let ids: Vec<String> = ids.iter().map(|id| without_nul(id.as_str())).collect();
    let rows = sqlx::query!(
        r#"SELECT endpoint_id, ordinal AS "ordinal!" FROM (
               SELECT endpoint_id, row_number() OVER (ORDER BY first_seen_ns, endpoint_id) AS ordinal FROM endpoints
           ) numbered WHERE endpoint_id = ANY($1)"#,
        &ids
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (EndpointId::new(row.endpoint_id), row.ordinal))
        .collect())
}

pub async fn get(tx: &mut TenantTx, id: &EndpointId) -> Result<Option<EndpointSummary>, StoreError> {
    let mut query = QueryBuilder::new(WITH_ALERTS);
    query
        .push(" SELECT * FROM ranked WHERE endpoint_id = ")
        .push_bind(without_nul(id.as_str()));
    let row: Option<EndpointRow> = query.build_query_as().fetch_optional(tx.connection()).await?;
    Ok(row.map(EndpointRow::into_summary))
}

fn push_where(query: &mut QueryBuilder<'_, Postgres>, part: Option<&str>) {
    query.push(" WHERE true");
    let part = part.map(str::trim).filter(|part| !part.is_empty());
    if let Some(part) = part {
        query
            .push(" AND (strpos(lower(name || ' ' || endpoint_id), ")
            .push_bind(without_nul(part).to_lowercase());
        query
            .push(") > 0 OR strpos(array_to_string(addresses, ' '), ")
            .push_bind(without_nul(part))
            .push(") > 0)");
    }
}

fn after(sort: EndpointSort, last: &EndpointRow) -> Cursor {
    let (letter, at) = match sort {
        EndpointSort::Risk => ("r", last.risk),
        EndpointSort::Name => ("a", 0),
        EndpointSort::LastSeen => ("l", last.last_seen_ns),
    };
    Cursor {
        sort: letter.to_owned(),
        rank: 0,
        at,
        id: last.endpoint_id.clone(),
    }
}

fn push_after(query: &mut QueryBuilder<'_, Postgres>, sort: EndpointSort, cursor: &Cursor) -> Result<(), StoreError> {
    let column = match (sort, cursor.sort.as_str()) {
        (EndpointSort::Risk, "r") => "risk",
        (EndpointSort::LastSeen, "l") => "last_seen_ns",
        (EndpointSort::Name, "a") => {
            query.push(" AND endpoint_id > ").push_bind(cursor.id.clone());
            return Ok(());
        }
        _ => return Err(StoreError::InvalidCursor),
    };
    query.push(format_args!(" AND ({column} < ")).push_bind(cursor.at);
    query.push(format_args!(" OR ({column} = ")).push_bind(cursor.at);
    query
        .push(" AND endpoint_id > ")
        .push_bind(cursor.id.clone())
        .push("))");
    Ok(())
}

impl EndpointRow {
    fn into_summary(self) -> EndpointSummary {
        let open = OpenAlerts {
            critical: self.critical,
            high: self.high,
            medium: self.medium,
            low: self.low,
        };
        let counts = [
            ("critical", open.critical),
            ("high", open.high),
            ("medium", open.medium),
            ("low", open.low),
        ];
        let because = counts.into_iter().filter(|(_, count)| *count > 0);
        EndpointSummary {
            id: EndpointId::new(self.endpoint_id),
            name: self.name,
            platform: self.platform,
            addresses: self.addresses,
            first_seen: Timestamp::from_nanos(self.first_seen_ns),
            last_seen: Timestamp::from_nanos(self.last_seen_ns),
            events: 0,
            open_alerts: open,
            risk: self.risk,
            risk_because: because
                .map(|(name, count)| format!("{count} {name} alert{}", if count == 1 { "" } else { "s" }))
                .collect(),
            usual_user: None,
            simulated: self.simulated,
        }
    }
}

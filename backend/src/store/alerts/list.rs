//! Pages of the alert list.

use super::{
    filter::push_where,
    row::{AlertRow, COLUMNS},
};
use crate::store::{StoreError, TenantTx, Window, page::Cursor};
use sqlx::{Postgres, QueryBuilder};
use watchfloor_shared::{
    alert::{AlertFilter, AlertSort, AlertSummary},
    page::Page,
};

/// The alerts that pass the filter. Cursors stay right while alerts come and change: they name the last row's place in the
/// order, not its number.
pub async fn list(
    tx: &mut TenantTx,
    filter: &AlertFilter,
    sort: AlertSort,
    window: &Window,
) -> Result<Page<AlertSummary>, StoreError> {
    let total = count(tx, filter).await?;
    let mut rows = page(tx, filter, sort, window).await?;
    let limit = window.rows();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| after(sort, last).encode());
    let items = rows.into_iter().map(AlertRow::into_summary).collect::<Result<_, _>>()?;
    Ok(Page { items, next, total })
}

async fn count(tx: &mut TenantTx, filter: &AlertFilter) -> Result<i64, StoreError> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM alerts");
    push_where(&mut query, filter);
    Ok(query.build_query_scalar().fetch_one(tx.connection()).await?)
}

/// One row more than asked for, when there is one. The inner query walks an index and reads no wide row for what it skips.
async fn page(
    tx: &mut TenantTx,
    filter: &AlertFilter,
    sort: AlertSort,
    window: &Window,
) -> Result<Vec<AlertRow>, StoreError> {
    let order = order(sort);
    let mut query = QueryBuilder::new(format!(
        "SELECT {COLUMNS} FROM alerts JOIN (SELECT tenant_id, alert_id FROM alerts"
    ));
    push_where(&mut query, filter);
    if let Some(cursor) = &window.cursor {
        push_after(&mut query, sort, &Cursor::decode(cursor)?)?;
    }
    query.push(format_args!(" ORDER BY {order} LIMIT "));
    query.push_bind(i64::try_from(window.rows() + 1).unwrap_or(i64::MAX));
    if let (None, Some(offset)) = (&window.cursor, window.offset) {
        query.push(" OFFSET ").push_bind(offset.max(0));
    }
    query.push(format_args!(") page USING (tenant_id, alert_id) ORDER BY {order}"));
    Ok(query.build_query_as().fetch_all(tx.connection()).await?)
}

const fn order(sort: AlertSort) -> &'static str {
    match sort {
        AlertSort::Severity => "tenant_id, severity DESC, last_seen_ns DESC, alert_id",
        AlertSort::Newest => "tenant_id, last_seen_ns DESC, alert_id",
        AlertSort::Oldest => "tenant_id, first_seen_ns, alert_id",
    }
}

const fn letter(sort: AlertSort) -> &'static str {
    match sort {
        AlertSort::Severity => "s",
        AlertSort::Newest => "n",
        AlertSort::Oldest => "o",
    }
}

fn after(sort: AlertSort, last: &AlertRow) -> Cursor {
    let (rank, at) = match sort {
        AlertSort::Severity => (i64::from(last.severity), last.last_seen_ns),
        AlertSort::Newest => (0, last.last_seen_ns),
        AlertSort::Oldest => (0, last.first_seen_ns),
    };
    Cursor {
        sort: letter(sort).to_owned(),
        rank,
        at,
        id: last.alert_id.clone(),
    }
}

fn push_after(query: &mut QueryBuilder<'_, Postgres>, sort: AlertSort, cursor: &Cursor) -> Result<(), StoreError> {
    if cursor.sort != letter(sort) {
        return Err(StoreError::InvalidCursor);
    }
    let (rank, at, id) = (cursor.rank, cursor.at, cursor.id.clone());
    match sort {
        AlertSort::Severity => {
            query
                .push(" AND severity <= ")
                .push_bind(rank)
                .push(" AND (severity < ")
                .push_bind(rank);
            query.push(" OR last_seen_ns < ").push_bind(at);
            query
                .push(" OR (last_seen_ns = ")
                .push_bind(at)
                .push(" AND alert_id > ")
                .push_bind(id)
                .push("))");
        }
        AlertSort::Newest => {
            query
                .push(" AND last_seen_ns <= ")
                .push_bind(at)
                .push(" AND (last_seen_ns < ")
                .push_bind(at);
            query.push(" OR alert_id > ").push_bind(id).push(")");
        }
        AlertSort::Oldest => {
            query
                .push(" AND (first_seen_ns, alert_id) > (")
                .push_bind(at)
                .push(", ")
                .push_bind(id)
                .push(")");
        }
    }
    Ok(())
}

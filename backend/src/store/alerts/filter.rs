//! The filters of a list as SQL. Built at run time, because each filter may be absent; every value is a parameter.

use super::row::{containing, severity_code, source_code, status_code, without_nul};
use sqlx::{Postgres, QueryBuilder};
use watchfloor_shared::alert::AlertFilter;

/// Appends ` WHERE …` for the filter. Times are those of the first detection: `from` included, `to` not.
pub(super) fn push_where(query: &mut QueryBuilder<'_, Postgres>, filter: &AlertFilter) {
    query.push(" WHERE true");
    push_codes(
        query,
        "severity",
        filter.severity.iter().map(|s| severity_code(*s)).collect(),
    );
    push_codes(query, "status", filter.status.iter().map(|s| status_code(*s)).collect());
    push_codes(query, "source", filter.source.iter().map(|s| source_code(*s)).collect());
    push_texts(query, "endpoint_id = ANY(", &filter.endpoint);
    push_texts(query, "rule_id = ANY(", &filter.rule);
    push_texts(query, "user_name = ANY(", &filter.user);
    push_texts(query, "technique_ids && (", &filter.technique);
    if let Some(from) = filter.from {
        query.push(" AND first_seen_ns >= ").push_bind(from.nanos());
    }
    if let Some(to) = filter.to {
        query.push(" AND first_seen_ns < ").push_bind(to.nanos());
    }
    push_words(query, filter.q.as_deref().unwrap_or_default());
}

fn push_codes(query: &mut QueryBuilder<'_, Postgres>, column: &str, codes: Vec<i16>) {
    if !codes.is_empty() {
        query
            .push(format_args!(" AND {column} = ANY("))
            .push_bind(codes)
            .push(")");
    }
}

fn push_texts(query: &mut QueryBuilder<'_, Postgres>, test: &str, values: &[String]) {
    if !values.is_empty() {
        let values: Vec<String> = values.iter().map(|value| without_nul(value)).collect();
        query.push(format_args!(" AND {test}")).push_bind(values).push(")");
    }
}

/// Each word must be in title, evidence, endpoint or user, in any case of letters.
pub(super) fn push_words(query: &mut QueryBuilder<'_, Postgres>, words: &str) {
    for word in words.split_whitespace().take(8) {
        query.push(" AND (title || ' ' || evidence || ' ' || endpoint_id || ' ' || coalesce(user_name, '')) ILIKE ");
        query.push_bind(containing(word));
    }
}

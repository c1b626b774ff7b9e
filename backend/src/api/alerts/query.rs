//! The list's query parameters: filters as comma lists, order, page.

use crate::{
    api::{
        describe::{Describe, integer, list, one_of, text, time},
        problem::{Answer, ApiError},
    },
    store::Window,
};
use serde::Deserialize;
use watchfloor_shared::{
    Timestamp,
    alert::{AlertFilter, AlertSort, AlertStatus, DetectionSource, Severity},
};

/// Rows of one page when nothing is asked for, and at most.
const LIMIT: i64 = 100;
const LIMIT_MAX: i64 = 500;
/// Values in one filter.
const VALUES_MAX: usize = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertQuery {
    severity: String,
    status: String,
    source: String,
    endpoint: String,
    rule: String,
    technique: String,
    user: String,
    q: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    pub sort: AlertSort,
    cursor: Option<String>,
    offset: Option<i64>,
    limit: Option<i64>,
    pub interval_ms: Option<i64>,
}

impl AlertQuery {
    pub fn filter(&self) -> Answer<AlertFilter> {
        let source = |text: &str| {
            let all = [DetectionSource::Sigma, DetectionSource::Model, DetectionSource::Intel];
            all.into_iter().find(|source| source.as_str() == text)
        };
        Ok(AlertFilter {
            severity: parsed("severity", &self.severity, Severity::parse)?,
            status: parsed("status", &self.status, AlertStatus::parse)?,
            source: parsed("source", &self.source, source)?,
            endpoint: texts("endpoint", &self.endpoint)?,
            rule: texts("rule", &self.rule)?,
            technique: texts("technique", &self.technique)?,
            user: texts("user", &self.user)?,
            q: self.q.clone().filter(|q| !q.trim().is_empty()),
            from: self.from,
            to: self.to,
        })
    }

    pub fn window(&self) -> Answer<Window> {
        Ok(Window {
            cursor: self.cursor.clone(),
            offset: self.offset,
            limit: limit(self.limit)?,
        })
    }
}

/// A page's size within its limits.
pub fn limit(asked: Option<i64>) -> Answer<i64> {
    let limit = asked.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::invalid(format!("limit must be between 1 and {LIMIT_MAX}.")))
    }
}

fn texts(name: &str, list: &str) -> Answer<Vec<String>> {
    let values: Vec<String> = list
        .split(',')
        .map(str::trim)
        .filter(|v| !v.is_empty())
        .map(str::to_owned)
        .collect();
    match values.len() <= VALUES_MAX {
        true => Ok(values),
        false => Err(ApiError::invalid(format!("{name} takes at most {VALUES_MAX} values."))),
    }
}

fn parsed<T>(name: &str, list: &str, parse: impl Fn(&str) -> Option<T>) -> Answer<Vec<T>> {
    let parse =
        |value: &String| parse(value).ok_or_else(|| ApiError::invalid(format!("{name} has no value {value:?}.")));
    texts(name, list)?.iter().map(parse).collect()
}

/// The filters' part of a description.
pub fn describe_filter(describe: Describe) -> Describe {
    describe
        .query("severity", "low, medium, high, critical", list())
        .query(
            "status",
            "open, acknowledged, investigating, resolved, false_positive",
            list(),
        )
        .query("source", "sigma, model, intel", list())
        .query("endpoint", "Endpoint ids", list())
        .query("rule", "Rule ids", list())
        .query("technique", "ATT&CK technique ids", list())
        .query("user", "Users", list())
        .query("q", "Words that title, evidence, endpoint or user contain", text())
        .query("from", "Last seen at or after", time())
        .query("to", "Last seen before", time())
}

pub fn describe_page(describe: Describe) -> Describe {
    describe
        .query("cursor", "`next` of the page before", text())
        .query(
            "offset",
            "Rows to skip, for a scroll bar; a cursor counts more",
            integer(0, i64::MAX),
        )
        .query("limit", "Rows in the page, 100 unless told", integer(1, LIMIT_MAX))
}

pub fn describe_sort(describe: Describe) -> Describe {
    describe.query(
        "sort",
        "severity unless told",
        one_of(&["severity", "newest", "oldest"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{extract::Query, http::Uri};

    fn parse(query: &str) -> Result<AlertQuery, String> {
        let uri: Uri = format!("/alerts?{query}").parse().unwrap();
        Query::try_from_uri(&uri).map(|Query(q)| q).map_err(|e| e.body_text())
    }

    #[test]
    fn lists_are_separated_by_commas() {
        let query = parse("severity=high,critical&status=open&endpoint=a,%20b,&sort=newest&limit=7").unwrap();
        let filter = query.filter().unwrap();
        assert_eq!(filter.severity, [Severity::High, Severity::Critical]);
        assert_eq!(filter.endpoint, ["a", "b"]);
        assert_eq!((query.sort, query.window().unwrap().limit), (AlertSort::Newest, 7));
    }

    #[test]
    fn mistakes_are_named_and_not_ignored() {
        assert!(parse("severty=high").unwrap_err().contains("severty"));
        assert!(parse("severity=worst").unwrap().filter().is_err());
        assert!(parse("from=yesterday").is_err());
        for limit in ["0", "501", "-1"] {
            assert!(parse(&format!("limit={limit}")).unwrap().window().is_err());
        }
    }
}

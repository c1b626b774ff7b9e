//! Requests and their durations by route: one row per entry of the route table, so the labels cannot grow.

use super::routes::{Route, TABLE};
use axum::http::StatusCode;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Upper edges in milliseconds.
pub const EDGES_MS: [u64; 10] = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

/// Status classes 2xx to 5xx.
pub const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

pub struct HttpStats {
    rows: Vec<Row>,
}

#[derive(Default)]
pub struct Row {
    by_class: [AtomicU64; CLASSES.len()],
    /// Not cumulative; the last is what lies above every edge.
    buckets: [AtomicU64; EDGES_MS.len() + 1],
    sum_us: AtomicU64,
}

/// A row as it is now.
pub struct RowCounts {
    pub by_class: [u64; CLASSES.len()],
    pub buckets: [u64; EDGES_MS.len() + 1],
    pub sum_us: u64,
}

impl HttpStats {
    pub fn new() -> Self {
        Self {
            rows: TABLE.iter().map(|_| Row::default()).collect(),
        }
    }

    pub fn record(&self, route: &'static Route, status: StatusCode, took: Duration) {
        let Some(row) = position(route).and_then(|index| self.rows.get(index)) else {
            return;
        };
        let class = usize::from(status.as_u16() / 100)
            .saturating_sub(2)
            .min(CLASSES.len() - 1);
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = EDGES_MS
            .iter()
            .position(|edge| took_us <= edge * 1_000)
            .unwrap_or(EDGES_MS.len());
        for (counters, index) in [(&row.by_class[..], class), (&row.buckets[..], bucket)] {
            if let Some(counter) = counters.get(index) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        }
        row.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    /// In the order of the table.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Route, RowCounts)> + '_ {
        TABLE.iter().zip(&self.rows).map(|(route, row)| {
            let counts = RowCounts {
                by_class: std::array::from_fn(|i| row.by_class[i].load(Ordering::Relaxed)),
                buckets: std::array::from_fn(|i| row.buckets[i].load(Ordering::Relaxed)),
                sum_us: row.sum_us.load(Ordering::Relaxed),
            };
            (route, counts)
        })
    }
}

impl Default for HttpStats {
    fn default() -> Self {
        Self::new()
    }
}

fn position(route: &'static Route) -> Option<usize> {
    TABLE.iter().position(|entry| std::ptr::eq(entry, route))
}

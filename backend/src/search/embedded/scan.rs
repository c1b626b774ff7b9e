//! One pass over the matching events: the exact total, the page of hits, and all aggregations.

use super::{
    aggregate::{Aggregator, SegmentAggregator},
    terms::OUT_OF_TIME,
};
use crate::search::{SearchSpec, ids};
use std::{collections::BinaryHeap, sync::Arc, time::Instant};
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN, DocAddress, DocId, Searcher, SegmentReader, TantivyError,
    columnar::ColumnValues,
    query::{EnableScoring, Query},
};
use watchfloor_shared::search::Order;

/// Order on a page: time, then id, both turned round for the newest first. The smallest comes first.
type Rank = (i64, u128);

pub struct Scan {
    from: i64,
    to: i64,
    order: Order,
    after: Option<Rank>,
    limit: usize,
    deadline: Instant,
    total: u64,
    /// The `limit` smallest, the largest of them on top.
    page: BinaryHeap<(Rank, DocAddress)>,
    aggregators: Vec<Aggregator>,
}

pub struct Scanned {
    pub total: u64,
    /// In page order.
    pub hits: Vec<DocAddress>,
    pub aggregators: Vec<Aggregator>,
}

struct Columns {
    timestamp: Arc<dyn ColumnValues<i64>>,
    id_high: Arc<dyn ColumnValues<u64>>,
    id_low: Arc<dyn ColumnValues<u64>>,
}

impl Columns {
    fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        Ok(Self {
            timestamp: columns.column_first_or_default("timestamp")?,
            id_high: columns.column_first_or_default("id_high")?,
            id_low: columns.column_first_or_default("id_low")?,
        })
    }

    fn id(&self, doc: DocId) -> u128 {
        u128::from(self.id_high.get_val(doc)) << 64 | u128::from(self.id_low.get_val(doc))
    }
}

fn rank(order: Order, timestamp: i64, id: u128) -> Rank {
    match order {
        Order::OldestFirst => (timestamp, id),
        Order::NewestFirst => (!timestamp, !id),
    }
}

impl Scan {
    /// `from` is inside, `to` is not. A `search_after` with an id that is no event's id continues behind its time.
    pub fn new(spec: &SearchSpec, aggregators: Vec<Aggregator>, deadline: Instant) -> Self {
        let after = spec.search_after.as_ref().map(|after| {
            let id = ids::parse(after.id.as_str()).unwrap_or(match spec.order {
                Order::OldestFirst => u128::MAX,
                Order::NewestFirst => 0,
            });
            rank(spec.order, after.timestamp.nanos(), id)
        });
        Self {
            from: spec.from.map_or(i64::MIN, |t| t.nanos()),
            to: spec.to.map_or(i64::MAX, |t| t.nanos()),
            order: spec.order,
            after,
            limit: spec.limit,
            deadline,
            total: 0,
            page: BinaryHeap::with_capacity(spec.limit.min(1_000) + 1),
            aggregators,
        }
    }

    pub fn run(mut self, searcher: &Searcher, query: &dyn Query) -> tantivy::Result<Scanned> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
        for (ordinal, reader) in searcher.segment_readers().iter().enumerate() {
            let columns = Columns::open(reader)?;
            let (min, max) = (columns.timestamp.min_value(), columns.timestamp.max_value());
            if max < self.from || min >= self.to && self.to != i64::MAX {
                continue;
            }
            let mut segment = Vec::with_capacity(self.aggregators.len());
            for aggregator in &self.aggregators {
                segment.push(aggregator.segment(reader)?);
            }
            let mut scorer = weight.scorer(reader, 1.0)?;
            let mut docs = [0; COLLECT_BLOCK_BUFFER_LEN];
            let mut blocks = 0usize;
            loop {
                let filled = scorer.fill_buffer(&mut docs);
                self.block(ordinal as u32, reader, &columns, &docs[..filled], &mut segment)?;
                if filled < docs.len() {
                    break;
                }
                blocks += 1;
                if blocks.is_multiple_of(64) && Instant::now() > self.deadline {
                    return Err(TantivyError::InternalError(OUT_OF_TIME.to_owned()));
                }
            }
            for (aggregator, counted) in self.aggregators.iter_mut().zip(segment) {
                aggregator.merge(counted)?;
            }
        }
        let mut hits = self.page.into_vec();
        hits.sort_unstable();
        Ok(Scanned {
            total: self.total,
            hits: hits.into_iter().map(|(_, address)| address).collect(),
            aggregators: self.aggregators,
        })
    }

    fn block(
        &mut self,
        segment: u32,
        reader: &SegmentReader,
        columns: &Columns,
        docs: &[DocId],
        aggregators: &mut [SegmentAggregator],
    ) -> tantivy::Result<()> {
        let mut times = [0i64; COLLECT_BLOCK_BUFFER_LEN];
        let times = &mut times[..docs.len()];
        columns.timestamp.get_vals(docs, times);
        let deletes = reader.alive_bitset();
        for (doc, time) in docs.iter().zip(times.iter()) {
            let inside = *time >= self.from && (*time < self.to || self.to == i64::MAX);
            if !inside || deletes.is_some_and(|alive| alive.is_deleted(*doc)) {
                continue;
            }
            self.total += 1;
            for aggregator in aggregators.iter_mut() {
                aggregator.collect(*doc, *time);
            }
            if self.limit > 0 {
                self.place(*time, columns, DocAddress::new(segment, *doc));
            }
        }
        Ok(())
    }

    fn place(&mut self, time: i64, columns: &Columns, address: DocAddress) {
        let time_rank = rank(self.order, time, 0).0;
        let worst = self.page.peek().map(|(worst, _)| *worst);
        let full = self.page.len() >= self.limit;
        if full && worst.is_some_and(|worst| time_rank > worst.0) || self.after.is_some_and(|after| time_rank < after.0)
        {
            return;
        }
        let rank = rank(self.order, time, columns.id(address.doc_id));
        if self.after.is_some_and(|after| rank <= after) || full && worst.is_some_and(|worst| rank > worst) {
            return;
        }
        self.page.push((rank, address));
        if self.page.len() > self.limit {
            self.page.pop();
        }
    }
}

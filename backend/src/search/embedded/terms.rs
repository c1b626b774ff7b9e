//! Documents by keys of a term dictionary: one key, a range, and a test on each key in it. Wildcards, address blocks, ranges
//! and existence are all this, so their cost is the number of distinct values, not of events.

use std::{fmt, ops::Bound, sync::Arc, time::Instant};
use tantivy::{
    BitSet, DocId, Score, SegmentReader, TantivyError,
    postings::TermInfo,
    query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight},
    schema::{Field, IndexRecordOption},
};

pub type KeyTest = Arc<dyn Fn(&[u8]) -> bool + Send + Sync>;

#[derive(Clone)]
pub enum Keys {
    One(Vec<u8>),
    Range {
        lower: Bound<Vec<u8>>,
        upper: Bound<Vec<u8>>,
        test: Option<KeyTest>,
    },
}

/// Says that a search ran into its time limit.
pub const OUT_OF_TIME: &str = "watchfloor: out of time";

#[derive(Clone)]
pub struct KeysQuery {
    pub field: Field,
    pub keys: Keys,
    pub deadline: Instant,
}

impl fmt::Debug for KeysQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeysQuery({:?})", self.field)
    }
}

impl Query for KeysQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for KeysQuery {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let index = reader.inverted_index(self.field)?;
        match &self.keys {
            Keys::One(key) => match index.terms().get(key)? {
                None => Ok(Box::new(EmptyScorer)),
                Some(info) => {
                    let postings = index.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
                    Ok(Box::new(ConstScorer::new(postings, boost)))
                }
            },
            Keys::Range { lower, upper, test } => {
                let docs = self.docs_of_range(reader, lower, upper, test.as_ref())?;
                Ok(Box::new(ConstScorer::new(BitSetDocSet::from(docs), boost)))
            }
        }
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("KeysQuery", 1.0))
    }
}

impl KeysQuery {
    fn docs_of_range(
        &self,
        reader: &SegmentReader,
        lower: &Bound<Vec<u8>>,
        upper: &Bound<Vec<u8>>,
        test: Option<&KeyTest>,
    ) -> tantivy::Result<BitSet> {
        let index = reader.inverted_index(self.field)?;
        let mut range = index.terms().range();
        range = match lower {
            Bound::Included(key) => range.ge(key),
            Bound::Excluded(key) => range.gt(key),
            Bound::Unbounded => range,
        };
        range = match upper {
            Bound::Included(key) => range.le(key),
            Bound::Excluded(key) => range.lt(key),
            Bound::Unbounded => range,
        };
        let mut docs = BitSet::with_max_value(reader.max_doc());
        let mut terms = range.into_stream()?;
        let mut seen = 0usize;
        while terms.advance() {
            seen += 1;
            if seen.is_multiple_of(256) && Instant::now() > self.deadline {
                return Err(TantivyError::InternalError(OUT_OF_TIME.to_owned()));
            }
            if test.is_none_or(|test| test(terms.key())) {
                insert_all(&index, terms.value(), &mut docs)?;
            }
        }
        Ok(docs)
    }
}

fn insert_all(index: &tantivy::InvertedIndexReader, info: &TermInfo, docs: &mut BitSet) -> tantivy::Result<()> {
    let mut blocks = index.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
    while !blocks.docs().is_empty() {
        for doc in blocks.docs() {
            docs.insert(*doc);
        }
        blocks.advance();
    }
    Ok(())
}

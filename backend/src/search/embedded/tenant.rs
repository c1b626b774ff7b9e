//! One tenant's index: its folder, its reader, and its writer while it is being written.
//!
//! Invariant: an id is in `pending` from the moment its event is added until a commit has made it findable, so that
//! duplicates are seen at any time.

use super::{
    Limits,
    document::IndexDocument,
    queue::Queue,
    schema::{self, Fields},
    seen::SeenFilter,
    translate,
};
use crate::search::{EncodedEvent, IndexOutcome, SearchError, flatten::Flattener, ids};
use rustc_hash::FxHashSet;
use std::{
    ops::Bound,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tantivy::{
    DocAddress, DocSet, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TERMINATED,
    directory::MmapDirectory,
    indexer::{IndexWriterOptions, LogMergePolicy},
    schema::IndexRecordOption,
};
use watchfloor_shared::Timestamp;

pub struct TenantIndex {
    pub fields: Fields,
    index: Index,
    reader: IndexReader,
    writing: Mutex<Writing>,
    /// Added events were lost with a broken writer and no commit has said so yet.
    lost: AtomicBool,
}

#[derive(Default)]
struct Writing {
    writer: Option<IndexWriter<IndexDocument>>,
    filter: Option<SeenFilter>,
    flattener: Flattener,
    queue: Queue,
    pending: FxHashSet<u128>,
    /// Has uncommitted changes.
    dirty: bool,
    used: Option<Instant>,
}

impl TenantIndex {
    pub fn open(folder: &Path) -> Result<Self, SearchError> {
        std::fs::create_dir_all(folder).map_err(super::error::from_io)?;
        let (schema, fields) = schema::schema();
        let directory = MmapDirectory::open(folder).map_err(|error| SearchError::Backend(error.to_string()))?;
        let index = Index::builder()
            .schema(schema)
            .settings(schema::settings())
            .open_or_create(directory)
            .map_err(super::error::from_index)?;
        schema::register_tokenizers(&index);
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(super::error::from_index)?;
        Ok(Self {
            fields,
            index,
            reader,
            writing: Mutex::default(),
            lost: AtomicBool::new(false),
        })
    }

    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a writer holds memory here.
    pub fn has_writer(&self) -> bool {
        self.writing().writer.is_some()
    }

    pub fn last_written(&self) -> Option<Instant> {
        self.writing().used
    }

    pub fn is_dirty(&self) -> bool {
        let writing = self.writing();
        writing.dirty || !writing.pending.is_empty() || self.lost.load(Ordering::Acquire)
    }

    pub fn add(&self, events: Vec<EncodedEvent>, limits: &Limits) -> Result<IndexOutcome, SearchError> {
        let mut writing = self.writing();
        let result = self.add_all(&mut writing, events, limits);
        if result.is_err() {
            self.lose(&mut writing);
        }
        result
    }

    fn add_all(
        &self,
        writing: &mut Writing,
        events: Vec<EncodedEvent>,
        limits: &Limits,
    ) -> Result<IndexOutcome, SearchError> {
        self.open_writer(writing, limits)?;
        let searcher = self.reader.searcher();
        let Writing {
            writer: Some(writer),
            filter: Some(filter),
            flattener,
            queue,
            pending,
            dirty,
            used,
        } = writing
        else {
            return Err(SearchError::Backend("the writer is not open".to_owned()));
        };
        *used = Some(Instant::now());
        let mut outcome = IndexOutcome::default();
        for (position, event) in events.into_iter().enumerate() {
            let Some(id) = ids::parse(event.id.as_str()) else {
                outcome.refused.push((position, ids::refusal(&event.id)));
                continue;
            };
            let known = pending.contains(&id) || filter.may_contain(id) && find(&searcher, self.fields, id)?.is_some();
            if known {
                outcome.duplicates.push(position);
                continue;
            }
            let waiting = queue.enter()?;
            let flat = match flattener.flatten(&event.json) {
                Ok(flat) => flat,
                Err(error) => {
                    outcome.refused.push((position, error.to_string()));
                    continue;
                }
            };
            let document = IndexDocument {
                fields: self.fields,
                id,
                timestamp: event.timestamp.nanos(),
                flat,
                source: event.json,
                _waiting: waiting,
            };
            writer.add_document(document).map_err(super::error::from_index)?;
            *dirty = true;
            pending.insert(id);
            filter.insert(id);
            outcome.indexed += 1;
        }
        Ok(outcome)
    }

    fn open_writer(&self, writing: &mut Writing, limits: &Limits) -> Result<(), SearchError> {
        if writing.filter.as_ref().is_none_or(SeenFilter::is_full) {
            writing.filter = Some(self.filter(&writing.pending)?);
        }
        if writing.writer.is_some() {
            return Ok(());
        }
        let options = IndexWriterOptions::builder()
            .num_worker_threads(limits.writer_threads)
            .num_merge_threads(1)
            .memory_budget_per_thread(limits.writer_bytes)
            .build();
        let writer = self
            .index
            .writer_with_options(options)
            .map_err(super::error::from_index)?;
        writer.set_merge_policy(Box::new(merge_policy()));
        writing.writer = Some(writer);
        Ok(())
    }

    /// All ids of the index, with room for as many again.
    fn filter(&self, pending: &FxHashSet<u128>) -> Result<SeenFilter, SearchError> {
        let searcher = self.reader.searcher();
        let known = usize::try_from(searcher.num_docs()).unwrap_or(usize::MAX) + pending.len();
        let mut filter = SeenFilter::with_room_for(known.saturating_mul(2));
        for reader in searcher.segment_readers() {
            let columns = reader.fast_fields();
            let high = columns
                .column_first_or_default::<u64>("id_high")
                .map_err(super::error::from_index)?;
            let low = columns
                .column_first_or_default::<u64>("id_low")
                .map_err(super::error::from_index)?;
            for doc in 0..reader.max_doc() {
                filter.insert(u128::from(high.get_val(doc)) << 64 | u128::from(low.get_val(doc)));
            }
        }
        pending.iter().for_each(|id| filter.insert(*id));
        Ok(filter)
    }

    /// Makes what was added durable; `publish` also makes it searchable and forgets the pending ids.
    pub fn commit(&self, publish: bool) -> Result<(), SearchError> {
        let mut writing = self.writing();
        if writing.dirty {
            let result = match writing.writer.as_mut() {
                Some(writer) => writer.commit().map_err(super::error::from_index),
                None => Err(SearchError::Backend("the writer was lost".to_owned())),
            };
            if let Err(error) = result {
                self.lose(&mut writing);
                self.lost.store(false, Ordering::Release);
                return Err(error);
            }
            writing.dirty = false;
        }
        if publish {
            self.reader.reload().map_err(super::error::from_index)?;
            writing.pending.clear();
        }
        match publish && self.lost.swap(false, Ordering::AcqRel) {
            true => Err(SearchError::Backend(
                "events added before an earlier failure were lost: read them again from the committed offset"
                    .to_owned(),
            )),
            false => Ok(()),
        }
    }

    /// The writer broke: what it held is gone, back to the last commit.
    fn lose(&self, writing: &mut Writing) {
        let had_uncommitted = writing.dirty;
        writing.writer = None;
        writing.dirty = false;
        writing.pending.clear();
        if let Err(error) = self.reader.reload() {
            tracing::warn!(%error, "the index could not be read again after a failed write");
        }
        self.lost.fetch_or(had_uncommitted, Ordering::AcqRel);
    }

    /// Frees the writer's memory when nothing is uncommitted and it was last used `idle` ago or longer.
    pub fn rest(&self, idle: Duration) {
        let mut writing = self.writing();
        let unused = writing.used.is_none_or(|used| used.elapsed() >= idle);
        if unused && !writing.dirty && writing.pending.is_empty() {
            writing.writer = None;
            writing.filter = None;
        }
    }

    /// Frees the writer's memory now; what it holds is committed first, and stays out of sight until [`Self::commit`].
    pub fn close_writer(&self) -> Result<(), SearchError> {
        self.commit(false)?;
        let mut writing = self.writing();
        if !writing.dirty {
            writing.writer = None;
        }
        Ok(())
    }

    pub fn delete_before(&self, time: Timestamp, limits: &Limits) -> Result<(), SearchError> {
        let mut writing = self.writing();
        self.open_writer(&mut writing, limits)?;
        let older = translate::time_range(self.fields, Bound::Unbounded, Bound::Excluded(time.nanos()));
        if let Some(writer) = &writing.writer {
            writer.delete_query(older).map_err(super::error::from_index)?;
            writing.dirty = true;
        }
        drop(writing);
        self.commit(true)
    }
}

/// Where the event of an id lies.
pub fn find(searcher: &Searcher, fields: Fields, id: u128) -> Result<Option<DocAddress>, SearchError> {
    let search = || -> tantivy::Result<Option<DocAddress>> {
        let key = ((id >> 64) as u64).to_be_bytes();
        for (segment, reader) in searcher.segment_readers().iter().enumerate() {
            let index = reader.inverted_index(fields.id_high)?;
            let Some(info) = index.terms().get(key)? else { continue };
            let mut docs = index.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
            let low = reader.fast_fields().column_first_or_default::<u64>("id_low")?;
            let mut doc = docs.doc();
            while doc != TERMINATED {
                if low.get_val(doc) == id as u64 && !reader.is_deleted(doc) {
                    return Ok(Some(DocAddress::new(segment as u32, doc)));
                }
                doc = docs.advance();
            }
        }
        Ok(None)
    };
    search().map_err(super::error::from_index)
}

/// Few, large merges on one thread: commits come every fraction of a second, and merging must leave the cores to indexing.
fn merge_policy() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(12);
    policy.set_min_layer_size(20_000);
    policy.set_max_docs_before_merge(2_000_000);
    policy.set_del_docs_ratio_before_merge(0.3);
    policy
}

//! What the query bar completes from: the columns that are there, most used first.

use std::collections::BTreeMap;
use tantivy::{
    Searcher, SegmentReader,
    columnar::{ColumnarReader, DynamicColumn, StrColumn},
    index::SegmentComponent,
};
use watchfloor_engine::query::schema;
use watchfloor_shared::search::{FieldInfo, FieldKind};

const EXAMPLES_MAX: usize = 3;
const EXAMPLE_BYTES_MAX: usize = 80;
/// Events of the newest segment that examples are taken from.
const LATEST: u32 = 500;

#[derive(Default)]
struct Found {
    events: u64,
    kind: Option<FieldKind>,
    examples: Vec<String>,
}

pub fn fields(searcher: &Searcher) -> tantivy::Result<Vec<FieldInfo>> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    let mut segments: Vec<&SegmentReader> = searcher.segment_readers().iter().collect();
    segments.sort_by_key(|reader| std::cmp::Reverse(latest(reader)));
    for reader in segments {
        let columns = ColumnarReader::open(reader.open_read(SegmentComponent::FastFields)?)?;
        for (name, handle) in columns.list_columns()? {
            let Some(name) = name.strip_prefix("doc\u{1}").map(|path| path.replace('\u{1}', ".")) else {
                continue;
            };
            let column = handle.open()?;
            let entry = found.entry(name).or_default();
            entry.events += u64::from(column.num_values());
            entry.kind = entry.kind.or(Some(kind_of(&column)));
            if let (true, DynamicColumn::Str(column)) = (entry.examples.is_empty(), column) {
                entry.examples = examples(&column, reader.max_doc())?;
            }
        }
    }
    let always = ["@timestamp", "message", "event.id"].map(|name| (name.to_owned(), searcher.num_docs()));
    for (name, events) in always {
        found.entry(name).or_default().events = events;
    }
    let mut found: Vec<(String, Found)> = found.into_iter().collect();
    found.sort_by(|a, b| b.1.events.cmp(&a.1.events).then_with(|| a.0.cmp(&b.0)));
    Ok(found.into_iter().map(|(name, found)| info(name, found)).collect())
}

fn info(name: String, found: Found) -> FieldInfo {
    let known = schema::field(&name);
    FieldInfo {
        kind: schema::kind(&name).or(found.kind).unwrap_or(FieldKind::Keyword),
        description: known.map_or("", |field| field.description).to_owned(),
        examples: found.examples,
        name,
    }
}

fn latest(reader: &SegmentReader) -> i64 {
    reader
        .fast_fields()
        .i64("timestamp")
        .map_or(i64::MIN, |column| column.max_value())
}

fn kind_of(column: &DynamicColumn) -> FieldKind {
    match column {
        DynamicColumn::Bool(_) => FieldKind::Boolean,
        DynamicColumn::I64(_) | DynamicColumn::U64(_) | DynamicColumn::F64(_) => FieldKind::Long,
        _ => FieldKind::Keyword,
    }
}

/// Distinct short values, latest first.
fn examples(column: &StrColumn, docs: u32) -> tantivy::Result<Vec<String>> {
    let mut ordinals = Vec::new();
    let mut examples = Vec::new();
    for doc in (docs.saturating_sub(LATEST)..docs).rev() {
        for ordinal in column.term_ords(doc) {
            if examples.len() == EXAMPLES_MAX {
                return Ok(examples);
            }
            if ordinals.contains(&ordinal) {
                continue;
            }
            ordinals.push(ordinal);
            let mut text = String::new();
            if column.ord_to_str(ordinal, &mut text)? && (1..=EXAMPLE_BYTES_MAX).contains(&text.len()) {
                examples.push(text);
            }
        }
    }
    Ok(examples)
}

//! How events lie in the index.
//!
//! | field | what | for |
//! |---|---|---|
//! | `id_high`, `id_low` | the event id's 32 digits as two numbers | identity, paging |
//! | `timestamp` | nanoseconds | ranges, order, histogram |
//! | `doc` | every value under its dotted name: whole, in lower case, and as a column in its own spelling | fields, aggregations |
//! | `message`, `text` | words with positions: the message, and every text the message does not contain | words and phrases |
//! | `source` | the document as JSON, compressed | hits |

use super::words;
use crate::search::flatten::cut;
use tantivy::{
    Index, IndexSettings,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, JsonObjectOptions, STORED, Schema, TextFieldIndexing, TextOptions,
    },
    store::Compressor,
};

/// Version of this layout; written beside the indexes.
pub const FORMAT: u32 = 2;

#[derive(Debug, Clone, Copy)]
pub struct Fields {
    pub id_high: Field,
    pub id_low: Field,
    pub timestamp: Field,
    pub doc: Field,
    pub message: Field,
    pub text: Field,
    pub source: Field,
}

pub fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let whole = TextFieldIndexing::default()
        .set_tokenizer(words::WHOLE)
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let words = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(words::WORDS)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions),
    );
    let doc = JsonObjectOptions::default()
        .set_indexing_options(whole)
        .set_fast("raw")
        .set_expand_dots_enabled();
    let fields = Fields {
        id_high: builder.add_u64_field("id_high", INDEXED | FAST),
        id_low: builder.add_u64_field("id_low", FAST),
        timestamp: builder.add_i64_field("timestamp", FAST),
        doc: builder.add_json_field("doc", doc),
        message: builder.add_text_field("message", words.clone()),
        text: builder.add_text_field("text", words),
        source: builder.add_bytes_field("source", STORED),
    };
    (builder.build(), fields)
}

pub fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compression: Compressor::Lz4,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}

pub fn register_tokenizers(index: &Index) {
    index.tokenizers().register(words::WHOLE, words::Whole::default());
    index.tokenizers().register(words::WORDS, words::Words::default());
}

/// What stands between a field's name and its values in the dictionary of `doc`.
const END_OF_NAME: u8 = 0;

/// Kinds of values in the dictionary of `doc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    Text = b's' as isize,
    Long = b'i' as isize,
    Boolean = b'o' as isize,
}

/// The dictionary key under which all values of one type of a field begin.
pub fn key_prefix(name: &str, value: ValueType) -> Vec<u8> {
    let mut key: Vec<u8> = name.bytes().map(|b| if b == b'.' { 1 } else { b }).collect();
    key.push(END_OF_NAME);
    key.push(value as u8);
    key
}

pub fn text_key(name: &str, lowered: &str) -> Vec<u8> {
    let mut key = key_prefix(name, ValueType::Text);
    key.extend_from_slice(cut(lowered).as_bytes());
    key
}

pub fn long_key(name: &str, value: i64) -> Vec<u8> {
    let mut key = key_prefix(name, ValueType::Long);
    key.extend_from_slice(&(value.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    key
}

pub fn boolean_key(name: &str, value: bool) -> Vec<u8> {
    let mut key = key_prefix(name, ValueType::Boolean);
    key.extend_from_slice(&u64::from(value).to_be_bytes());
    key
}

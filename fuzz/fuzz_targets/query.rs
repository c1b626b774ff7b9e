//! Any text as a query: nothing panics, an error points into the text, and what parses prints as a text that parses to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchfloor_engine::query::parse;
use watchfloor_shared::Timestamp;

fuzz_target!(|text: &str| {
    match parse(text, Some(Timestamp::EPOCH)) {
        Ok(query) => assert_eq!(parse(&query.to_string(), None), Ok(query)),
        Err(error) => assert!(error.position <= text.len()),
    }
});

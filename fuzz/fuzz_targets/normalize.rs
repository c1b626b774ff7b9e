//! Any bytes as a raw record: nothing panics, the front door and the normalizer agree on the endpoint, the event's wire form
//! is complete, and the same bytes give the same event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use watchfloor_engine::{
    Event, Verdict,
    normalize::{Origin, RawContext, endpoint_of, normalize},
};
use watchfloor_shared::Timestamp;

const CONTEXT: RawContext<'static> = RawContext {
    received: Timestamp::EPOCH,
    position: 0,
    simulated: false,
    origin: Origin::UNKNOWN,
};

fuzz_target!(|raw: &[u8]| {
    let endpoint = endpoint_of(raw, &Origin::UNKNOWN);
    if let Verdict::Emit(event) = normalize(raw, &CONTEXT) {
        assert_eq!(endpoint.as_ref(), Some(&event.endpoint));
        assert_eq!(Event::from_json(&event.to_json()).as_ref(), Ok(&event));
        assert_eq!(normalize(raw, &CONTEXT), Verdict::Emit(event));
    }
});

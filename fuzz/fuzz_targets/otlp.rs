//! Any bytes as an OTLP request, in protobuf and in JSON: nothing panics, and what is a request becomes as many records as it has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use watchfloor_protocol::otlp::ExportLogsServiceRequest;

fuzz_target!(|bytes: &[u8]| {
    let requests = [
        ExportLogsServiceRequest::decode(bytes).ok(),
        watchfloor_protocol::otlp_of_json(bytes),
    ];
    for request in requests.into_iter().flatten() {
        let scopes = request.resource_logs.iter().flat_map(|logs| &logs.scope_logs);
        let count: usize = scopes.map(|scope| scope.log_records.len()).sum();
        assert_eq!(watchfloor::otlp::records(request, "unnamed").count(), count);
    }
});

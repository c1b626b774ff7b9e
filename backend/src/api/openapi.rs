//! OpenAPI 3.1 from the route table. `docs/openapi.json` is this text; a test keeps them the same.

use super::{
    access::Access,
    describe::{self, Describe},
    problem::Answer,
    routes::{Route, TABLE},
};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::LazyLock};
use utoipa::ToSchema;
use watchfloor_shared::problem::{ErrorCode, Problem};

static TEXT: LazyLock<String> = LazyLock::new(text);

pub fn describe() -> Describe {
    Describe::new("meta", "This document").answers_shape("OpenAPI 3.1", json!({ "type": "object" }))
}

pub async fn handle() -> Answer<Response> {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((headers, TEXT.as_str()).into_response())
}

/// The document, pretty-printed, with a line end.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

fn document() -> Value {
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    let mut found = vec![(Problem::name().into_owned(), describe_problem())];
    let mut nested = Vec::new();
    Problem::schemas(&mut nested);
    let nested = nested.into_iter();
    found.extend(nested.map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())));
    schemas.extend(found);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in TABLE {
        let described = (route.describe)();
        schemas.extend(described.schemas.clone());
        let method = route.method.as_str().to_ascii_lowercase();
        paths
            .entry(route.path)
            .or_default()
            .insert(method, operation(route, described));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Watchfloor",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Telemetry in, explained alerts out. Times are RFC 3339 in UTC with nanoseconds; durations are milliseconds. Errors are RFC 9457 problem documents whose `code` is for programs.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "watchfloor_session" },
                "wall": { "type": "apiKey", "in": "cookie", "name": "watchfloor_wall" },
                "key": { "type": "http", "scheme": "bearer", "description": "An API key of a sender, as a bearer token or in X-API-Key." },
            },
        },
    })
}

fn describe_problem() -> Value {
    describe::schema_of::<Problem>()
}

fn operation(route: &Route, described: Describe) -> Value {
    let mut responses = described.responses;
    let mut may_fail = vec![ErrorCode::Internal, ErrorCode::Unavailable];
    if !matches!(route.access, Access::Public) {
        may_fail.push(ErrorCode::Unauthenticated);
    }
    if route.access.permission().is_some() {
        may_fail.push(ErrorCode::Forbidden);
    }
    for code in may_fail {
        responses
            .entry(code.status())
            .or_insert_with(|| describe::problem(code));
    }
    let responses: Map<String, Value> = responses
        .into_iter()
        .map(|(status, r)| (status.to_string(), r))
        .collect();
    let mut operation = json!({
        "operationId": route.name,
        "tags": [described.tag],
        "summary": described.summary,
        "responses": responses,
        "security": security(route.access),
    });
    let optional = [
        (
            "description",
            (!described.detail.is_empty()).then(|| json!(described.detail)),
        ),
        (
            "parameters",
            (!described.parameters.is_empty()).then(|| json!(described.parameters)),
        ),
        ("requestBody", described.body),
        (
            "x-permission",
            route.access.permission().map(|permission| json!(permission)),
        ),
    ];
    if let Some(fields) = operation.as_object_mut() {
        fields.extend(
            optional
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?))),
        );
    }
    operation
}

fn security(access: Access) -> Value {
    use watchfloor_shared::identity::Permission;
    match access {
        Access::Public => json!([]),
        Access::Needs(Permission::Ingest) => json!([{ "key": [] }]),
        Access::LoopbackOr(_) | Access::PageOr(_) => json!([{ "session": [] }, {}]),
        Access::Screen => json!([{ "wall": [] }]),
        Access::SignedIn | Access::Host | Access::Needs(_) => json!([{ "session": [] }]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_has_its_schema() {
        let document = document();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let text = document.to_string();
        let mut names = Vec::new();
        for part in text.split("#/components/schemas/").skip(1) {
            names.push(part.split('"').next().unwrap());
        }
        assert!(names.len() > 50);
        for name in names {
            assert!(schemas.contains_key(name), "{name} is referred to and not described");
        }
    }

    #[test]
    fn every_path_parameter_is_described() {
        for route in TABLE {
            let described = (route.describe)();
            let named: Vec<_> = described
                .parameters
                .iter()
                .filter(|p| p["in"] == "path")
                .map(|p| p["name"].as_str().unwrap().to_owned())
                .collect();
            let wanted: Vec<_> = route
                .path
                .split('/')
                .filter_map(|s| s.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(named, wanted, "{}", route.name);
            assert!(
                !described.summary.is_empty() && !described.tag.is_empty(),
                "{}",
                route.name
            );
        }
    }

    #[test]
    fn the_committed_document_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        if std::env::var_os("WATCHFLOOR_UPDATE").is_some() {
            std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, text()).unwrap();
            return;
        }
        assert!(
            committed == text(),
            "docs/openapi.json is not up to date: run this test with WATCHFLOOR_UPDATE=1"
        );
    }
}

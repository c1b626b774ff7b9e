//! How an endpoint describes itself; the OpenAPI document is made of these and the route table.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};
use watchfloor_shared::problem::ErrorCode;

/// Everything about an operation that the table does not know.
#[derive(Default)]
pub struct Describe {
    pub tag: &'static str,
    pub summary: &'static str,
    pub detail: &'static str,
    pub parameters: Vec<Value>,
    pub body: Option<Value>,
    pub responses: BTreeMap<u16, Value>,
    pub schemas: BTreeMap<String, Value>,
}

impl Describe {
    pub fn new(tag: &'static str, summary: &'static str) -> Self {
        Self {
            tag,
            summary,
            ..Self::default()
        }
    }

    pub fn detail(mut self, text: &'static str) -> Self {
        self.detail = text;
        self
    }

    pub fn path(self, name: &str, about: &str) -> Self {
        self.parameter("path", name, about, true, json!({ "type": "string" }))
    }

    pub fn query(self, name: &str, about: &str, schema: Value) -> Self {
        self.parameter("query", name, about, false, schema)
    }

    pub fn header(self, name: &str, about: &str, required: bool) -> Self {
        self.parameter("header", name, about, required, json!({ "type": "string" }))
    }

    fn parameter(mut self, place: &str, name: &str, about: &str, required: bool, schema: Value) -> Self {
        let parameter =
            json!({ "in": place, "name": name, "description": about, "required": required, "schema": schema });
        self.parameters.push(parameter);
        self
    }

    pub fn body<T: ToSchema>(mut self) -> Self {
        let schema = self.reference::<T>();
        self.body = Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }));
        self
    }

    /// A body that is not JSON.
    pub fn raw_body(mut self, kinds: &[&str], about: &str) -> Self {
        let content: serde_json::Map<String, Value> = kinds
            .iter()
            .map(|kind| ((*kind).to_owned(), json!({ "schema": { "type": "string" } })))
            .collect();
        self.body = Some(json!({ "required": true, "description": about, "content": content }));
        self
    }

    pub fn answers<T: ToSchema>(mut self, about: &str) -> Self {
        let schema = self.reference::<T>();
        self.response(200, about, Some(("application/json", schema)))
    }

    pub fn answers_many<T: ToSchema>(mut self, about: &str) -> Self {
        let item = self.reference::<T>();
        self.response(
            200,
            about,
            Some(("application/json", json!({ "type": "array", "items": item }))),
        )
    }

    pub fn answers_page<T: ToSchema>(mut self, about: &str) -> Self {
        let item = self.reference::<T>();
        let page = json!({
            "type": "object",
            "required": ["items", "total"],
            "properties": {
                "items": { "type": "array", "items": item },
                "next": { "type": ["string", "null"], "description": "Goes back as `cursor`; absent on the last page." },
                "total": { "type": "integer", "format": "int64", "description": "How many the whole list has." },
            },
        });
        self.response(200, about, Some(("application/json", page)))
    }

    /// JSON of a shape that has no name.
    pub fn answers_shape(self, about: &str, schema: Value) -> Self {
        self.response(200, about, Some(("application/json", schema)))
    }

    pub fn answers_text(self, kind: &'static str, about: &str) -> Self {
        self.response(200, about, Some((kind, json!({ "type": "string" }))))
    }

    /// Describes a type that the answer's text is made of.
    pub fn answers_schema<T: ToSchema>(mut self) -> Self {
        self.reference::<T>();
        self
    }

    pub fn answers_nothing(self, about: &str) -> Self {
        self.response(204, about, None)
    }

    /// For browsers: the answer's `Location` is the next page.
    pub fn leads_on(self) -> Self {
        self.response(303, "The next page", None)
    }

    pub fn not_modified(self) -> Self {
        self.response(304, "What If-None-Match names is still the present version.", None)
    }

    fn response(mut self, status: u16, about: &str, content: Option<(&str, Value)>) -> Self {
        let response = match content {
            Some((kind, schema)) => json!({ "description": about, "content": { kind: { "schema": schema } } }),
            None => json!({ "description": about }),
        };
        self.responses.insert(status, response);
        self
    }

    /// Failures of this operation; those that any route has are added from the table.
    pub fn fails(mut self, codes: &[ErrorCode]) -> Self {
        for code in codes {
            self.responses.insert(code.status(), problem(*code));
        }
        self
    }

    fn reference<T: ToSchema>(&mut self) -> Value {
        let mut found: Vec<(String, RefOr<Schema>)> = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut found);
        for (name, schema) in found {
            let schema = serde_json::to_value(schema).unwrap_or_default();
            self.schemas.entry(name).or_insert(schema);
        }
        json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
    }
}

pub fn problem(code: ErrorCode) -> Value {
    json!({
        "description": code.title(),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

/// Schemas of query parameters.
pub fn text() -> Value {
    json!({ "type": "string" })
}

pub fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

pub fn integer(least: i64, most: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

pub fn one_of(values: &[&str]) -> Value {
    json!({ "type": "string", "enum": values })
}

/// Several values separated by commas.
pub fn list() -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": "Separated by commas: any of them." })
}

/// The schema of a type by itself.
pub fn schema_of<T: PartialSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap_or_default()
}

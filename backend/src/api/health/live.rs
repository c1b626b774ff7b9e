//! `GET /healthz`: the process answers.

use crate::api::describe::Describe;

pub fn describe() -> Describe {
    Describe::new("health", "Whether the process answers").answers_text("text/plain", "ok")
}

pub async fn handle() -> &'static str {
    "ok\n"
}

//! `.sqlx` holds what the database said about each query when it was recorded. It must still say so, and each must be asked.

use super::super::{
    Database,
    testing::{clock, config, fresh, superuser},
};
use serde_json::Value;
use sqlx::{Column, Either, Executor, PgConnection, TypeInfo};
use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// `TextArray`, as it is recorded, for `TEXT[]`.
fn recorded_name(name: &str) -> String {
    let (name, array) = name.strip_suffix("[]").map_or((name, ""), |name| (name, "Array"));
    let (first, rest) = name.split_at(1);
    format!("{first}{}{array}", rest.to_lowercase())
}

/// Names and types of the columns, whether each may be null, and types of the parameters.
async fn described(connection: &mut PgConnection, query: &str) -> Value {
    let described = connection
        .describe(query)
        .await
        .unwrap_or_else(|error| panic!("{error}: {query}"));
    let types = |types: &[sqlx::postgres::PgTypeInfo]| -> Vec<String> {
        types.iter().map(|info| recorded_name(info.name())).collect()
    };
    let columns: Vec<Value> = described
        .columns
        .iter()
        .map(|column| {
            let kind = recorded_name(column.type_info().name());
            serde_json::json!({"ordinal": column.ordinal(), "name": column.name(), "type_info": kind})
        })
        .collect();
    let parameters = match &described.parameters {
        Some(Either::Left(parameters)) => types(parameters),
        _ => Vec::new(),
    };
    serde_json::json!({"columns": columns, "parameters": {"Left": parameters}, "nullable": described.nullable})
}

fn sources() -> String {
    let files = walkdir::WalkDir::new(root().join("backend/src")).into_iter().flatten();
    let rust = files.filter(|file| file.path().extension().is_some_and(|end| end == "rs"));
    rust.map(|file| fs::read_to_string(file.path()).unwrap()).collect()
}

#[tokio::test]
async fn every_recorded_query_is_what_the_database_says_and_is_still_asked() {
    let Some((server, name)) = fresh().await else { return };
    let db = Database::open_managed(&config(), server.clone(), &name, &clock())
        .await
        .unwrap();
    let mut connection = superuser(&server, &name).await;
    let sources = sources();
    let mut count = 0;
    for file in fs::read_dir(root().join(".sqlx")).unwrap() {
        let path = file.unwrap().path();
        let recorded: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let query = recorded["query"].as_str().unwrap();
        let made_by = "run migrations/prepare.sh";
        assert!(
            sources.contains(query),
            "{} is asked nowhere; {made_by}",
            path.display()
        );
        let now = described(&mut connection, query).await;
        assert_eq!(now, recorded["describe"], "{} is old; {made_by}", path.display());
        count += 1;
    }
    assert!(count > 30, "{count} queries");
    db.close().await;
}

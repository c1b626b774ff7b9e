//! Elasticsearch's bulk protocol.

use crate::{
    client,
    ingest::{gzip, lines, on_bus},
    read,
};
use serde_json::{Value, json};
use watchfloor_tests::app::{self, DEAD_TOPIC, RAW_TOPIC};

#[tokio::test]
async fn a_beat_finds_what_it_asks_for_and_sends() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let get = |path: &str| client().get(app.url(path)).basic_auth("sensor", Some(&tenant.key));
    let response = get("/").send().await.unwrap();
    assert_eq!(response.headers()["x-elastic-product"], "Elasticsearch");
    let (status, info) = read(response).await;
    assert_eq!((status, &info["tagline"]), (200, &json!("You Know, for Search")));
    let (_, license) = read(get("/_license?human=false").send().await.unwrap()).await;
    assert_eq!(license["license"]["status"], "active");
    for path in [
        "/_xpack",
        "/_cluster/health",
        "/_index_template/filebeat-7.17.29",
        "/_ilm/policy/filebeat",
    ] {
        assert_eq!(get(path).send().await.unwrap().status(), 200, "{path}");
    }
    let put = client()
        .put(app.url("/_index_template/filebeat"))
        .basic_auth("sensor", Some(&tenant.key));
    let (_, put) = read(
        put.json(&json!({"index_patterns": ["filebeat-*"]}))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(put, json!({"acknowledged": true}));

    let body = "{\"create\":{\"_index\":\"filebeat-7.17.29\"}}\n{\"a\":1}\n{\"create\":{\"_index\":\"filebeat-7.17.29\"}}\n{\"a\":1}\n";
    let bulk = client()
        .post(app.url("/_bulk"))
        .basic_auth("sensor", Some(&tenant.key))
        .header("content-encoding", "gzip")
        .header("content-type", "application/json; charset=UTF-8")
        .body(gzip(body.as_bytes()));
    let response = bulk.send().await.unwrap();
    assert_eq!(response.headers()["x-elastic-product"], "Elasticsearch");
    let (status, report) = read(response).await;
    assert_eq!((status, &report["errors"]), (200, &json!(false)));
    let statuses: Vec<&Value> = items(&report).map(|item| &item["create"]["status"]).collect();
    assert_eq!(statuses, [&json!(201), &json!(201)]);
    let found = lines(&on_bus(app, RAW_TOPIC, &tenant).await);
    let expected = [("{\"a\":1}", "0"), ("{\"a\":1}", "1")];
    assert_eq!(
        found,
        expected.map(|(line, position)| (line.to_owned(), position.to_owned()))
    );
}

fn items(report: &Value) -> impl Iterator<Item = &Value> {
    report["items"].as_array().unwrap().iter()
}

#[tokio::test]
async fn each_item_of_a_bulk_request_is_answered_for_itself() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let long = "x".repeat(2 << 20);
    let body = format!(
        "{{\"index\":{{\"_id\":\"1\"}}}}\n{{\"a\":1}}\n{{\"delete\":{{\"_id\":\"1\"}}}}\n{{\"update\":{{\"_id\":\"1\"}}}}\n{{\"doc\":{{}}}}\n\
         {{\"create\":{{\"_index\":\"b\"}}}}\n{{\"long\":\"{long}\"}}\n{{\"create\":{{}}}}\n{{\"b\":2}}\n"
    );
    let bulk = client()
        .put(app.url("/a/_bulk"))
        .header("authorization", format!("ApiKey {}", tenant.key));
    let (status, report) = read(bulk.body(body).send().await.unwrap()).await;
    assert_eq!((status, &report["errors"]), (200, &json!(true)));
    let told: Vec<(String, i64, String)> = items(&report)
        .flat_map(|item| item.as_object().unwrap())
        .map(|(verb, item)| {
            let index = item["_index"].as_str().unwrap().to_owned();
            (verb.clone(), item["status"].as_i64().unwrap(), index)
        })
        .collect();
    let expected = [
        ("index", 201, "a"),
        ("delete", 400, "a"),
        ("update", 400, "a"),
        ("create", 413, "b"),
        ("create", 201, "a"),
    ];
    assert_eq!(
        told,
        expected.map(|(verb, status, index)| (verb.to_owned(), status, index.to_owned()))
    );
    assert_eq!(on_bus(app, RAW_TOPIC, &tenant).await.len(), 2);
    assert_eq!(
        on_bus(app, DEAD_TOPIC, &tenant).await.len(),
        1,
        "the long one's beginning is kept"
    );
}

#[tokio::test]
async fn what_is_no_bulk_request_takes_nothing() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let post = |key: &str, body: &'static str| client().post(app.url("/_bulk")).bearer_auth(key).body(body);
    let (status, told) = read(
        post(&tenant.key, "{\"index\":{}}\n{}\nnonsense\n")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(
        (status, &told["error"]["type"]),
        (400, &json!("illegal_argument_exception"))
    );
    assert!(told["error"]["reason"].as_str().unwrap().contains("line [3]"), "{told}");
    assert_eq!(
        post("wf_00_nope", "{\"index\":{}}\n{}\n")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    assert_eq!(client().get(app.url("/")).send().await.unwrap().status(), 401);
    assert!(on_bus(app, RAW_TOPIC, &tenant).await.is_empty());
}

//! What senders send, and what they should not.

use super::{client, read};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::io::Write;
use watchfloor::bus::{Message, TopicPartition};
use watchfloor_tests::app::{self, DEAD_TOPIC, RAW_TOPIC, Tenant, TestApp};

fn post(app: &TestApp, tenant: &Tenant) -> RequestBuilder {
    client().post(app.url("/ingest/v1/sysmon")).bearer_auth(&tenant.key)
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    gzip_at(Compression::fast(), bytes)
}

fn gzip_at(level: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The tenant's records of a topic.
pub async fn on_bus(app: &'static TestApp, topic: &'static str, tenant: &Tenant) -> Vec<Message> {
    let tenant = Bytes::from(tenant.id.to_string());
    let work = async move {
        let partition = TopicPartition {
            topic: topic.into(),
            partition: 0,
        };
        let mut offset = app.bus.watermarks(&partition).await.unwrap().low;
        let mut found = Vec::new();
        loop {
            let messages = app.bus.read(&partition, offset, 1_000).await.unwrap();
            let Some(last) = messages.last() else { return found };
            offset = last.offset + 1;
            found.extend(
                messages
                    .into_iter()
                    .filter(|m| m.record.header("tenant_id") == Some(&tenant)),
            );
        }
    };
    app.run(work).await
}

pub fn lines(messages: &[Message]) -> Vec<(String, String)> {
    let header = |m: &Message, name| String::from_utf8(m.record.header(name).unwrap().to_vec()).unwrap();
    messages
        .iter()
        .map(|m| {
            (
                String::from_utf8_lossy(&m.record.payload).into_owned(),
                header(m, "position"),
            )
        })
        .collect()
}

#[tokio::test]
async fn lines_arrive_as_they_are_with_their_place() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let body = "{\"a\":1}\n\n{\"a\":1}\r\n{\"b\":\"\u{0}\n{\"trunc";
    let (status, answer) = read(post(app, &tenant).body(body).send().await.unwrap()).await;
    assert_eq!((status, &answer), (200, &json!({"accepted": 4, "refused": 0})));
    let expected = [
        ("{\"a\":1}", "0"),
        ("{\"a\":1}", "1"),
        ("{\"b\":\"\u{0}", "0"),
        ("{\"trunc", "0"),
    ];
    let found = lines(&on_bus(app, RAW_TOPIC, &tenant).await);
    assert_eq!(
        found,
        expected.map(|(line, position)| (line.to_owned(), position.to_owned()))
    );
}

#[tokio::test]
async fn gzip_zstd_arrays_and_streams_say_the_same() {
    let Some(app) = app::shared() else { return };
    let body = b"{\"a\":1}\n{\"b\":2}\n".as_slice();
    let cases: [(&str, Vec<u8>, &str); 4] = [
        ("gzip", gzip(body), "application/x-ndjson"),
        (
            "gzip",
            [gzip(b"{\"a\":1}\n"), gzip(b"{\"b\":2}\n")].concat(),
            "application/x-ndjson",
        ),
        ("zstd", zstd::encode_all(body, 3).unwrap(), "text/plain; charset=utf-8"),
        ("identity", b"[{\"a\":1}, {\"b\":2}]".to_vec(), "application/json"),
    ];
    for (encoding, bytes, kind) in cases {
        let tenant = app.tenant().await;
        let request = post(app, &tenant)
            .header("content-encoding", encoding)
            .header("content-type", kind);
        let request = request.header("watchfloor-position", "70").body(bytes);
        let (status, answer) = read(request.send().await.unwrap()).await;
        assert_eq!((status, &answer["accepted"]), (200, &json!(2)), "{encoding} {kind}");
        let found = lines(&on_bus(app, RAW_TOPIC, &tenant).await);
        assert_eq!(
            found,
            [
                ("{\"a\":1}".to_owned(), "70".to_owned()),
                ("{\"b\":2}".to_owned(), "71".to_owned())
            ]
        );
    }
}

#[tokio::test]
async fn a_line_of_a_hundred_megabytes_becomes_a_dead_letter_and_its_neighbours_pass() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let mut body = b"{\"first\":1}\n".to_vec();
    body.resize(body.len() + (100 << 20), b'x');
    body.extend_from_slice(b"\n{\"last\":1}\n");
    // A ratio of some hundred: real telemetry does not compress like that, so the whole is sent with noise in it.
    let mut noise = 1_u32;
    for byte in body[20..(100 << 20)].iter_mut().step_by(7) {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = b'a' + (noise >> 28) as u8;
    }
    let request = post(app, &tenant).header("content-encoding", "gzip").body(gzip(&body));
    let (status, answer) = read(request.send().await.unwrap()).await;
    assert_eq!((status, &answer), (200, &json!({"accepted": 2, "refused": 1})));
    let dead = on_bus(app, DEAD_TOPIC, &tenant).await;
    assert_eq!(dead.len(), 1);
    let header = |name: &str| String::from_utf8(dead[0].record.header(name).unwrap().to_vec()).unwrap();
    assert_eq!(header("reason"), "record.too_large");
    assert_eq!(
        (header("stage"), header("length_bytes")),
        ("ingest".to_owned(), (100 << 20).to_string())
    );
    assert_eq!(dead[0].record.payload.len(), 64 << 10);
}

#[tokio::test]
async fn bombs_and_oversized_bodies_are_refused_with_what_was_taken() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let mut bomb = b"{\"a\":1}\n".to_vec();
    bomb.resize(200 << 20, b' ');
    let request = post(app, &tenant)
        .header("content-encoding", "gzip")
        .body(gzip_at(Compression::best(), &bomb));
    let (status, problem) = read(request.send().await.unwrap()).await;
    assert_eq!(
        (status, &problem["code"], &problem["accepted"]),
        (413, &json!("payload_too_large"), &json!(1))
    );

    let mut frame = zstd::Encoder::new(Vec::new(), 1).unwrap();
    frame.window_log(27).unwrap();
    frame.write_all(&vec![b' '; 1 << 20]).unwrap();
    let request = post(app, &tenant)
        .header("content-encoding", "zstd")
        .body(frame.finish().unwrap());
    assert_eq!(
        request.send().await.unwrap().status(),
        400,
        "a window of 128 MiB was taken"
    );
}

#[tokio::test]
async fn a_cut_body_says_what_was_taken_and_sending_it_again_doubles_nothing() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let body: String = (0..50_000)
        .map(|n| format!("{{\"n\":{},\"pad\":\"{n:x}{n:b}\"}}\n", n % 25_000))
        .collect();
    let whole = gzip(body.as_bytes());
    let cut = whole[..whole.len() / 2].to_vec();
    let send = |bytes: Vec<u8>| post(app, &tenant).header("content-encoding", "gzip").body(bytes).send();
    let (status, problem) = read(send(cut).await.unwrap()).await;
    let accepted = usize::try_from(problem["accepted"].as_u64().unwrap()).unwrap();
    assert_eq!(status, 400, "{problem}");
    assert!(accepted > 0 && accepted < 50_000);
    let (status, answer) = read(send(whole).await.unwrap()).await;
    assert_eq!((status, &answer["accepted"]), (200, &json!(50_000)));
    let found = lines(&on_bus(app, RAW_TOPIC, &tenant).await);
    assert_eq!(found.len(), accepted + 50_000);
    assert_eq!(
        found[..accepted],
        found[accepted..2 * accepted],
        "the same lines came out with other places"
    );
}

#[tokio::test]
async fn wrong_keys_kinds_encodings_and_positions_are_refused() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let status = |request: RequestBuilder| async {
        let (status, problem) = read(request.body("{}").send().await.unwrap()).await;
        assert!(problem["code"].is_string(), "{problem}");
        status
    };
    let bare = || client().post(app.url("/ingest/v1/sysmon"));
    assert_eq!(status(bare()).await, 401);
    assert_eq!(status(bare().bearer_auth(format!("{}x", tenant.key))).await, 401);
    assert_eq!(status(bare().header("x-api-key", "k".repeat(5_000))).await, 401);
    assert_eq!(
        status(post(app, &tenant).header("content-type", "text/html")).await,
        415
    );
    assert_eq!(status(post(app, &tenant).header("content-encoding", "br")).await, 415);
    assert_eq!(status(post(app, &tenant).header("content-encoding", "gzip")).await, 400);
    assert_eq!(
        status(post(app, &tenant).header("watchfloor-position", "first")).await,
        400
    );
    let empty: Value = read(post(app, &tenant).body("\n \n").send().await.unwrap()).await.1;
    assert_eq!(empty["accepted"], 0);
}

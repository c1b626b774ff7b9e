//! What every answer has in common: problems, headers, limits, metrics, the console's pages.

use super::{client, read};
use serde_json::json;
use watchfloor_shared::identity::Role;
use watchfloor_tests::app;

#[tokio::test]
async fn whatever_goes_wrong_is_a_problem_document() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Owner).await;
    let request = |method: &str, path: &str| {
        client()
            .request(method.parse().unwrap(), app.url(path))
            .header("cookie", &cookie)
    };
    let json_body = |text: String| {
        request("POST", "/api/v1/keys")
            .header("content-type", "application/json")
            .body(text)
    };
    let cases = [
        (request("GET", "/api/v1/nonsense"), 404, "not_found"),
        (request("GET", "/api/v1/alerts/%00"), 404, "not_found"),
        (request("POST", "/no/such/thing"), 404, "not_found"),
        (request("PUT", "/api/v1/alerts"), 405, "method_not_allowed"),
        (json_body("{".to_owned()), 400, "invalid_request"),
        (json_body("{\"nam\":1}".to_owned()), 400, "invalid_request"),
        (
            json_body(format!("{{\"name\":\"{}\"}}", "x".repeat(2 << 20))),
            413,
            "payload_too_large",
        ),
        (
            request("POST", "/api/v1/keys").body("{}"),
            415,
            "unsupported_media_type",
        ),
        (request("DELETE", "/api/v1/keys/nope"), 404, "not_found"),
    ];
    for (request, status, code) in cases {
        let response = request.send().await.unwrap();
        let address = response.url().path().to_owned();
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json",
            "{address}"
        );
        let (found, problem) = read(response).await;
        assert_eq!(
            (found, &problem["code"], &problem["status"]),
            (status, &json!(code), &json!(status)),
            "{address}"
        );
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let Some(app) = app::shared() else { return };
    for path in ["/", "/alerts", "/api/v1/me", "/api/docs", "/healthz", "/nonsense"] {
        let response = client().get(app.url(path)).send().await.unwrap();
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none';") && !policy.contains("unsafe-inline"),
            "{path}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin", "{path}");
        assert!(
            headers.contains_key("permissions-policy") && headers.contains_key("cache-control"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn health_metrics_and_documents_are_there() {
    let Some(app) = app::shared() else { return };
    let get = |path: &str| client().get(app.url(path)).send();
    assert_eq!(get("/readyz").await.unwrap().text().await.unwrap(), "ready\n");
    let (status, health) = read(get("/health").await.unwrap()).await;
    assert_eq!(
        (status, &health["status"], &health["checks"]["database"]),
        (200, &json!("ok"), &json!("ok"))
    );
    let metrics = get("/metrics").await.unwrap().text().await.unwrap();
    assert!(
        metrics.contains("watchfloor_http_requests_total{route=\"health.ready\",class=\"2xx\"}"),
        "{metrics}"
    );
    assert!(metrics.contains("process_resident_memory_bytes "));
    let (_, document) = read(get("/api/openapi.json").await.unwrap()).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/v1/alerts/{id}"]["patch"].is_object());
    for path in ["/api/docs", "/api/docs/docs.css", "/api/docs/docs.js"] {
        let page = get(path).await.unwrap();
        assert_eq!(page.status(), 200);
        let text = page.text().await.unwrap();
        assert!(
            !text.contains("style=") && !text.contains("http://") && !text.contains("https://"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_set_up_link_makes_one_owner_once() {
    let Some(_) = app::shared() else { return };
    let dir = watchfloor_tests::product::folder();
    let runtime = tokio::runtime::Handle::current();
    let app = app::start(dir.path(), watchfloor::api::ApiLimits::default(), runtime)
        .await
        .unwrap();
    let tenant: watchfloor_shared::TenantId = "default".parse().unwrap();
    watchfloor::store::identity::create_tenant(&app.db, &tenant, "Default")
        .await
        .unwrap();
    let token = watchfloor::store::identity::issue_setup_token(&app.db, &tenant)
        .await
        .unwrap()
        .unwrap();
    let needed = || async {
        read(client().get(app.url("/api/v1/setup")).send().await.unwrap())
            .await
            .1
    };
    let redeem = |token: &str, password: &str| {
        let body = json!({"token": token, "name": "Ada", "email": "ada@soc.example", "password": password});
        client().post(app.url("/api/v1/setup")).json(&body).send()
    };
    assert_eq!(needed().await, json!({"needed": true, "provider": null}));
    assert_eq!(redeem(token.reveal(), "short").await.unwrap().status(), 400);
    assert_eq!(redeem("wrong", "a long enough one").await.unwrap().status(), 401);
    let owner = redeem(token.reveal(), "a long enough one").await.unwrap();
    assert!(owner.headers().contains_key("set-cookie"));
    let (status, me) = read(owner).await;
    assert_eq!((status, &me["role"]), (200, &json!("owner")));
    assert_eq!(needed().await, json!({"needed": false, "provider": null}));
    assert_eq!(redeem(token.reveal(), "a long enough one").await.unwrap().status(), 401);
    app.db.close().await;
}

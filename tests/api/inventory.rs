//! The tables of hosts and accounts: sent as a whole, as JSON or CSV, and refused with the row that is wrong.

use super::{client, read};
use serde_json::{Value, json};
use watchfloor_shared::identity::Role;
use watchfloor_tests::app::{self, TestApp};

const ASSETS: &str = "/api/v1/inventory/assets";
const PEOPLE: &str = "/api/v1/inventory/people";
const SITES: &str = "/api/v1/inventory/sites";

async fn put(app: &TestApp, path: &str, cookie: &str, kind: &str, body: impl Into<String>) -> (u16, Value) {
    let request = client().put(app.url(path)).header("cookie", cookie);
    read(
        request
            .header("content-type", kind)
            .body(body.into())
            .send()
            .await
            .unwrap(),
    )
    .await
}

async fn get(app: &TestApp, path: &str, cookie: &str) -> Value {
    let answer = client().get(app.url(path)).header("cookie", cookie);
    read(answer.send().await.unwrap()).await.1
}

#[tokio::test]
async fn a_table_replaces_the_one_before() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Owner).await;
    let csv = "Name,addresses,criticality,owner\nDC01,10.0.0.1 fd00::/64,Extreme_Impact,\"IT, core\"\nWS-2,,,\n";
    let taken = put(
        app,
        ASSETS,
        &cookie,
        "text/csv; charset=utf-8",
        format!("\u{feff}{csv}"),
    )
    .await;
    assert_eq!(taken, (200, json!({"rows": 2})));
    let expected = json!([
        {"name": "DC01", "addresses": ["10.0.0.1", "fd00::/64"], "criticality": "extreme_impact", "owner": "IT, core"},
        {"name": "WS-2", "addresses": []},
    ]);
    assert_eq!(get(app, ASSETS, &cookie).await, expected);

    // What was read can be sent again, and a shorter table leaves nothing of the longer one.
    let again = put(app, ASSETS, &cookie, "application/json", expected.to_string()).await;
    assert_eq!(again.1, json!({"rows": 2}));
    assert_eq!(
        put(app, ASSETS, &cookie, "application/json", "[]").await.1,
        json!({"rows": 0})
    );
    assert_eq!(get(app, ASSETS, &cookie).await, json!([]));

    let people = "name,full_name,privileged\nCORP\\ada,Ada Okafor,yes\n";
    assert_eq!(
        put(app, PEOPLE, &cookie, "text/csv", people).await.1,
        json!({"rows": 1})
    );
    let expected = json!([{"name": "CORP\\ada", "full_name": "Ada Okafor", "privileged": true}]);
    assert_eq!(get(app, PEOPLE, &cookie).await, expected);
}

#[tokio::test]
async fn a_table_with_a_wrong_row_changes_nothing_and_names_it() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Owner).await;
    put(app, ASSETS, &cookie, "text/csv", "name\nkept\n").await;
    let many = format!(
        "name\n{}",
        (0..100_001).fold(String::new(), |all, at| all + &format!("h{at}\n"))
    );
    for (path, kind, body, status, part) in [
        (ASSETS, "text/csv", "name\na\nA\n", 400, "row 2"),
        (ASSETS, "text/csv", "name,addresses\na,10.0.0.0/99\n", 400, "row 1"),
        (ASSETS, "text/csv", "name,criticality\na,b\n", 400, "low_impact"),
        (ASSETS, "text/csv", "name,colour\na,b\n", 400, "colour"),
        (ASSETS, "text/csv", "name,owner\na\n", 400, "field"),
        (ASSETS, "text/csv", &many, 400, "100000"),
        (
            ASSETS,
            "application/json",
            "[{\"name\": \"a\", \"colour\": 1}]",
            400,
            "colour",
        ),
        (ASSETS, "application/json", "{\"name\": \"a\"}", 400, "sequence"),
        (ASSETS, "application/xml", "<a/>", 415, "text/csv"),
        (PEOPLE, "text/csv", "name,privileged\na,perhaps\n", 400, "privileged"),
        (PEOPLE, "text/csv", "full_name\nAda\n", 400, "no name"),
    ] {
        let (answered, problem) = put(app, path, &cookie, kind, body).await;
        assert_eq!(answered, status, "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(part), "{part}: {detail}");
    }
    assert_eq!(
        get(app, ASSETS, &cookie).await,
        json!([{"name": "kept", "addresses": []}])
    );
}

#[tokio::test]
async fn an_endpoints_page_shows_what_the_inventory_says_of_it() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Owner).await;
    let path = format!("/api/v1/endpoints/{}", tenant.endpoint);
    let name = get(app, &path, &cookie).await["name"].as_str().unwrap().to_owned();
    let table = json!([{"name": name.to_uppercase(), "role": "build server"}]);
    put(app, ASSETS, &cookie, "application/json", table.to_string()).await;
    assert_eq!(get(app, &path, &cookie).await["asset"]["role"], "build server");
    let other = app.tenant().await;
    let other_cookie = app.cookie(&other, Role::Owner).await;
    assert_eq!(get(app, ASSETS, &other_cookie).await, json!([]));
}

#[tokio::test]
async fn sites_are_replaced_like_the_other_tables_and_must_be_on_earth() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Admin).await;
    let csv = "name,latitude,longitude,country\nHamburg,53.55,9.99,DE\nSingapore,1.35,103.8,\n";
    assert_eq!(put(app, SITES, &cookie, "text/csv", csv).await.1, json!({"rows": 2}));
    let expected = json!([
        {"name": "Hamburg", "latitude": 53.55, "longitude": 9.99, "country": "DE"},
        {"name": "Singapore", "latitude": 1.35, "longitude": 103.8},
    ]);
    assert_eq!(get(app, SITES, &cookie).await, expected);
    for (wrong, why) in [
        (
            "name,latitude,longitude\nA,91,0\n",
            "row 1: a latitude is from -90 to 90",
        ),
        ("name,latitude,longitude\nA,north,0\n", "row 1: latitude is a number"),
        ("name,latitude\nA,1\n", "row 1: it has no longitude"),
        ("name,latitude,longitude\nA,1,1\na,2,2\n", "row 2: \"a\" is in row 1"),
    ] {
        let (status, problem) = put(app, SITES, &cookie, "text/csv", wrong).await;
        assert_eq!(status, 400, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
    }
    assert_eq!(
        get(app, SITES, &cookie).await,
        expected,
        "what was refused changed nothing"
    );
}

//! An identity provider that says what a test wants: OpenID Connect's code flow with PKCE, one key, one person.

use axum::{
    Json, Router,
    extract::{Form, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{net::TcpListener, task::JoinHandle};
use watchfloor::clock::Clock;

pub const CLIENT: &str = "console";
pub const SECRET: &str = "a secret with: signs%";

/// What it says, and how it goes wrong.
pub struct Says {
    /// Beside `iss`, `aud`, `exp`, `iat` and `nonce`, which a claim of that name replaces.
    pub claims: Value,
    /// Answered at the user info address, with `sub`.
    pub user_info: Value,
    /// Signs with a key that it does not publish.
    pub forges: bool,
    key: (String, EcdsaKeyPair),
    codes: HashMap<String, HashMap<String, String>>,
}

/// Ends with the test.
pub struct Idp {
    pub issuer: String,
    says: Arc<Mutex<Says>>,
    server: JoinHandle<()>,
}

impl Drop for Idp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
struct Served {
    issuer: String,
    says: Arc<Mutex<Says>>,
}

fn key(name: &str) -> (String, EcdsaKeyPair) {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
    (name.to_owned(), pair.unwrap())
}

impl Idp {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", socket.local_addr().unwrap());
        let says = Arc::new(Mutex::new(Says {
            claims: json!({}),
            user_info: json!({}),
            forges: false,
            key: key("one"),
            codes: HashMap::new(),
        }));
        let served = Served {
            issuer: issuer.clone(),
            says: says.clone(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/auth", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .with_state(served);
        let server = tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        Self { issuer, says, server }
    }

    pub fn says(&self) -> MutexGuard<'_, Says> {
        self.says.lock().unwrap()
    }

    /// Publishes another key in the place of the one before.
    pub fn rotate(&self) {
        self.says().key = key("two");
    }
}

async fn discovery(State(served): State<Served>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", served.issuer);
    Json(json!({
        "issuer": served.issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"), "jwks_uri": at("/keys"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(served): State<Served>) -> Json<Value> {
    let says = served.says.lock().unwrap();
    let (name, pair) = &says.key;
    // 4, then both coordinates.
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let key = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": name,
        "x": BASE64.encode(x), "y": BASE64.encode(y),
    });
    Json(json!({ "keys": [key] }))
}

/// The person agrees at once.
async fn authorize(State(served): State<Served>, Query(asked): Query<HashMap<String, String>>) -> Response {
    assert_eq!(
        (asked["response_type"].as_str(), asked["client_id"].as_str()),
        ("code", CLIENT)
    );
    assert_eq!(asked["code_challenge_method"], "S256");
    assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
    let code = format!("code{:016x}", rand::random::<u64>());
    let back = format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]);
    served.says.lock().unwrap().codes.insert(code, asked);
    (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response()
}

/// `client_secret_basic`: both percent-encoded, as RFC 6749 has it.
fn is_client(headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Basic "));
    let expected = format!("{CLIENT}:a+secret+with%3A+signs%25");
    given.is_some_and(|given| STANDARD.decode(given).unwrap() == expected.as_bytes())
}

async fn token(
    State(served): State<Served>,
    headers: HeaderMap,
    Form(asked): Form<HashMap<String, String>>,
) -> Response {
    let mut says = served.says.lock().unwrap();
    let refused = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    if !is_client(&headers) {
        return refused("invalid_client");
    }
    let Some(begun) = says.codes.remove(&asked["code"]) else {
        return refused("invalid_grant");
    };
    let challenge = BASE64.encode(Sha256::digest(asked["code_verifier"].as_bytes()));
    if challenge != begun["code_challenge"] || asked["redirect_uri"] != begun["redirect_uri"] {
        return refused("invalid_grant");
    }
    let now = Clock::system().now().seconds();
    let mut claims = json!({
        "iss": served.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": begun["nonce"],
    });
    for (name, value) in says.claims.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let id_token = signed(&says, &claims);
    Json(json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
        .into_response()
}

fn signed(says: &Says, claims: &Value) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let (name, pair) = &says.key;
    let text = format!("{}.{}", part(&json!({"alg": "ES256", "kid": name})), part(claims));
    let forged = key("forged").1;
    let pair = if says.forges { &forged } else { pair };
    let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64.encode(signature))
}

async fn user_info(State(served): State<Served>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer a");
    Json(served.says.lock().unwrap().user_info.clone())
}

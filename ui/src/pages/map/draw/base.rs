//! MapLibre GL as this console uses it: fetched when the map opens, from our own origin.

use js_sys::{Function, JSON, Promise, Reflect};
use leptos::prelude::document;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

const ENGINE: &str = "/atlas/engine.js";
/// Where the engine leaves what it fetched.
const GLOBAL: &str = "watchfloorBaseMap";

#[wasm_bindgen]
extern "C" {
    /// `Map` of `maplibre-gl`.
    pub type BaseMap;
    #[wasm_bindgen(method)]
    pub fn on(this: &BaseMap, event: &str, listener: &Function);
    #[wasm_bindgen(method, js_name = addLayer)]
    pub fn add_layer(this: &BaseMap, layer: &JsValue);
    #[wasm_bindgen(method, js_name = addSource)]
    pub fn add_source(this: &BaseMap, id: &str, source: &JsValue);
    #[wasm_bindgen(method, js_name = getSource)]
    pub fn source(this: &BaseMap, id: &str) -> Option<Source>;
    #[wasm_bindgen(method, js_name = setPaintProperty)]
    pub fn set_paint(this: &BaseMap, layer: &str, name: &str, value: &JsValue);
    #[wasm_bindgen(method, js_name = setProjection)]
    pub fn set_projection(this: &BaseMap, projection: &JsValue);
    #[wasm_bindgen(method, js_name = getZoom)]
    pub fn zoom(this: &BaseMap) -> f64;
    #[wasm_bindgen(method, js_name = easeTo)]
    pub fn ease_to(this: &BaseMap, options: &JsValue);
    #[wasm_bindgen(method, js_name = jumpTo)]
    pub fn jump_to(this: &BaseMap, options: &JsValue);
    #[wasm_bindgen(method)]
    pub fn remove(this: &BaseMap);

    pub type Source;
    #[wasm_bindgen(method, js_name = setData)]
    pub fn set_data(this: &Source, data: &JsValue);
}

/// As the library takes it.
pub fn js(value: &Value) -> JsValue {
    JSON::parse(&value.to_string()).unwrap_or_default()
}

pub fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or_default()
}

pub fn set(object: &JsValue, key: &str, value: &JsValue) {
    // Only a frozen object refuses, and these are our own.
    let _ = Reflect::set(object, &key.into(), value);
}

fn global() -> Option<Function> {
    get(&js_sys::global(), GLOBAL).dyn_into().ok()
}

/// `None` where the library could not be fetched.
pub async fn constructor() -> Option<Function> {
    if let Some(here) = global() {
        return Some(here);
    }
    let document = document();
    let script = document.create_element("script").ok()?;
    script.set_attribute("type", "module").ok()?;
    let done = Promise::new(&mut |resolve, reject| {
        set(&script, "onload", &resolve);
        set(&script, "onerror", &reject);
    });
    script.set_attribute("src", ENGINE).ok()?;
    document.body()?.append_child(&script).ok()?;
    let fetched = JsFuture::from(done).await;
    // Another attempt fetches it anew.
    script.remove();
    fetched.ok().and_then(|_| global())
}

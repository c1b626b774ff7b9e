//! Hands a file, made here, to the browser's downloads.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

/// `parts` are texts, joined in their order.
pub fn save(name: &str, media_type: &str, parts: &js_sys::Array) -> Result<(), JsValue> {
    let kind = web_sys::BlobPropertyBag::new();
    kind.set_type(media_type);
    let blob = web_sys::Blob::new_with_str_sequence_and_options(parts, &kind)?;
    let address = web_sys::Url::create_object_url_with_blob(&blob)?;
    let link: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    web_sys::Url::revoke_object_url(&address)
}

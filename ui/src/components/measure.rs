//! The size that the layout gave to an element, so that drawings fit it instead of being stretched.

use leptos::{html::ElementType, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, ResizeObserver};

/// Width and height in CSS pixels; zero until the element is laid out.
pub fn use_size<E>(node: NodeRef<E>) -> ReadSignal<(f64, f64)>
where
    E: ElementType,
    E::Output: JsCast + Clone + AsRef<Element> + 'static,
{
    let (size, set_size) = signal((0.0, 0.0));
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        let element: Element = AsRef::<Element>::as_ref(&element).clone();
        let measured = element.clone();
        let callback = Closure::<dyn FnMut()>::new(move || {
            let rect = measured.get_bounding_client_rect();
            let new = (rect.width(), rect.height());
            if size.try_get_untracked().is_some_and(|old| old != new) {
                set_size.set(new);
            }
        });
        let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&element);
        let keep = StoredValue::new_local((observer, callback));
        on_cleanup(move || {
            keep.try_update_value(|(observer, _)| observer.disconnect());
        });
    });
    size
}

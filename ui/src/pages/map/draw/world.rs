//! The base map by MapLibre, flat or as a globe, with our own canvas above it.

use super::{
    Renderer,
    base::{BaseMap, get, js, set},
    looks::Looks,
    overlay::{Matrix, Overlay, View},
    style,
};
use crate::pages::map::model::{Mode, Scene, Shot, geo::Point};
use js_sys::{Array, Float32Array, Function, Object, Reflect};
use leptos::prelude::window;
use serde_json::json;
use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::HtmlElement;

/// Where the inhabited world is in the middle.
const CENTER: [f64; 2] = [10.0, 26.0];
/// A globe looks smaller than the plane it is made of, because it is seen from near; so it fills nine tenths of the height.
const GLOBE_SHARE: f64 = 1.02;
const TILE_PX: f64 = 512.0;
const ZOOM_MAX: f64 = 7.0;

pub struct World {
    map: BaseMap,
    node: HtmlElement,
    overlay: Rc<Overlay>,
    globe: Cell<bool>,
    size: f32,
    is_ready: Cell<bool>,
    has_fine: Cell<bool>,
    /// What came last, for layers that are not there yet.
    scene: RefCell<Rc<Scene>>,
    listeners: RefCell<Vec<JsValue>>,
}

impl World {
    pub fn open(
        constructor: &Function,
        node: &HtmlElement,
        overlay: Rc<Overlay>,
        (globe, size): (bool, f32),
        moved: Rc<dyn Fn()>,
    ) -> Result<Rc<dyn Renderer>, JsValue> {
        let map: BaseMap = Reflect::construct(constructor, &Array::of1(&options(node, globe, size)))?.unchecked_into();
        let world = Rc::new(Self {
            map,
            node: node.clone(),
            overlay,
            globe: Cell::new(globe),
            size,
            is_ready: Cell::new(false),
            has_fine: Cell::new(false),
            scene: RefCell::default(),
            listeners: RefCell::default(),
        });
        world.listen(moved);
        Ok(world)
    }

    fn listen(self: &Rc<Self>, moved: Rc<dyn Fn()>) {
        let weak = Rc::downgrade(self);
        let on_load = Closure::<dyn FnMut()>::new(move || {
            if let Some(world) = Weak::upgrade(&weak) {
                world.ready();
            }
        });
        let weak = Rc::downgrade(self);
        let on_zoom = Closure::<dyn FnMut()>::new(move || {
            if let Some(world) = Weak::upgrade(&weak) {
                world.refine();
            }
        });
        let weak = Rc::downgrade(self);
        let render = Closure::<dyn FnMut(JsValue, JsValue)>::new(move |_gl: JsValue, state: JsValue| {
            if let Some(world) = Weak::upgrade(&weak) {
                world.overlay.look_from(view(
                    &world.node,
                    &get(&state, "defaultProjectionData"),
                    world.globe.get(),
                ));
                moved();
            }
        });
        // The layer draws nothing: it only says how the base map is looked at.
        let layer = Object::new();
        set(&layer, "id", &"view".into());
        set(&layer, "type", &"custom".into());
        set(&layer, "render", render.as_ref());
        self.map.on("load", on_load.as_ref().unchecked_ref());
        self.map.on("zoomend", on_zoom.as_ref().unchecked_ref());
        let mut listeners = self.listeners.borrow_mut();
        listeners.extend([
            on_load.into_js_value(),
            on_zoom.into_js_value(),
            render.into_js_value(),
            layer.into(),
        ]);
    }

    fn ready(&self) {
        self.is_ready.set(true);
        if let Some(layer) = self.listeners.borrow().last() {
            self.map.add_layer(layer);
        }
        if self.globe.get() {
            self.map.set_projection(&js(&json!({"type": "globe"})));
        }
        self.refine();
        self.lay_out();
    }

    /// The finer outlines come when they can be seen.
    fn refine(&self) {
        if !self.is_ready.get() || self.has_fine.get() || self.map.zoom() < style::FINE_ZOOM - 0.2 {
            return;
        }
        self.has_fine.set(true);
        self.map
            .add_source(style::FINE, &js(&style::world(&origin(), style::FINE)));
        let Some(add) = get(&self.map, "addLayer").dyn_ref::<Function>().cloned() else {
            return;
        };
        for layer in style::outlines(&Looks::now(), style::FINE, self.size) {
            // Below the names of countries.
            let _ = add.call2(&self.map, &js(&layer), &"labels".into());
        }
        self.shade();
    }

    /// Sites and density, which are the base map's to draw.
    fn lay_out(&self) {
        if !self.is_ready.get() {
            return;
        }
        let scene = self.scene.borrow();
        let sites = scene.sites.iter().map(|site| {
            json!({"type": "Feature", "properties": {"name": site.name},
                "geometry": {"type": "Point", "coordinates": [site.longitude, site.latitude]}})
        });
        let sites = json!({"type": "FeatureCollection", "features": sites.collect::<Vec<_>>()});
        if let Some(source) = self.map.source(style::SITES) {
            source.set_data(&js(&sites));
        }
        drop(scene);
        self.shade();
    }

    fn shade(&self) {
        if !self.is_ready.get() {
            return;
        }
        let shading = js(&style::shading(&self.scene.borrow().countries));
        for scale in self.scales() {
            self.map.set_paint(&format!("dense-{scale}"), "fill-opacity", &shading);
        }
    }

    fn scales(&self) -> &'static [&'static str] {
        if self.has_fine.get() {
            &[style::COARSE, style::FINE]
        } else {
            &[style::COARSE]
        }
    }
}

impl Renderer for World {
    fn show(&self, scene: &Rc<Scene>) {
        self.overlay.show(scene);
        let before = self.scene.replace(Rc::clone(scene));
        if before.sites != scene.sites {
            self.lay_out();
        } else if before.mode != scene.mode || (scene.mode == Mode::Density && before.countries != scene.countries) {
            self.shade();
        }
    }

    fn fly(&self, shots: &[Shot]) {
        self.overlay.fly(shots);
    }

    fn hold(&self, held: bool) {
        self.overlay.hold(held);
    }

    fn clear(&self) {
        self.overlay.clear();
    }

    fn dress(&self) {
        self.overlay.dress();
        if self.is_ready.get() {
            for (layer, property, value) in style::repaint(&Looks::now(), self.scales()) {
                self.map.set_paint(&layer, property, &value.into());
            }
        }
    }

    fn globe(&self, on: bool) {
        if self.globe.replace(on) == on || !self.is_ready.get() {
            return;
        }
        let kind = if on { "globe" } else { "mercator" };
        self.map.set_projection(&js(&json!({"type": kind})));
        self.map
            .jump_to(&js(&json!({"center": CENTER, "zoom": fitting(&self.node, on)})));
    }

    fn zoom(&self, by: f64) {
        let to = match by {
            0.0 => json!({"center": CENTER, "zoom": fitting(&self.node, self.globe.get()), "duration": 180}),
            by => json!({"zoom": self.map.zoom() + by, "duration": 180}),
        };
        self.map.ease_to(&js(&to));
    }

    fn locate(&self, at: Point) -> Option<(f64, f64)> {
        self.overlay.locate(at)
    }

    fn close(&self) {
        self.overlay.close();
        self.map.remove();
        self.listeners.borrow_mut().clear();
    }
}

fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The flat world fills the width; the globe fits into the height.
fn fitting(node: &HtmlElement, globe: bool) -> f64 {
    let rect = node.get_bounding_client_rect();
    let (width, height) = (rect.width().max(1.0), rect.height().max(1.0));
    let world_px = if globe {
        height.min(width) * GLOBE_SHARE * std::f64::consts::PI
    } else {
        width.max(height)
    };
    (world_px / TILE_PX).log2()
}

fn options(node: &HtmlElement, globe: bool, size: f32) -> JsValue {
    let options = js(&json!({
        "style": style::whole(&Looks::now(), &origin(), size),
        "center": CENTER,
        "zoom": fitting(node, globe),
        "maxZoom": ZOOM_MAX,
        "attributionControl": false,
        "renderWorldCopies": false,
        "fadeDuration": 0,
        "dragRotate": false,
        "pitchWithRotate": false,
        "touchPitch": false,
        "canvasContextAttributes": {"antialias": true},
    }));
    set(&options, "container", node);
    options
}

/// What MapLibre tells its custom layers.
fn view(node: &HtmlElement, projection: &JsValue, globe: bool) -> View {
    let floats = |key: &str| Float32Array::new(&get(projection, key)).to_vec();
    let matrix = |key: &str| -> Matrix { floats(key).try_into().unwrap_or_default() };
    let roundness = get(projection, "projectionTransition").as_f64().unwrap_or(0.0);
    let is_round = globe && roundness > 0.0;
    let rect = node.get_bounding_client_rect();
    #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
    View {
        flat: matrix(if is_round { "fallbackMatrix" } else { "mainMatrix" }),
        sphere: matrix("mainMatrix"),
        horizon: floats("clippingPlane").try_into().unwrap_or_default(),
        roundness: if is_round { roundness as f32 } else { 0.0 },
        size: (rect.width(), rect.height()),
    }
}

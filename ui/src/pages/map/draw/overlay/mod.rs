//! Our own two canvases above the base map, drawn with WebGL2: below what stands (arcs, marks, sites), above what flies.
//!
//! What flies moves without anything below being drawn again, and nothing is drawn at all while nothing moves.

mod flights;
mod gl;
mod instances;
mod view;
mod webgl;

use super::{
    looks::{self, Looks},
    now_seconds,
};
use crate::pages::map::model::{Mode, Scene, Shot, geo::Point};
use flights::Flights;
use gl::{Buffer, Device};
use instances::Instances;
use leptos::prelude::{document, window};
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};
pub use view::{Matrix, View};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlCanvasElement, HtmlElement};

/// Pixels of the canvas in one of CSS, at most: beyond it nobody sees the difference and everybody pays.
const SCALE_MAX: f64 = 2.0;
const ARC_SEGMENTS: u16 = 40;
/// Among so many arcs nobody sees the corners of one.
const ARC_SEGMENTS_CROWDED: u16 = 20;
const CROWD: usize = 600;
const FLIGHT_SEGMENTS: u16 = 12;
const FLIGHT_SEGMENTS_CROWDED: u16 = 5;
/// What stands of a crowd pales so slowly that it is drawn anew only so often; what is new in it flies at once.
const CROWD_EVERY_SECONDS: f64 = 3.0;
/// Places of the canvases.
const STANDING: usize = 0;
const FLYING: usize = 1;

pub struct Overlay {
    /// What stands, what flies.
    canvases: [HtmlCanvasElement; 2],
    state: RefCell<State>,
    frame: RefCell<Option<Closure<dyn FnMut()>>>,
    context_events: RefCell<Vec<ContextListener>>,
}

type ContextListener = Closure<dyn FnMut(web_sys::Event)>;

struct State {
    /// How many times as large as on a desk.
    size: f32,
    /// As the canvases; `None` while a context is lost.
    devices: [Option<Device>; 2],
    looks: Looks,
    view: Option<View>,
    scene: Rc<Scene>,
    /// To be sent, and to be drawn.
    scene_changed: bool,
    stands_anew: bool,
    stood: Stood,
    flights: Flights,
    /// When what flies was sent to the card.
    sent: f64,
    /// Since when what flies stands still.
    held: Option<f64>,
    /// How long it stood still in all.
    lost: f64,
    awaits_frame: bool,
}

/// What was drawn last of what stands.
#[derive(Default)]
struct Stood {
    at: f64,
    lit: Option<u64>,
    mode: Mode,
    arcs: usize,
}

impl Stood {
    fn of(scene: &Scene, at: f64) -> Self {
        Self {
            at,
            lit: scene.lit,
            mode: scene.mode,
            arcs: scene.arcs.len(),
        }
    }

    /// Time alone may wait; what a person did, a filter too, shows at once.
    fn is_over(&self, scene: &Scene, now: f64) -> bool {
        now - self.at >= CROWD_EVERY_SECONDS
            || (self.lit, self.mode) != (scene.lit, scene.mode)
            || self.arcs.abs_diff(scene.arcs.len()) * 10 > self.arcs
    }
}

impl State {
    /// The time of what flies.
    fn now(&self) -> f64 {
        self.held.unwrap_or_else(now_seconds) - self.lost
    }
}

impl Overlay {
    /// `None` where there is no WebGL2.
    pub fn over(node: &HtmlElement, size: f32) -> Option<Rc<Self>> {
        let canvases = [layer()?, layer()?];
        let devices = [Device::on(&canvases[STANDING])?, Device::on(&canvases[FLYING])?];
        for canvas in &canvases {
            node.append_child(canvas).ok()?;
        }
        let overlay = Rc::new(Self {
            canvases,
            state: RefCell::new(State {
                size,
                devices: devices.map(Some),
                looks: Looks::now(),
                view: None,
                scene: Rc::default(),
                scene_changed: true,
                stands_anew: true,
                stood: Stood::default(),
                flights: Flights::default(),
                sent: 0.0,
                held: None,
                lost: 0.0,
                awaits_frame: false,
            }),
            frame: RefCell::new(None),
            context_events: RefCell::new(Vec::new()),
        });
        let weak = Rc::downgrade(&overlay);
        *overlay.frame.borrow_mut() = Some(Closure::new(move || {
            if let Some(overlay) = Weak::upgrade(&weak) {
                overlay.state.borrow_mut().awaits_frame = false;
                overlay.draw();
            }
        }));
        overlay.watch_context();
        Some(overlay)
    }

    /// A lost context comes back empty: everything is sent again.
    fn watch_context(self: &Rc<Self>) {
        let events = [("webglcontextlost", true), ("webglcontextrestored", false)];
        for (layer, (name, is_lost)) in [STANDING, FLYING]
            .into_iter()
            .flat_map(|layer| events.map(|event| (layer, event)))
        {
            let weak = Rc::downgrade(self);
            let listener = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
                let Some(overlay) = Weak::upgrade(&weak) else { return };
                // Asks for it back.
                event.prevent_default();
                {
                    let mut state = overlay.state.borrow_mut();
                    state.devices[layer] = if is_lost {
                        None
                    } else {
                        Device::on(&overlay.canvases[layer])
                    };
                    state.scene_changed = true;
                    state.stands_anew = true;
                    state.flights.again();
                }
                overlay.ask();
            });
            let target: &web_sys::EventTarget = &self.canvases[layer];
            let _ = target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            self.context_events.borrow_mut().push(listener);
        }
    }

    pub fn show(&self, scene: &Rc<Scene>) {
        let mut state = self.state.borrow_mut();
        state.scene = Rc::clone(scene);
        state.scene_changed = true;
        drop(state);
        self.ask();
    }

    pub fn fly(&self, shots: &[Shot]) {
        let mut state = self.state.borrow_mut();
        let now = state.now();
        let size = state.size;
        let shots: Vec<Shot> = shots.iter().map(|shot| shot.larger(size)).collect();
        state.flights.begin(&shots, now);
        drop(state);
        self.ask();
    }

    pub fn hold(&self, held: bool) {
        let mut state = self.state.borrow_mut();
        match (held, state.held) {
            (true, None) => state.held = Some(now_seconds()),
            (false, Some(since)) => {
                state.lost += now_seconds() - since;
                state.held = None;
            }
            _ => {}
        }
        drop(state);
        self.ask();
    }

    pub fn clear(&self) {
        self.state.borrow_mut().flights.clear();
        self.ask();
    }

    pub fn dress(&self) {
        let mut state = self.state.borrow_mut();
        state.looks = Looks::now();
        state.stands_anew = true;
        drop(state);
        self.ask();
    }

    /// Draws at once, so that it stays with the base map, which is being drawn.
    pub fn look_from(&self, view: View) {
        let mut state = self.state.borrow_mut();
        state.stands_anew |= state.view != Some(view);
        state.view = Some(view);
        drop(state);
        self.draw();
    }

    pub fn locate(&self, at: Point) -> Option<(f64, f64)> {
        self.state.borrow().view.and_then(|view| view.locate(at))
    }

    pub fn close(&self) {
        *self.frame.borrow_mut() = None;
        self.context_events.borrow_mut().clear();
        for canvas in &self.canvases {
            canvas.remove();
        }
    }

    /// Asks for a picture. A hidden tab gets none until it is seen again.
    fn ask(&self) {
        let mut state = self.state.borrow_mut();
        if state.awaits_frame || state.view.is_none() {
            return;
        }
        if let Some(frame) = self.frame.borrow().as_ref() {
            let asked = window().request_animation_frame(frame.as_ref().unchecked_ref());
            state.awaits_frame = asked.is_ok();
        }
    }

    fn draw(&self) {
        let mut state = self.state.borrow_mut();
        let goes_on = state.draw(&self.canvases);
        drop(state);
        if goes_on {
            self.ask();
        }
    }
}

impl State {
    /// Whether what stands has to be drawn anew now.
    fn stands_otherwise(&self, now: f64) -> bool {
        let is_due = self.scene.arcs.len() <= CROWD || self.held.is_some() || self.stood.is_over(&self.scene, now);
        self.stands_anew || (self.scene_changed && is_due)
    }

    /// Whether something moves.
    fn draw(&mut self, canvases: &[HtmlCanvasElement; 2]) -> bool {
        let now = self.now();
        let Some(view) = self.view else { return false };
        let scale = window().device_pixel_ratio().clamp(1.0, SCALE_MAX);
        if let Some(device) = self.devices[STANDING].as_ref().filter(|_| self.stands_otherwise(now)) {
            if std::mem::take(&mut self.scene_changed) {
                let (arcs, marks) = packed(&self.scene, self.size);
                device.send(Buffer::Arcs, &arcs);
                device.send(Buffer::Marks, &marks);
            }
            self.stands_anew = false;
            self.stood = Stood::of(&self.scene, now);
            device.begin(&canvases[STANDING], view.size, scale);
            let segments = if self.scene.arcs.len() > CROWD {
                ARC_SEGMENTS_CROWDED
            } else {
                ARC_SEGMENTS
            };
            device.ribbons(&view, &self.looks, 0.0, Buffer::Arcs, segments);
            device.spots(&view, &self.looks, 0.0, Buffer::Marks);
        }
        let Some(device) = self.devices[FLYING].as_ref() else {
            return false;
        };
        if let Some(packed) = self.flights.packed(now) {
            device.send(Buffer::Flights, &packed);
            self.sent = now;
        }
        device.begin(&canvases[FLYING], view.size, scale);
        let flies = self.flights.are_under_way(now);
        if flies {
            #[expect(clippy::cast_possible_truncation, reason = "seconds since the last one set out")]
            let since = (now - self.sent) as f32;
            let segments = if self.flights.count() > CROWD {
                FLIGHT_SEGMENTS_CROWDED
            } else {
                FLIGHT_SEGMENTS
            };
            device.ribbons(&view, &self.looks, since, Buffer::Flights, segments);
            device.spots(&view, &self.looks, since, Buffer::Flights);
        }
        flies && self.held.is_none()
    }
}

fn layer() -> Option<HtmlCanvasElement> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_class_name("arcs");
    Some(canvas)
}

/// Arcs; then discs, marks and sites, from below to above.
fn packed(scene: &Scene, size: f32) -> (Instances, Instances) {
    let (mut arcs, mut marks) = (Instances::default(), Instances::default());
    let is_dense = scene.mode == Mode::Density;
    for arc in scene.arcs.iter().filter(|arc| !is_dense || scene.lit == Some(arc.flow)) {
        let width = if scene.lit == Some(arc.flow) {
            arc.width_px + 0.8
        } else {
            arc.width_px
        };
        arcs.ribbon((arc.from, arc.to), arc.tone, width * size, arc.strength, [0.0; 2]);
    }
    if is_dense {
        for cell in &scene.cells {
            marks.spot(
                cell.at,
                looks::tone(cell.tone),
                disc_px(cell.count) * size,
                0.42,
                instances::DISC,
            );
        }
    } else {
        for mark in &scene.marks {
            let (tone, shape) = (looks::tone(mark.tone), mark.tone.severity as u8);
            let half_px = MARK_PX[mark.tone.severity as usize] * size;
            marks.spot(mark.at, tone, half_px, 1.0, shape);
        }
    }
    for site in &scene.sites {
        marks.spot(site.at, looks::STRONG, 5.5 * size, 1.0, instances::SITE);
    }
    let lit = scene.arcs.iter().find(|arc| scene.lit == Some(arc.flow));
    if let Some(lit) = lit {
        marks.spot(lit.from, looks::STRONG, 10.0 * size, 0.9, instances::RING);
    }
    (arcs, marks)
}

/// Half of a mark, by severity; what is worse is larger.
const MARK_PX: [f32; 4] = [4.0, 3.9, 5.4, 6.6];

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "pixels")]
fn disc_px(count: u64) -> f32 {
    (3.0 + 1.6 * (count as f64).sqrt()).min(34.0) as f32
}

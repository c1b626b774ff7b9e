//! The flat world as lines on a plain canvas, where there is no WebGL2. Nothing flies; arcs, marks and sites are the same.

use super::{
    Renderer,
    looks::{self, Looks},
};
use crate::{
    api,
    pages::map::model::{
        Mode, Scene, Shot,
        geo::{self, Point, mercator},
    },
};
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;
use std::{
    cell::RefCell,
    f64::consts::TAU,
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, closure::Closure};
use watchfloor_shared::alert::Severity;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, ResizeObserver};

/// Where the middle of the picture lies on the plane, from north to south.
const MIDDLE: f64 = 0.42;

type Resizing = (ResizeObserver, Closure<dyn FnMut()>);

pub struct Plain {
    canvas: HtmlCanvasElement,
    size: f64,
    scene: RefCell<Rc<Scene>>,
    /// Outlines and borders on the plane.
    land: RefCell<Vec<Vec<Point>>>,
    lines: RefCell<Vec<Vec<Point>>>,
    moved: Rc<dyn Fn()>,
    resized: RefCell<Option<Resizing>>,
}

impl Plain {
    pub fn open(node: &HtmlElement, size: f32, moved: Rc<dyn Fn()>) -> Rc<dyn Renderer> {
        let canvas: HtmlCanvasElement = document()
            .create_element("canvas")
            .map_or_else(|_| node.clone().unchecked_into(), |canvas| canvas.unchecked_into());
        canvas.set_class_name("arcs");
        let _ = node.append_child(&canvas);
        let plain = Rc::new(Self {
            canvas,
            size: f64::from(size),
            scene: RefCell::default(),
            land: RefCell::default(),
            lines: RefCell::default(),
            moved,
            resized: RefCell::new(None),
        });
        let weak = Rc::downgrade(&plain);
        let resized = Closure::<dyn FnMut()>::new(move || {
            if let Some(plain) = Weak::upgrade(&weak) {
                plain.draw();
            }
        });
        if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            observer.observe(node);
            *plain.resized.borrow_mut() = Some((observer, resized));
        }
        let weak = Rc::downgrade(&plain);
        spawn_local(async move {
            let world = api::map::outlines().await;
            if let (Some(plain), Ok(world)) = (Weak::upgrade(&weak), world) {
                plain.outline(&world);
                plain.draw();
            }
        });
        plain
    }

    fn outline(&self, world: &Value) {
        for feature in world["features"].as_array().into_iter().flatten() {
            let parts = feature["geometry"]["coordinates"].as_array().into_iter().flatten();
            match feature["properties"]["kind"].as_str() {
                Some("country") => {
                    let rings = parts.flat_map(|polygon| polygon.as_array().into_iter().flatten());
                    self.land.borrow_mut().extend(rings.map(line));
                }
                Some("coast" | "border") => self.lines.borrow_mut().extend(parts.map(line)),
                _ => {}
            }
        }
    }

    /// Pixels of one width of the world, and where its corner lies.
    fn fit(&self) -> (f64, f64, f64) {
        let rect = self.canvas.get_bounding_client_rect();
        let side = rect.width().max(rect.height());
        (side, (rect.width() - side) / 2.0, rect.height() / 2.0 - side * MIDDLE)
    }

    fn draw(&self) {
        let Some(pen) = self.pen() else { return };
        let looks = Looks::now();
        let (side, left, top) = self.fit();
        let on = |at: Point| (left + f64::from(at[0]) * side, top + f64::from(at[1]) * side);
        pen.set_fill_style_str(&looks.sea);
        pen.fill_rect(
            0.0,
            0.0,
            f64::from(self.canvas.width()),
            f64::from(self.canvas.height()),
        );
        pen.set_line_width(0.6 * self.size);
        pen.set_fill_style_str(&looks.land);
        pen.set_stroke_style_str(&looks.coast);
        for (lines, is_land) in [(&self.land, true), (&self.lines, false)] {
            pen.begin_path();
            for line in lines.borrow().iter() {
                trace(&pen, line.iter().map(|at| on(*at)));
            }
            if is_land {
                pen.fill();
            } else {
                pen.stroke();
            }
        }
        let scene = self.scene.borrow();
        match scene.mode {
            Mode::Arcs => arcs(&pen, &scene, &looks, &on, self.size),
            Mode::Density => cells(&pen, &scene, &looks, &on),
        }
        sites(&pen, &scene, &looks, &on, self.size);
        drop(scene);
        (self.moved)();
    }

    /// Fitted to the box.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixels of a screen"
    )]
    fn pen(&self) -> Option<CanvasRenderingContext2d> {
        let rect = self.canvas.get_bounding_client_rect();
        let scale = window().device_pixel_ratio().clamp(1.0, 2.0);
        self.canvas.set_width((rect.width() * scale) as u32);
        self.canvas.set_height((rect.height() * scale) as u32);
        let pen: CanvasRenderingContext2d = self.canvas.get_context("2d").ok()??.dyn_into().ok()?;
        pen.scale(scale, scale).ok()?;
        Some(pen)
    }
}

fn line(points: &Value) -> Vec<Point> {
    let points = points.as_array().into_iter().flatten();
    points
        .filter_map(|point| Some(mercator(point[0].as_f64()?, point[1].as_f64()?)))
        .collect()
}

fn trace(pen: &CanvasRenderingContext2d, points: impl Iterator<Item = (f64, f64)>) {
    for (i, (x, y)) in points.enumerate() {
        if i == 0 {
            pen.move_to(x, y);
        } else {
            pen.line_to(x, y);
        }
    }
}

fn arcs(pen: &CanvasRenderingContext2d, scene: &Scene, looks: &Looks, on: &impl Fn(Point) -> (f64, f64), size: f64) {
    for arc in &scene.arcs {
        pen.set_stroke_style_str(&looks.css[looks::tone(arc.tone)]);
        pen.set_line_width(f64::from(arc.width_px) * size);
        pen.set_global_alpha(f64::from(arc.strength));
        let dash = js_sys::Array::new();
        if arc.tone.simulated {
            dash.push(&(5.0 * size).into());
            dash.push(&(4.0 * size).into());
        }
        let _ = pen.set_line_dash(&dash);
        for turn in std::iter::once(0.0).chain(geo::second_turn(arc.to)) {
            let [from, pull, to] =
                [arc.from, geo::control(arc.from, arc.to), arc.to].map(|at| on([at[0] + turn, at[1]]));
            pen.begin_path();
            pen.move_to(from.0, from.1);
            pen.quadratic_curve_to(pull.0, pull.1, to.0, to.1);
            pen.stroke();
        }
    }
    pen.set_global_alpha(1.0);
    let _ = pen.set_line_dash(&js_sys::Array::new());
    for mark in &scene.marks {
        let (x, y) = on(mark.at);
        pen.set_fill_style_str(&looks.css[looks::tone(mark.tone)]);
        pen.begin_path();
        match mark.tone.severity {
            Severity::Low => drop(pen.arc(x, y, 3.0 * size, 0.0, TAU)),
            Severity::Medium => pen.rect(x - 3.0 * size, y - 3.0 * size, 6.0 * size, 6.0 * size),
            Severity::High => shape(pen, (x, y), size, &[(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0)]),
            Severity::Critical => shape(pen, (x, y), size, &[(0.0, -6.5), (6.5, 0.0), (0.0, 6.5), (-6.5, 0.0)]),
        }
        if mark.tone.severity == Severity::Low {
            pen.set_line_width(1.5 * size);
            pen.set_stroke_style_str(&looks.css[looks::tone(mark.tone)]);
            pen.stroke();
        } else {
            pen.fill();
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn cells(pen: &CanvasRenderingContext2d, scene: &Scene, looks: &Looks, on: &impl Fn(Point) -> (f64, f64)) {
    pen.set_global_alpha(0.45);
    for cell in &scene.cells {
        let (x, y) = on(cell.at);
        pen.set_fill_style_str(&looks.css[looks::tone(cell.tone)]);
        pen.begin_path();
        let _ = pen.arc(x, y, (3.0 + 1.6 * (cell.count as f64).sqrt()).min(34.0), 0.0, TAU);
        pen.fill();
    }
    pen.set_global_alpha(1.0);
}

fn shape(pen: &CanvasRenderingContext2d, (x, y): (f64, f64), size: f64, corners: &[(f64, f64)]) {
    trace(
        pen,
        corners.iter().map(|(right, down)| (x + right * size, y + down * size)),
    );
}

fn sites(pen: &CanvasRenderingContext2d, scene: &Scene, looks: &Looks, on: &impl Fn(Point) -> (f64, f64), size: f64) {
    pen.set_font(&format!("{}px 'IBM Plex Mono', monospace", 12.0 * size));
    let half = 4.5 * size;
    for site in &scene.sites {
        let (x, y) = on(site.at);
        pen.set_fill_style_str(&looks.sea);
        pen.fill_rect(x - half, y - half, 2.0 * half, 2.0 * half);
        pen.set_stroke_style_str(&looks.strong);
        pen.set_line_width(1.5 * size);
        pen.stroke_rect(x - half, y - half, 2.0 * half, 2.0 * half);
        pen.set_fill_style_str(&looks.strong);
        let _ = pen.fill_text(&site.name, x + 2.0 * half, y + 4.0 * size);
    }
}

impl Renderer for Plain {
    fn show(&self, scene: &Rc<Scene>) {
        *self.scene.borrow_mut() = Rc::clone(scene);
        self.draw();
    }
    fn fly(&self, _: &[Shot]) {}
    fn hold(&self, _: bool) {}
    fn clear(&self) {}
    fn dress(&self) {
        self.draw();
    }
    fn globe(&self, _: bool) {}
    fn zoom(&self, _: f64) {}
    fn locate(&self, at: Point) -> Option<(f64, f64)> {
        let (side, left, top) = self.fit();
        Some((left + f64::from(at[0]) * side, top + f64::from(at[1]) * side))
    }
    fn close(&self) {
        if let Some((observer, _)) = self.resized.borrow_mut().take() {
            observer.disconnect();
        }
        self.canvas.remove();
    }
}

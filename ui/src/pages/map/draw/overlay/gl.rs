//! WebGL2: two programs, three buffers of instances of one layout.

use super::{
    super::looks::Looks,
    instances::{FLOATS, Instances},
    view::View,
    webgl::{self, Gl, Layout, Uniform},
};
use js_sys::Float32Array;
use std::{array, cell::Cell};
use wasm_bindgen::JsCast;
use web_sys::HtmlCanvasElement;

const WORLD: &str = include_str!("world.glsl");
const RIBBON: [&str; 2] = [include_str!("ribbon.vert"), include_str!("ribbon.frag")];
const SPOT: [&str; 2] = [include_str!("spot.vert"), include_str!("spot.frag")];
const UNIFORMS: [&str; 9] = [
    "u_flat",
    "u_sphere",
    "u_horizon",
    "u_round",
    "u_pixel",
    "u_scale",
    "u_now",
    "u_tones",
    "u_segments",
];
/// Location, floats, place of the first float of each attribute.
const ATTRIBUTES: [(u32, i32, i32); 3] = [(0, 4, 0), (1, 4, 4), (2, 2, 8)];
const FLOAT_BYTES: i32 = 4;

#[derive(Debug, Clone, Copy)]
pub enum Buffer {
    Arcs,
    Flights,
    Marks,
}

struct Stored {
    buffer: webgl::Buffer,
    layout: Layout,
    instances: Cell<i32>,
}

struct Program {
    program: webgl::Program,
    uniforms: [Option<Uniform>; UNIFORMS.len()],
}

pub struct Device {
    gl: Gl,
    ribbon: Program,
    spot: Program,
    stored: [Stored; 3],
    scale: Cell<f32>,
}

impl Device {
    /// `None` where there is no WebGL2, or its compiler refuses.
    pub fn on(canvas: &HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context_with_context_options("webgl2", &webgl::options());
        let gl: Gl = context.ok()??.unchecked_into();
        let stored = [stored(&gl)?, stored(&gl)?, stored(&gl)?];
        gl.enable(Gl::BLEND);
        gl.blend_func(Gl::ONE, Gl::ONE_MINUS_SRC_ALPHA);
        Some(Self {
            ribbon: program(&gl, RIBBON)?,
            spot: program(&gl, SPOT)?,
            stored,
            scale: Cell::new(1.0),
            gl,
        })
    }

    /// Fits the canvas to the box and empties it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "pixels of a screen"
    )]
    pub fn begin(&self, canvas: &HtmlCanvasElement, (width, height): (f64, f64), scale: f64) {
        let wanted = ((width * scale).round() as u32, (height * scale).round() as u32);
        if (canvas.width(), canvas.height()) != wanted {
            canvas.set_width(wanted.0);
            canvas.set_height(wanted.1);
        }
        self.scale.set(scale as f32);
        self.gl.viewport(0, 0, self.gl.width(), self.gl.height());
        self.gl.clear_color(0.0, 0.0, 0.0, 0.0);
        self.gl.clear(Gl::COLOR_BUFFER_BIT);
    }

    pub fn send(&self, to: Buffer, instances: &Instances) {
        let stored = &self.stored[to as usize];
        self.gl.bind_buffer(Gl::ARRAY_BUFFER, &stored.buffer);
        let floats = Float32Array::from(instances.floats());
        self.gl.buffer_data(Gl::ARRAY_BUFFER, &floats, Gl::DYNAMIC_DRAW);
        stored.instances.set(i32::try_from(instances.count()).unwrap_or(0));
    }

    pub fn ribbons(&self, view: &View, looks: &Looks, now: f32, what: Buffer, segments: u16) {
        self.draw(
            &self.ribbon,
            (view, looks, now, f32::from(segments)),
            what,
            (i32::from(segments) + 1) * 2,
        );
    }

    pub fn spots(&self, view: &View, looks: &Looks, now: f32, what: Buffer) {
        self.draw(&self.spot, (view, looks, now, 1.0), what, 4);
    }

    fn draw(&self, program: &Program, state: (&View, &Looks, f32, f32), what: Buffer, vertices: i32) {
        let stored = &self.stored[what as usize];
        if stored.instances.get() == 0 {
            return;
        }
        let gl = &self.gl;
        let (view, looks, now, segments) = state;
        gl.use_program(&program.program);
        let [flat, sphere, horizon, round, pixel, scale, time, tones, parts] =
            array::from_fn(|i| program.uniforms[i].as_ref());
        gl.set_matrix(flat, false, &view.flat);
        gl.set_matrix(sphere, false, &view.sphere);
        gl.set_4s(horizon, &view.horizon);
        gl.set_1(round, view.roundness);
        #[expect(clippy::cast_precision_loss, reason = "pixels of a screen")]
        let [width, height] = [gl.width(), gl.height()].map(|n| n as f32);
        gl.set_2(pixel, 2.0 / width, 2.0 / height);
        gl.set_1(scale, self.scale.get());
        gl.set_1(time, now);
        gl.set_3s(tones, looks.tones.as_flattened());
        gl.set_1(parts, segments);
        gl.bind_layout(Some(&stored.layout));
        gl.draw_instances(Gl::TRIANGLE_STRIP, 0, vertices, stored.instances.get());
        gl.bind_layout(None);
    }
}

fn stored(gl: &Gl) -> Option<Stored> {
    let (buffer, layout) = (gl.create_buffer()?, gl.create_layout()?);
    gl.bind_layout(Some(&layout));
    gl.bind_buffer(Gl::ARRAY_BUFFER, &buffer);
    let stride = i32::try_from(FLOATS).ok()? * FLOAT_BYTES;
    for (location, floats, first) in ATTRIBUTES {
        gl.enable_attribute(location);
        gl.attribute(location, floats, Gl::FLOAT, false, stride, first * FLOAT_BYTES);
        gl.attribute_divisor(location, 1);
    }
    gl.bind_layout(None);
    Some(Stored {
        buffer,
        layout,
        instances: Cell::new(0),
    })
}

fn program(gl: &Gl, [vertex, fragment]: [&str; 2]) -> Option<Program> {
    let program = gl.create_program()?;
    for (kind, source) in [
        (Gl::VERTEX_SHADER, format!("{WORLD}{vertex}")),
        (Gl::FRAGMENT_SHADER, fragment.to_owned()),
    ] {
        let shader = gl.create_shader(kind)?;
        gl.shader_source(&shader, &source);
        gl.compile_shader(&shader);
        if !gl.shader_parameter(&shader, Gl::COMPILE_STATUS).as_bool()? {
            leptos::logging::warn!("shader refused: {}", gl.shader_log(&shader).unwrap_or_default());
            return None;
        }
        gl.attach_shader(&program, &shader);
    }
    gl.link_program(&program);
    if !gl.program_parameter(&program, Gl::LINK_STATUS).as_bool()? {
        leptos::logging::warn!("program refused: {}", gl.program_log(&program).unwrap_or_default());
        return None;
    }
    Some(Program {
        uniforms: UNIFORMS.map(|name| gl.uniform(&program, name)),
        program,
    })
}

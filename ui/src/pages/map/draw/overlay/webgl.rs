//! WebGL2 as far as the arcs need it.

use js_sys::{Float32Array, Object};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    pub type Gl;
    pub type Buffer;
    pub type Layout;
    pub type Program;
    pub type Shader;
    pub type Uniform;

    #[wasm_bindgen(method, getter, js_name = drawingBufferWidth)]
    pub fn width(this: &Gl) -> i32;
    #[wasm_bindgen(method, getter, js_name = drawingBufferHeight)]
    pub fn height(this: &Gl) -> i32;

    #[wasm_bindgen(method)]
    pub fn viewport(this: &Gl, x: i32, y: i32, width: i32, height: i32);
    #[wasm_bindgen(method, js_name = clearColor)]
    pub fn clear_color(this: &Gl, red: f32, green: f32, blue: f32, alpha: f32);
    #[wasm_bindgen(method)]
    pub fn clear(this: &Gl, mask: u32);
    #[wasm_bindgen(method)]
    pub fn enable(this: &Gl, what: u32);
    #[wasm_bindgen(method, js_name = blendFunc)]
    pub fn blend_func(this: &Gl, source: u32, destination: u32);

    #[wasm_bindgen(method, js_name = createBuffer)]
    pub fn create_buffer(this: &Gl) -> Option<Buffer>;
    #[wasm_bindgen(method, js_name = bindBuffer)]
    pub fn bind_buffer(this: &Gl, target: u32, buffer: &Buffer);
    #[wasm_bindgen(method, js_name = bufferData)]
    pub fn buffer_data(this: &Gl, target: u32, data: &Float32Array, usage: u32);

    #[wasm_bindgen(method, js_name = createVertexArray)]
    pub fn create_layout(this: &Gl) -> Option<Layout>;
    #[wasm_bindgen(method, js_name = bindVertexArray)]
    pub fn bind_layout(this: &Gl, layout: Option<&Layout>);
    #[wasm_bindgen(method, js_name = enableVertexAttribArray)]
    pub fn enable_attribute(this: &Gl, location: u32);
    #[wasm_bindgen(method, js_name = vertexAttribPointer)]
    pub fn attribute(this: &Gl, location: u32, size: i32, kind: u32, normalized: bool, stride: i32, offset: i32);
    #[wasm_bindgen(method, js_name = vertexAttribDivisor)]
    pub fn attribute_divisor(this: &Gl, location: u32, divisor: u32);

    #[wasm_bindgen(method, js_name = createShader)]
    pub fn create_shader(this: &Gl, kind: u32) -> Option<Shader>;
    #[wasm_bindgen(method, js_name = shaderSource)]
    pub fn shader_source(this: &Gl, shader: &Shader, source: &str);
    #[wasm_bindgen(method, js_name = compileShader)]
    pub fn compile_shader(this: &Gl, shader: &Shader);
    #[wasm_bindgen(method, js_name = getShaderParameter)]
    pub fn shader_parameter(this: &Gl, shader: &Shader, what: u32) -> JsValue;
    #[wasm_bindgen(method, js_name = getShaderInfoLog)]
    pub fn shader_log(this: &Gl, shader: &Shader) -> Option<String>;
    #[wasm_bindgen(method, js_name = createProgram)]
    pub fn create_program(this: &Gl) -> Option<Program>;
    #[wasm_bindgen(method, js_name = attachShader)]
    pub fn attach_shader(this: &Gl, program: &Program, shader: &Shader);
    #[wasm_bindgen(method, js_name = linkProgram)]
    pub fn link_program(this: &Gl, program: &Program);
    #[wasm_bindgen(method, js_name = getProgramParameter)]
    pub fn program_parameter(this: &Gl, program: &Program, what: u32) -> JsValue;
    #[wasm_bindgen(method, js_name = getProgramInfoLog)]
    pub fn program_log(this: &Gl, program: &Program) -> Option<String>;
    #[wasm_bindgen(method, js_name = useProgram)]
    pub fn use_program(this: &Gl, program: &Program);

    #[wasm_bindgen(method, js_name = getUniformLocation)]
    pub fn uniform(this: &Gl, program: &Program, name: &str) -> Option<Uniform>;
    #[wasm_bindgen(method, js_name = uniform1f)]
    pub fn set_1(this: &Gl, at: Option<&Uniform>, value: f32);
    #[wasm_bindgen(method, js_name = uniform2f)]
    pub fn set_2(this: &Gl, at: Option<&Uniform>, x: f32, y: f32);
    #[wasm_bindgen(method, js_name = uniform3fv)]
    pub fn set_3s(this: &Gl, at: Option<&Uniform>, values: &[f32]);
    #[wasm_bindgen(method, js_name = uniform4fv)]
    pub fn set_4s(this: &Gl, at: Option<&Uniform>, values: &[f32]);
    #[wasm_bindgen(method, js_name = uniformMatrix4fv)]
    pub fn set_matrix(this: &Gl, at: Option<&Uniform>, transpose: bool, values: &[f32]);

    #[wasm_bindgen(method, js_name = drawArraysInstanced)]
    pub fn draw_instances(this: &Gl, mode: u32, first: i32, vertices: i32, instances: i32);
}

impl Gl {
    pub const TRIANGLE_STRIP: u32 = 0x0005;
    pub const ONE: u32 = 1;
    pub const ONE_MINUS_SRC_ALPHA: u32 = 0x0303;
    pub const BLEND: u32 = 0x0BE2;
    pub const FLOAT: u32 = 0x1406;
    pub const COLOR_BUFFER_BIT: u32 = 0x4000;
    pub const ARRAY_BUFFER: u32 = 0x8892;
    pub const DYNAMIC_DRAW: u32 = 0x88E8;
    pub const FRAGMENT_SHADER: u32 = 0x8B30;
    pub const VERTEX_SHADER: u32 = 0x8B31;
    pub const COMPILE_STATUS: u32 = 0x8B81;
    pub const LINK_STATUS: u32 = 0x8B82;
}

/// No depth, no stencil, see-through; edges are smoothed by the shaders.
pub fn options() -> Object {
    let options = Object::new();
    for key in ["antialias", "depth", "stencil"] {
        super::super::base::set(&options, key, &JsValue::FALSE);
    }
    options
}

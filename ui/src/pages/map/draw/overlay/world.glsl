#version 300 es
precision highp float;
layout(location = 0) in vec4 a_way;   // from, to: on the plane
layout(location = 1) in vec4 a_look;  // tone, size in pixels, strength, flags or shape
layout(location = 2) in vec2 a_time;  // begin and length of the flight; 0 stands still
uniform mat4 u_flat;
uniform mat4 u_sphere;
uniform vec4 u_horizon;
uniform float u_round;
uniform vec2 u_pixel;                 // one pixel in clip space
uniform float u_scale;                // pixels of the canvas in one of CSS
uniform float u_now;
uniform vec3 u_tones[7];

const float PI = 3.14159265;
const float BEND = 0.22;

struct Spot { vec4 clip; float seen; };

vec3 on_sphere(vec2 at) {
  float longitude = (at.x - 0.5) * 2.0 * PI;
  float t = exp(PI - at.y * 2.0 * PI);
  float cosine = 2.0 * t / (t * t + 1.0);
  return vec3(sin(longitude) * cosine, (t * t - 1.0) / (t * t + 1.0), cos(longitude) * cosine);
}

// A point of the arc: bent to the north on the plane, the great circle above the globe.
Spot along(float share) {
  vec2 way = a_way.zw - a_way.xy;
  vec2 pull = 0.5 * (a_way.xy + a_way.zw) + vec2(way.y, -way.x) * (way.x > 0.0 ? BEND : -BEND);
  vec2 at = mix(mix(a_way.xy, pull, share), mix(pull, a_way.zw, share), share);
  vec4 flat_clip = u_flat * vec4(at, 0.0, 1.0);
  if (u_round <= 0.0) return Spot(flat_clip, 1.0);
  vec3 from = on_sphere(a_way.xy), to = on_sphere(a_way.zw);
  float angle = acos(clamp(dot(from, to), -1.0, 1.0));
  vec3 here = angle < 1e-3 ? to : normalize(sin((1.0 - share) * angle) * from + sin(share * angle) * to);
  here *= 1.0 + 0.14 * angle * sin(PI * share);
  float seen = dot(here, u_horizon.xyz) + u_horizon.w;
  return Spot(mix(flat_clip, u_sphere * vec4(here, 1.0), u_round), u_round > 0.5 ? seen : 1.0);
}

// Neither before nor behind anything else.
vec4 level(vec4 clip) { return vec4(clip.xy, 0.0, clip.w); }

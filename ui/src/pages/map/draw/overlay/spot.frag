#version 300 es
precision highp float;
in vec2 v_at;
in vec4 v_color;
in vec3 v_fill;
flat in int v_shape;
flat in float v_radius;
out vec4 color;

float box(vec2 at, vec2 size) { vec2 d = abs(at) - size; return max(d.x, d.y); }

// Distance in pixels from the edge, below 0 inside.
float shape() {
  float r = v_radius;
  float away = length(v_at);
  if (v_shape == 0) return abs(away - 0.72 * r) - max(0.17 * r, 0.7);
  if (v_shape == 1) return box(v_at, vec2(0.8 * r));
  if (v_shape == 2) return max(dot(vec2(abs(v_at.x), v_at.y), vec2(0.8746, 0.4848)) - 0.42 * r, -v_at.y - 0.8 * r);
  if (v_shape == 3) {
    float bang = min(box(v_at - vec2(0.0, 0.18 * r), vec2(0.11 * r, 0.3 * r)), box(v_at + vec2(0.0, 0.38 * r), vec2(0.11 * r)));
    return max(0.7071 * (abs(v_at.x) + abs(v_at.y) - r), -bang);
  }
  if (v_shape == 4) return box(v_at, vec2(0.86 * r));
  if (v_shape == 5) return away - r;
  return abs(away - r + 1.0) - 0.8;
}

void main() {
  float inside = clamp(0.5 - shape(), 0.0, 1.0);
  color = v_color * inside;
  if (v_shape == 4) {
    float heart = clamp(0.5 - box(v_at, vec2(0.86 * v_radius - 0.2 * v_radius)), 0.0, 1.0);
    color = mix(color, vec4(v_fill, 1.0), heart);
  }
}

uniform float u_segments;
flat out vec3 v_tone;
flat out float v_core;
out float v_strength;
out float v_side;
out float v_seen;
out float v_dash;

const float TAIL = 0.16;

bool has(int flag) { return (int(a_look.w) & flag) != 0; }

void main() {
  float step_ = 1.0 / u_segments;
  float part = float(gl_VertexID / 2) * step_;
  float side = float(gl_VertexID % 2) * 2.0 - 1.0;
  bool flies = a_time.y > 0.0;
  float head = flies ? (u_now - a_time.x) / a_time.y : 1.0;
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  v_seen = -1.0; v_tone = vec3(0.0); v_strength = 0.0; v_side = 0.0; v_core = 0.0; v_dash = -1.0;
  if ((u_round > 0.5 && has(2)) || head < 0.0 || head > 1.0 + TAIL) return;
  // Only the piece behind its head is drawn of what flies.
  float begin = flies ? max(head - TAIL, 0.0) : 0.0;
  float end = min(head, 1.0);
  float stride = (end - begin) * step_;
  float share = mix(begin, end, part);
  bool is_last = part > 1.0 - 0.5 * step_;
  Spot here = along(share);
  Spot next = along(is_last ? share - stride : share + stride);
  vec2 ahead = (next.clip.xy / next.clip.w - here.clip.xy / here.clip.w) / u_pixel * (is_last ? -1.0 : 1.0);
  ahead /= max(length(ahead), 1e-6);
  float half_ = 0.5 * a_look.y * u_scale + 0.6;
  vec4 clip = here.clip;
  clip.xy += vec2(-ahead.y, ahead.x) * side * half_ * u_pixel * clip.w;
  gl_Position = level(clip);
  float fade = flies ? part * part : 1.0;
  v_tone = u_tones[int(a_look.x)];
  v_strength = a_look.z * fade;
  v_side = side;
  v_core = max(half_ - 1.2, 0.0) / half_;
  v_seen = here.seen;
  if (has(1)) {
    Spot from = along(0.0), to = along(1.0);
    v_dash = share * length((to.clip.xy / to.clip.w - from.clip.xy / from.clip.w) / u_pixel) / (9.0 * u_scale);
  }
}

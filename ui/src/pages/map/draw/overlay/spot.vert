out vec2 v_at;
out vec4 v_color;
out vec3 v_fill;
flat out int v_shape;
flat out float v_radius;

const float IMPACT_SECONDS = 0.8;
const int RING = 6;

void main() {
  vec2 corner = vec2(gl_VertexID % 2, gl_VertexID / 2) * 2.0 - 1.0;
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  v_at = corner; v_color = vec4(0.0); v_fill = u_tones[6]; v_shape = int(a_look.w); v_radius = a_look.y * u_scale;
  float strength = a_look.z;
  if (a_time.y > 0.0) {
    // What flies has arrived: a ring opens.
    float open = (u_now - a_time.x - a_time.y) / IMPACT_SECONDS;
    if ((int(a_look.w) & 4) != 0 || open < 0.0 || open > 1.0 || (u_round > 0.5 && (int(a_look.w) & 2) != 0)) return;
    v_shape = RING;
    v_radius = (4.0 + 12.0 * sqrt(open)) * u_scale;
    strength = 0.9 * (1.0 - open) * (1.0 - open);
  }
  Spot here = along(1.0);
  if (here.seen < 0.0) return;
  vec4 clip = here.clip;
  clip.xy += corner * (v_radius + 1.0) * u_pixel * clip.w;
  gl_Position = level(clip);
  v_at = corner * (v_radius + 1.0);
  v_color = vec4(u_tones[int(a_look.x)] * strength, strength);
}

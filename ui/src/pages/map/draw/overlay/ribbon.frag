#version 300 es
precision highp float;
flat in vec3 v_tone;
flat in float v_core;
in float v_strength;
in float v_side;
in float v_seen;
in float v_dash;
out vec4 color;

void main() {
  if (v_seen < 0.0 || (v_dash >= 0.0 && fract(v_dash) > 0.58)) discard;
  float covered = v_strength * (1.0 - smoothstep(v_core, 1.0, abs(v_side)));
  color = vec4(v_tone * covered, covered);
}

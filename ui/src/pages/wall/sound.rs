//! Two soft tones when there are more critical alerts than before. Off until somebody at the screen switches it on.

use super::state::WallView;
use leptos::prelude::*;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use watchfloor_shared::wall::WallNumbers;

const VOLUME: f32 = 0.08;
/// Hertz and seconds from now.
const TONES: [(f32, f64); 2] = [(587.3, 0.0), (440.0, 0.22)];
const TONE_SECONDS: f64 = 0.5;

#[wasm_bindgen]
extern "C" {
    type AudioContext;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<AudioContext, JsValue>;
    #[wasm_bindgen(method, getter, js_name = currentTime)]
    fn time(this: &AudioContext) -> f64;
    #[wasm_bindgen(method, getter)]
    fn destination(this: &AudioContext) -> JsValue;
    #[wasm_bindgen(method, js_name = createOscillator)]
    fn oscillator(this: &AudioContext) -> Oscillator;
    #[wasm_bindgen(method, js_name = createGain)]
    fn gain(this: &AudioContext) -> Gain;
    #[wasm_bindgen(method)]
    fn close(this: &AudioContext) -> js_sys::Promise;

    type Oscillator;
    #[wasm_bindgen(method, getter)]
    fn frequency(this: &Oscillator) -> Parameter;
    #[wasm_bindgen(method, js_name = connect)]
    fn into_gain(this: &Oscillator, gain: &Gain);
    #[wasm_bindgen(method)]
    fn start(this: &Oscillator, at: f64);
    #[wasm_bindgen(method)]
    fn stop(this: &Oscillator, at: f64);

    type Gain;
    #[wasm_bindgen(method, getter, js_name = gain)]
    fn volume(this: &Gain) -> Parameter;
    #[wasm_bindgen(method, js_name = connect)]
    fn into_speakers(this: &Gain, speakers: &JsValue);

    type Parameter;
    #[wasm_bindgen(method, js_name = setValueAtTime)]
    fn set_at(this: &Parameter, value: f32, at: f64);
    #[wasm_bindgen(method, js_name = linearRampToValueAtTime)]
    fn ramp_to(this: &Parameter, value: f32, at: f64);
}

/// A browser lets a page speak only after a person pressed something, so the switch makes what speaks.
#[component]
pub fn SoundSwitch(view: WallView) -> impl IntoView {
    let speaks = StoredValue::new_local(None::<AudioContext>);
    let is_on = RwSignal::new(false);
    let switch = move |_| {
        speaks.update_value(|context| match context.take() {
            Some(open) => drop(open.close()),
            None => *context = AudioContext::new().ok(),
        });
        is_on.set(speaks.with_value(Option::is_some));
    };
    Effect::new(move |before: Option<Option<i64>>| {
        let before = before.flatten();
        let critical = view
            .numbers
            .with(|numbers| numbers.as_ref().map(WallNumbers::critical_everywhere));
        if let (Some(before), Some(now)) = (before, critical)
            && now > before
        {
            speaks.with_value(|context| context.as_ref().map(speak));
        }
        // Between two turns nothing is known for a moment.
        critical.or(before)
    });
    on_cleanup(move || {
        speaks.try_update_value(|context| context.take().map(|open| drop(open.close())));
    });
    view! {
        <button type="button" class="wall-switch" aria-pressed=move || is_on.get().to_string() on:click=switch>
            {move || if is_on.get() { "Sound on" } else { "Sound off" }}
        </button>
    }
}

fn speak(context: &AudioContext) {
    for (hertz, after) in TONES {
        let begin = context.time() + after;
        let (tone, gain) = (context.oscillator(), context.gain());
        tone.frequency().set_at(hertz, begin);
        let volume = gain.volume();
        volume.set_at(0.0, begin);
        volume.ramp_to(VOLUME, begin + 0.04);
        volume.ramp_to(0.0, begin + TONE_SECONDS);
        tone.into_gain(&gain);
        gain.into_speakers(&context.destination());
        tone.start(begin);
        tone.stop(begin + TONE_SECONDS);
    }
}

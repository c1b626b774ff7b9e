//! The state of the page: what is held, which moment of it is shown, what is pointed at.

use super::{
    draw::{Plainness, Renderer},
    model::{self, Filter, FlowSum, Held, Mode, Moment, Scene, scene::ARC_MS},
};
use crate::{
    state::{Clock, use_clock},
    url::{Address, use_address},
};
use leptos::prelude::*;
use std::{rc::Rc, time::Duration};
use watchfloor_shared::{
    Timestamp,
    map::{BySeverity, KEPT_MS, MapFrame, MapSnapshot, sum::by_severity},
};

/// The picture follows what comes in at most so often.
const BEAT: Duration = Duration::from_millis(250);
const STALE_MS: i64 = 5_000;
const CROWD: usize = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Connecting,
    Live,
    /// Silent for so long.
    Stale {
        ms: i64,
    },
    Offline,
}

/// What the page shows of one moment.
#[derive(Clone, PartialEq)]
pub struct Shown {
    pub at: Timestamp,
    /// Flows of the last minute before it, the latest first.
    pub sums: Vec<FlowSum>,
    pub counts: BySeverity,
    pub scene: Rc<Scene>,
    /// Events that came after it.
    pub waiting: u64,
}

#[derive(Clone, Copy)]
pub struct MapView {
    pub held: StoredValue<Held, LocalStorage>,
    /// Whether the server has said what there is.
    pub is_known: RwSignal<bool>,
    pub heard: RwSignal<Option<Timestamp>>,
    pub broken: RwSignal<bool>,
    pub moment: RwSignal<Moment>,
    pub filter: Memo<Filter>,
    pub mode: Memo<Mode>,
    pub globe: Memo<bool>,
    /// By the keyboard or a click on the map.
    pub chosen: RwSignal<Option<u64>>,
    /// By the pointer.
    pub pointed: RwSignal<Option<u64>>,
    pub shown: RwSignal<Shown, LocalStorage>,
    pub renderer: StoredValue<Option<Rc<dyn Renderer>>, LocalStorage>,
    pub plain: RwSignal<Option<Plainness>>,
    /// Grows when places lie elsewhere on the screen.
    pub moved: RwSignal<u32>,
    pub clock: Clock,
    pub address: Address,
    /// Something came since the last beat.
    changed: StoredValue<bool>,
    beats: StoredValue<u32>,
    /// Until when it has flown.
    flown: StoredValue<Timestamp>,
}

impl MapView {
    pub fn open() -> Self {
        let (clock, address) = (use_clock(), use_address());
        let is = move |key: &'static str, value: &'static str| {
            Memo::new(move |_| address.query.with(|query| query.get(key) == Some(value)))
        };
        let dense = is("view", "density");
        let now = clock.now_untracked();
        let view = Self {
            held: StoredValue::new_local(Held::default()),
            is_known: RwSignal::new(false),
            heard: RwSignal::new(None),
            broken: RwSignal::new(false),
            moment: RwSignal::new(Moment::Live),
            filter: Memo::new(move |_| address.query.with(Filter::read)),
            mode: Memo::new(move |_| if dense.get() { Mode::Density } else { Mode::Arcs }),
            globe: is("projection", "globe"),
            chosen: RwSignal::new(None),
            pointed: RwSignal::new(None),
            shown: RwSignal::new_local(Shown {
                at: now,
                sums: Vec::new(),
                counts: BySeverity::default(),
                scene: Rc::default(),
                waiting: 0,
            }),
            renderer: StoredValue::new_local(None),
            plain: RwSignal::new(None),
            moved: RwSignal::new(0),
            clock,
            address,
            changed: StoredValue::new(false),
            beats: StoredValue::new(0),
            flown: StoredValue::new(now),
        };
        view.run();
        view
    }

    fn run(self) {
        if let Ok(beat) = set_interval_with_handle(move || self.beat(), BEAT) {
            on_cleanup(move || beat.clear());
        }
        // What a person does shows at once; time alone shows once a second.
        Effect::new(move |_| {
            self.filter.track();
            self.mode.track();
            self.chosen.track();
            self.pointed.track();
            self.moment.track();
            self.refresh();
        });
        Effect::new(move |_| {
            let running = self.moment.get().is_running();
            self.with_renderer(|renderer| renderer.hold(!running));
        });
        Effect::new(move |_| {
            if self.clock.now() > Timestamp::EPOCH && self.moment.get_untracked().is_running() {
                self.refresh();
            }
        });
    }

    pub fn with_renderer(self, act: impl FnOnce(&Rc<dyn Renderer>)) {
        let renderer = self.renderer.try_with_value(Option::clone).flatten();
        if let Some(renderer) = renderer {
            act(&renderer);
        }
    }

    /// Changes once a second.
    pub fn link(self) -> Link {
        let silent_ms = self.heard.get().map(|heard| self.clock.now().millis() - heard.millis());
        match (self.broken.get(), silent_ms) {
            (true, _) => Link::Offline,
            (false, None) => Link::Connecting,
            (false, Some(ms)) if ms > STALE_MS => Link::Stale { ms },
            (false, Some(_)) => Link::Live,
        }
    }

    fn heard_now(self, server: Timestamp) {
        self.clock.set(server);
        self.broken.set(false);
        self.heard.set(Some(self.clock.now_untracked()));
        self.changed.set_value(true);
    }

    pub fn begin(self, snapshot: MapSnapshot) {
        self.heard_now(snapshot.now);
        self.held.update_value(|held| held.snapshot(snapshot));
        self.is_known.set(true);
        self.with_renderer(|renderer| renderer.clear());
        self.refresh();
    }

    pub fn go_on(self, frame: MapFrame) {
        self.heard_now(frame.now);
        let hits = frame.hits.clone();
        self.held.update_value(|held| held.frame(frame));
        if self.moment.get_untracked() == Moment::Live && is_seen() {
            let shots: Vec<model::Shot> = self.filter.with_untracked(|filter| {
                self.held.with_value(|held| {
                    let known = hits
                        .iter()
                        .filter_map(|hit| held.flow(hit.flow).map(|flow| (flow, hit.count)));
                    let taken = known.filter(|(flow, _)| filter.takes(flow));
                    taken
                        .filter_map(|(flow, count)| model::scene::shot(flow, count))
                        .collect()
                })
            });
            self.fly(&shots);
        }
    }

    fn fly(self, shots: &[model::Shot]) {
        if !shots.is_empty() && self.mode.get_untracked() == Mode::Arcs && !prefers_stillness() {
            self.with_renderer(|renderer| renderer.fly(shots));
        }
    }

    fn beat(self) {
        let changed = self.changed.get_value();
        let beats = self.beats.get_value().wrapping_add(1);
        self.beats.set_value(beats);
        if !is_seen() {
            return;
        }
        if let Moment::Behind { .. } = self.moment.get_untracked() {
            self.replay();
        }
        // A crowd is drawn anew less often: it takes longer, and nobody follows a single one.
        let is_crowd = self.shown.with_untracked(|shown| shown.scene.arcs.len() > CROWD);
        if changed && (!is_crowd || beats.is_multiple_of(4)) {
            self.changed.set_value(false);
            self.refresh();
        }
    }

    /// What flew between the last moment shown and this one.
    fn replay(self) {
        let at = self.at();
        let from = self.flown.get_value();
        self.flown.set_value(at);
        if from >= at {
            return;
        }
        let shots: Vec<model::Shot> = self.filter.with_untracked(|filter| {
            self.held.with_value(|held| {
                let taken = held.hits(from, at).filter(|(_, flow)| filter.takes(flow));
                taken
                    .filter_map(|(hit, flow)| model::scene::shot(flow, hit.count))
                    .collect()
            })
        });
        self.fly(&shots);
    }

    /// The live edge. While nothing comes it stays where it was: what nobody told is not shown as quiet.
    pub fn now(self) -> Timestamp {
        let now = self.clock.now_untracked();
        let heard = self.heard.get_untracked();
        heard.map_or(now, |heard| now.min(Timestamp::from_millis(heard.millis() + STALE_MS)))
    }

    /// The moment that is shown.
    pub fn at(self) -> Timestamp {
        self.moment.get_untracked().at(self.now())
    }

    pub fn since(self) -> Timestamp {
        let oldest = Timestamp::from_millis(self.now().millis() - KEPT_MS);
        self.held
            .with_value(|held| held.since)
            .map_or(oldest, |since| since.max(oldest))
    }

    pub fn set_moment(self, moment: Moment) {
        if self.moment.get_untracked() == moment {
            return;
        }
        let jumps = moment.at(self.now()) != self.at();
        self.moment.set(moment);
        self.flown.set_value(self.at());
        if jumps {
            self.with_renderer(|renderer| renderer.clear());
        }
    }

    pub fn lit(self) -> Option<u64> {
        self.pointed.get_untracked().or(self.chosen.get_untracked())
    }

    /// Makes what is shown of the moment that is shown.
    fn refresh(self) {
        let moment = self.moment.get_untracked();
        let (at, lit, mode) = (self.at(), self.lit(), self.mode.get_untracked());
        // At the live edge nothing is too new to be shown, whatever the clocks say.
        let until = if moment == Moment::Live { Timestamp::MAX } else { at };
        let from = Timestamp::from_millis(at.millis() - ARC_MS);
        let filter = self.filter.get_untracked();
        let shown = self.held.with_value(|held| {
            let sums = held.sums(from, until, &filter);
            let scene = model::scene::scene(&sums, &held.sites, at, mode, lit);
            Shown {
                at,
                counts: by_severity(&sums),
                waiting: match moment {
                    Moment::Live => 0,
                    _ => held.count(at, Timestamp::MAX, &filter),
                },
                scene: Rc::new(scene),
                sums,
            }
        });
        if shown.scene != self.shown.with_untracked(|before| Rc::clone(&before.scene)) {
            self.with_renderer(|renderer| renderer.show(&shown.scene));
        }
        self.shown.set(shown);
    }
}

fn is_seen() -> bool {
    !document().hidden()
}

pub fn prefers_stillness() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
    query.is_some_and(|query| query.matches())
}

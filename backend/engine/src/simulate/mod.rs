//! An intrusion in seven stages among benign office activity, as the lines that Winlogbeat would ship.
//!
//! Invariants: the same [`Scenario`] gives the same bytes; times never go back; every line carries `labels.simulated`, which
//! the normalizer turns into `watchfloor.simulated`, so that nobody mistakes it for a real attack. Addresses and names are
//! from the ranges kept for documentation.

mod action;
mod intrusion;
mod line;
mod office;
pub mod perimeter;
mod world;

#[cfg(test)]
mod simulate_test;

use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{collections::VecDeque, time::Duration};
use watchfloor_shared::Timestamp;
use world::World;

/// The fewest hosts that the intrusion needs: two workstations, a file server, a domain controller.
pub const HOSTS_MIN: usize = 4;
pub const HOSTS_MAX: usize = 200;

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    /// Event time of the first line.
    pub start: Timestamp,
    /// Brought into [`HOSTS_MIN`]..=[`HOSTS_MAX`].
    pub hosts: usize,
    /// Of event time, on average.
    pub events_per_second: f64,
    /// Share of the lines that belong to the intrusion while it lasts, above 0 and at most 1. The intrusion has a fixed number
    /// of events, so this and the rate say how long it takes; see [`Scenario::intrusion_length`].
    pub attack_share: f64,
}

/// The seven stages, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    InitialAccess,
    Execution,
    Discovery,
    CredentialAccess,
    LateralMovement,
    Persistence,
    Impact,
}

impl Stage {
    pub const ALL: [Stage; 7] = [
        Stage::InitialAccess,
        Stage::Execution,
        Stage::Discovery,
        Stage::CredentialAccess,
        Stage::LateralMovement,
        Stage::Persistence,
        Stage::Impact,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Stage::InitialAccess => "Initial access",
            Stage::Execution => "Execution",
            Stage::Discovery => "Discovery",
            Stage::CredentialAccess => "Credential access",
            Stage::LateralMovement => "Lateral movement",
            Stage::Persistence => "Persistence",
            Stage::Impact => "Exfiltration and impact",
        }
    }
}

/// One line to ship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedLine {
    /// Its event time.
    pub at: Timestamp,
    /// Winlogbeat JSON without a line end.
    pub bytes: Vec<u8>,
    /// The stage of the intrusion it is part of; `None` for office activity.
    pub stage: Option<Stage>,
}

impl Default for Scenario {
    fn default() -> Self {
        let scenario = Self {
            seed: 1,
            start: Timestamp::EPOCH,
            hosts: 8,
            events_per_second: 20.0,
            attack_share: 1.0,
        };
        scenario.lasting(Duration::from_secs(600))
    }
}

impl Scenario {
    /// The same with the share at which the intrusion takes this long. Where the rate is too low for that, the share is 1.
    pub fn lasting(self, length: Duration) -> Self {
        let share = intrusion::STEPS.len() as f64 / (self.rate() * length.as_secs_f64().max(0.001));
        Self {
            attack_share: share,
            ..self
        }
    }

    /// How long the intrusion takes in event time.
    pub fn intrusion_length(&self) -> Duration {
        Duration::from_secs_f64(intrusion::STEPS.len() as f64 / (self.rate() * self.share()))
    }

    fn rate(&self) -> f64 {
        if self.events_per_second.is_finite() {
            self.events_per_second.clamp(0.01, 1e6)
        } else {
            20.0
        }
    }

    fn share(&self) -> f64 {
        if self.attack_share.is_finite() {
            self.attack_share.clamp(1e-6, 1.0)
        } else {
            1.0
        }
    }
}

/// The lines of a scenario. Never ends: office activity goes on after the intrusion.
#[derive(Debug)]
pub struct Simulator {
    scenario: Scenario,
    random: StdRng,
    world: World,
    /// Office activity that is due, one line each.
    office: VecDeque<(usize, action::Action)>,
    office_at: Timestamp,
    next_step: usize,
    last: Timestamp,
}

impl Simulator {
    pub fn new(scenario: Scenario) -> Self {
        let mut random = StdRng::seed_from_u64(scenario.seed);
        let hosts = scenario.hosts.clamp(HOSTS_MIN, HOSTS_MAX);
        let world = World::new(hosts, &mut random);
        let office = office::morning(hosts);
        Self {
            scenario,
            random,
            world,
            office,
            office_at: scenario.start,
            next_step: 0,
            last: scenario.start,
        }
    }

    /// Event time of the intrusion's last line.
    pub fn intrusion_ends(&self) -> Timestamp {
        self.scenario.start.saturating_add(self.scenario.intrusion_length())
    }

    /// When the next step of the intrusion is due; none after the last.
    fn step_at(&self) -> Option<Timestamp> {
        let step = intrusion::STEPS.get(self.next_step)?;
        let part = f64::from(step.second) / f64::from(intrusion::SECONDS);
        Some(
            self.scenario
                .start
                .saturating_add(self.scenario.intrusion_length().mul_f64(part.clamp(0.0, 1.0))),
        )
    }

    fn intrusion_line(&mut self, at: Timestamp) -> Option<SimulatedLine> {
        let step = intrusion::STEPS.get(self.next_step)?;
        self.next_step += 1;
        let bytes = self.world.act(step.host, &step.action, at, &mut self.random);
        Some(SimulatedLine {
            at,
            bytes,
            stage: Some(step.stage),
        })
    }

    fn office_line(&mut self, at: Timestamp) -> SimulatedLine {
        if self.office.is_empty() {
            let host = self.random.random_range(0..self.world.len());
            self.office = office::episode(host, self.world.is_server(host), &mut self.random);
        }
        let (host, action) = self.office.pop_front().unwrap_or((0, office::IDLE));
        let bytes = self.world.act(host, &action, at, &mut self.random);
        let rate = self.scenario.rate() * (1.0 - self.scenario.share()).max(1e-3);
        self.office_at = at.saturating_add(arrivals(rate, &mut self.random));
        SimulatedLine { at, bytes, stage: None }
    }
}

/// Time until the next arrival. Exponential: arrivals that nothing coordinates.
fn arrivals(per_second: f64, random: &mut StdRng) -> Duration {
    let gap = -(1.0 - random.random::<f64>()).ln() / per_second;
    Duration::from_secs_f64(gap.clamp(0.0, 3600.0))
}

impl Iterator for Simulator {
    type Item = SimulatedLine;

    fn next(&mut self) -> Option<SimulatedLine> {
        let line = match self.step_at() {
            Some(step_at) if step_at <= self.office_at => self.intrusion_line(step_at.max(self.last)),
            _ => Some(self.office_line(self.office_at.max(self.last))),
        }?;
        self.last = line.at;
        Some(line)
    }
}

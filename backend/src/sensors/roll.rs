//! Who is there: each sensor's last words and the gaps in its numbers, since the server's start.
//!
//! Invariant: memory is bounded, whatever names a sender makes up; the one that was silent longest gives its place.

use super::{
    Switchboard,
    influx::Influx,
    load::{self, count},
    metrics::{POINTS_MAX, RecentMetrics, SensorKey, SensorMetrics},
    numbers::{Numbers, reasons},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};
use watchfloor_protocol::v1::{Heartbeat, SensorBatch};
use watchfloor_shared::{
    TenantId, Timestamp,
    fleet::{LoadPoint, SensorLoad},
    sensor::SensorStatus,
};

const SENSORS_PER_TENANT_MAX: usize = 5_000;
const STREAMS_PER_SENSOR_MAX: usize = 32;

/// A sensor that says more is not listened to as often.
const HEARTBEAT_EVERY_MIN: Duration = Duration::from_secs(1);
const KEPT_EVERY: Duration = Duration::from_secs(60);
/// Where other processes know of a sensor only what is written down.
const KEPT_FOR_OTHERS_EVERY: Duration = Duration::from_secs(15);

/// Cheap to clone.
#[derive(Clone)]
pub struct Sensors(Arc<Inner>);

struct Inner {
    tenants: Mutex<HashMap<TenantId, BTreeMap<Known, Sensor>>>,
    metrics: Box<dyn SensorMetrics>,
    /// Where the figures outlive the process.
    series: OnceLock<Influx>,
    /// How often when a sensor was last heard is written down.
    kept_every: Duration,
    listening: Timestamp,
    switchboard: Switchboard,
}

/// What a sensor goes by. One that enrolled is not taken for another that calls itself the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    host: String,
    enrolled: Option<String>,
}

impl Known {
    fn key(&self, tenant: &TenantId) -> SensorKey {
        SensorKey {
            tenant: tenant.clone(),
            enrolled: self.enrolled.clone(),
            host: self.host.clone(),
        }
    }
}

/// A sensor for the fleet's page.
#[derive(Debug, Clone)]
pub struct Heard {
    pub enrolled: Option<String>,
    pub status: SensorStatus,
    pub load: Option<SensorLoad>,
    /// How often it is to be heard.
    pub interval: Duration,
    pub history: Vec<LoadPoint>,
}

#[derive(Default)]
struct Sensor {
    last_seen: Timestamp,
    heartbeat: Option<Heartbeat>,
    beaten: Timestamp,
    kept: Timestamp,
    records: u64,
    refused: u64,
    streams: BTreeMap<String, Numbers>,
}

/// Records that came, by their numbers.
#[derive(Debug, Clone, Copy)]
pub struct Came<'a> {
    /// The id of one that enrolled.
    pub enrolled: Option<&'a str>,
    pub sensor: &'a str,
    pub stream: &'a str,
    pub source: &'a str,
    pub first_sequence: u64,
    pub records: u64,
    pub refused: u64,
}

impl Default for Sensors {
    fn default() -> Self {
        Self::listening(Timestamp::EPOCH)
    }
}

impl Sensors {
    /// Listens from now on.
    pub fn listening(now: Timestamp) -> Self {
        Self::keeping(now, KEPT_EVERY)
    }

    /// The same, beside other processes.
    pub fn listening_for_others(now: Timestamp) -> Self {
        Self::keeping(now, KEPT_FOR_OTHERS_EVERY)
    }

    fn keeping(now: Timestamp, kept_every: Duration) -> Self {
        Self(Arc::new(Inner {
            tenants: Mutex::default(),
            metrics: Box::new(RecentMetrics::default()),
            series: OnceLock::new(),
            kept_every,
            listening: now,
            switchboard: Switchboard::default(),
        }))
    }

    /// Figures go there too from now on, and charts come from there.
    pub fn record(&self, series: Influx) {
        // Said once, at the start.
        let _ = self.0.series.set(series);
    }

    /// Whether what is recorded elsewhere is away; absent where nothing is.
    pub fn series_are_away(&self) -> Option<bool> {
        self.0.series.get().map(Influx::is_away)
    }

    /// The last hour, oldest first: of what is recorded, else since this process' start.
    pub async fn history(&self, whose: &SensorKey) -> Vec<LoadPoint> {
        if let Some(series) = self.0.series.get() {
            match series.recent(whose).await {
                Ok(points) => return points,
                Err(error) => tracing::warn!(%error, "a sensor's chart is drawn from what this process knows"),
            }
        }
        self.0.metrics.recent(whose, POINTS_MAX)
    }

    /// When this process last heard one that is enrolled.
    pub fn last_heard(&self, tenant: &TenantId, enrolled: &str) -> Option<Timestamp> {
        let tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = tenants.get(tenant)?.iter();
        let is_it = |known: &Known| known.enrolled.as_deref() == Some(enrolled);
        known
            .find(|(known, _)| is_it(known))
            .map(|(_, sensor)| sensor.last_seen)
    }

    /// Who can be told something.
    pub fn switchboard(&self) -> &Switchboard {
        &self.0.switchboard
    }

    /// Since when sensors can have been heard.
    pub fn listening_since(&self) -> Timestamp {
        self.0.listening
    }

    /// The sensor that goes by a host's name or id.
    pub fn of_host(&self, tenant: &TenantId, name: &str, id: &str) -> Option<SensorStatus> {
        let tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sensors = tenants.get(tenant)?.iter();
        let is_it = |known: &str| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(id);
        sensors
            .find(|(known, _)| is_it(&known.host))
            .map(|(known, sensor)| sensor.status(known))
    }

    /// Notes a batch that is on the disk; whether it is time to write down when the sensor was heard.
    pub fn note(
        &self,
        tenant: &TenantId,
        enrolled: Option<&str>,
        batch: &SensorBatch,
        refused: u64,
        now: Timestamp,
    ) -> bool {
        let came = Came {
            enrolled,
            sensor: &batch.sensor,
            stream: &batch.stream,
            source: &batch.source,
            first_sequence: batch.first_sequence,
            records: batch.records.len() as u64,
            refused,
        };
        let (mut beat, mut is_due) = (None, false);
        self.change(tenant, &came, now, |sensor| {
            if let Some(numbers) = sensor.streams.get_mut(&batch.stream)
                && !batch.dropped.is_empty()
            {
                numbers.dropped.clone_from(&batch.dropped);
            }
            if let Some(heartbeat) = &batch.heartbeat {
                beat = sensor.beat(heartbeat, now);
                is_due = now.since(sensor.kept) >= self.0.kept_every;
                if is_due {
                    sensor.kept = now;
                }
            }
        });
        if let Some(point) = beat {
            let whose = came.known().key(tenant);
            if let (Some(series), Some(heartbeat)) = (self.0.series.get(), &batch.heartbeat) {
                series.note(&whose, &point, heartbeat);
            }
            self.0.metrics.note(&whose, point);
        }
        is_due
    }

    /// The same for records without a batch around them.
    pub fn note_records(&self, tenant: &TenantId, came: &Came<'_>, now: Timestamp) {
        self.change(tenant, came, now, |_| ());
    }

    fn change(&self, tenant: &TenantId, came: &Came<'_>, now: Timestamp, more: impl FnOnce(&mut Sensor)) {
        let mut tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let sensors = tenants.entry(tenant.clone()).or_default();
        let known = came.known();
        if let Some(gone) = make_room(sensors, &known, SENSORS_PER_TENANT_MAX, |sensor| sensor.last_seen) {
            self.0.metrics.forget(&gone.key(tenant));
        }
        let sensor = sensors.entry(known).or_default();
        sensor.last_seen = now;
        sensor.records = sensor.records.saturating_add(came.records);
        sensor.refused = sensor.refused.saturating_add(came.refused);
        make_room(
            &mut sensor.streams,
            &came.stream.to_owned(),
            STREAMS_PER_SENSOR_MAX,
            |numbers| numbers.last_seen,
        );
        let is_new = !sensor.streams.contains_key(came.stream);
        let numbers = sensor.streams.entry(came.stream.to_owned()).or_default();
        numbers.last_seen = now;
        numbers.take(came, is_new);
        more(sensor);
    }

    /// How many of its records never came, as far as their numbers tell.
    pub fn missing(&self, tenant: &TenantId, sensor: &str) -> Option<i64> {
        let tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let named = tenants.get(tenant)?.iter().filter(|(known, _)| known.host == sensor);
        let missing: Vec<i64> = named.map(|(_, sensor)| sensor.missing()).collect();
        (!missing.is_empty()).then(|| missing.into_iter().fold(0, i64::saturating_add))
    }

    /// The tenant's for the fleet's page, by name, each with at most so many points of its history.
    pub fn heard(&self, tenant: &TenantId, points_max: usize) -> Vec<Heard> {
        let tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let sensors = tenants.get(tenant).into_iter().flatten();
        sensors
            .map(|(known, sensor)| self.heard_as(tenant, known, sensor, points_max))
            .collect()
    }

    /// One that enrolled, with all of its history.
    pub fn heard_of(&self, tenant: &TenantId, enrolled: &str) -> Option<Heard> {
        let tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sensors = tenants.get(tenant)?.iter();
        let (known, sensor) = sensors.find(|(known, _)| known.enrolled.as_deref() == Some(enrolled))?;
        Some(self.heard_as(tenant, known, sensor, POINTS_MAX))
    }

    fn heard_as(&self, tenant: &TenantId, known: &Known, sensor: &Sensor, points_max: usize) -> Heard {
        Heard {
            enrolled: known.enrolled.clone(),
            status: sensor.status(known),
            load: sensor.heartbeat.as_ref().map(load::shown),
            interval: load::interval(sensor.heartbeat.as_ref().unwrap_or(&Heartbeat::default())),
            history: self.0.metrics.recent(&known.key(tenant), points_max),
        }
    }

    /// What a revoked sensor was is not shown any more.
    pub fn forget(&self, tenant: &TenantId, enrolled: &str) {
        let mut tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sensors) = tenants.get_mut(tenant) else { return };
        sensors.retain(|known, _| {
            let stays = known.enrolled.as_deref() != Some(enrolled);
            if !stays {
                self.0.metrics.forget(&known.key(tenant));
            }
            stays
        });
    }

    /// The tenant's, by name.
    pub fn list(&self, tenant: &TenantId) -> Vec<SensorStatus> {
        let tenants = self.0.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let sensors = tenants.get(tenant).into_iter().flatten();
        sensors.map(|(known, sensor)| sensor.status(known)).collect()
    }
}

impl Came<'_> {
    fn known(&self) -> Known {
        Known {
            host: self.sensor.to_owned(),
            enrolled: self.enrolled.map(str::to_owned),
        }
    }
}

impl Sensor {
    /// What of it is for a chart; none when it came too soon after the one before.
    fn beat(&mut self, heartbeat: &Heartbeat, now: Timestamp) -> Option<LoadPoint> {
        if self.heartbeat.is_some() && now.since(self.beaten) < HEARTBEAT_EVERY_MIN {
            return None;
        }
        let point = load::point(heartbeat, self.heartbeat.as_ref(), now);
        self.heartbeat = Some(heartbeat.clone());
        self.beaten = now;
        Some(point)
    }

    fn missing(&self) -> i64 {
        count(self.streams.values().map(|numbers| numbers.missing).sum())
    }

    fn status(&self, known: &Known) -> SensorStatus {
        let said = self.heartbeat.as_ref();
        let text = |of: fn(&Heartbeat) -> &String| said.map(of).filter(|text| !text.is_empty()).cloned();
        let bytes = |of: fn(&Heartbeat) -> u64| said.map(of).map(count);
        let streams = self.streams.iter();
        let dropped = match said {
            Some(heartbeat) => reasons(&heartbeat.dropped),
            None => reasons(streams.clone().flat_map(|(_, numbers)| &numbers.dropped)),
        };
        SensorStatus {
            name: known.host.clone(),
            last_seen: self.last_seen,
            version: text(|heartbeat| &heartbeat.version),
            kernel: text(|heartbeat| &heartbeat.kernel),
            method: text(|heartbeat| &heartbeat.method),
            started: said
                .filter(|heartbeat| heartbeat.started_unix_ns > 0)
                .map(|heartbeat| Timestamp::from_nanos(heartbeat.started_unix_ns)),
            spool_bytes: bytes(|heartbeat| heartbeat.spool_bytes),
            spool_bytes_max: bytes(|heartbeat| heartbeat.spool_bytes_max),
            records: count(self.records),
            refused: count(self.refused),
            missing: self.missing(),
            dropped,
            streams: streams.map(|(name, numbers)| numbers.shown(name)).collect(),
        }
    }
}

/// Takes the one that was silent longest out of a full map that lacks `name`.
fn make_room<K: Ord + Clone, V>(
    map: &mut BTreeMap<K, V>,
    name: &K,
    entries_max: usize,
    last_seen: fn(&V) -> Timestamp,
) -> Option<K> {
    if map.len() < entries_max || map.contains_key(name) {
        return None;
    }
    let oldest = map.iter().min_by_key(|(_, value)| last_seen(value));
    let oldest = oldest.map(|(name, _)| name.clone())?;
    map.remove(&oldest);
    Some(oldest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_protocol::v1::Dropped;

    fn tenant() -> TenantId {
        "default".parse().unwrap()
    }

    fn batch(stream: &str, first: u64, records: usize) -> SensorBatch {
        SensorBatch {
            sensor: "web-1".to_owned(),
            stream: stream.to_owned(),
            first_sequence: first,
            records: vec![bytes::Bytes::from_static(b"{}"); records],
            ..SensorBatch::default()
        }
    }

    #[test]
    fn a_gap_is_counted_once_and_what_is_sent_again_is_none() {
        let sensors = Sensors::default();
        let at = Timestamp::from_millis;
        sensors.note(&tenant(), None, &batch("a", 1_000, 10), 0, at(1));
        sensors.note(&tenant(), None, &batch("a", 1_005, 5), 0, at(2));
        sensors.note(&tenant(), None, &batch("a", 1_013, 1), 1, at(3));
        sensors.note(&tenant(), None, &batch("b", 0, 2), 0, at(4));
        let [status] = &sensors.list(&tenant())[..] else {
            panic!("one sensor")
        };
        assert_eq!((status.records, status.refused, status.missing), (18, 1, 3));
        let streams: Vec<_> = status.streams.iter().map(|s| (s.next_sequence, s.missing)).collect();
        assert_eq!(streams, [(1_014, 3), (2, 0)]);
        assert_eq!((status.last_seen, &status.version), (at(4), &None));
        assert!(sensors.list(&"other".parse().unwrap()).is_empty());
    }

    #[test]
    fn a_heartbeat_is_remembered_and_losses_are_by_reason() {
        let sensors = Sensors::default();
        let lost = |reason: &str, count| Dropped {
            reason: reason.to_owned(),
            count,
        };
        let mut with_loss = batch("a", 0, 1);
        with_loss.dropped = vec![lost("spool_full", 2), lost("rate_limit", 0)];
        sensors.note(&tenant(), None, &with_loss, 0, Timestamp::from_millis(1));
        assert_eq!(sensors.list(&tenant())[0].dropped.len(), 1);
        let mut beat = batch("a", 1, 0);
        beat.heartbeat = Some(Heartbeat {
            version: "1.2.3".to_owned(),
            spool_bytes: 7,
            dropped: vec![lost("kernel", 5)],
            ..Heartbeat::default()
        });
        sensors.note(&tenant(), None, &beat, 0, Timestamp::from_millis(2));
        sensors.note(&tenant(), None, &batch("a", 1, 1), 0, Timestamp::from_millis(3));
        let status = &sensors.list(&tenant())[0];
        assert_eq!(
            (status.version.as_deref(), status.spool_bytes),
            (Some("1.2.3"), Some(7))
        );
        assert_eq!((status.dropped[0].reason.as_str(), status.missing), ("kernel", 0));
    }

    #[test]
    fn made_up_names_take_a_bounded_place() {
        let sensors = Sensors::default();
        for number in 0..SENSORS_PER_TENANT_MAX + 10 {
            let mut batch = batch("a", 0, 1);
            batch.sensor = format!("s{number}");
            sensors.note(&tenant(), None, &batch, 0, Timestamp::from_millis(number as i64));
        }
        let names: Vec<_> = sensors.list(&tenant()).into_iter().map(|sensor| sensor.name).collect();
        assert_eq!(names.len(), SENSORS_PER_TENANT_MAX);
        assert!(!names.contains(&"s0".to_owned()) && names.contains(&"s5009".to_owned()));
    }
}

//! What the page says of a sensor.

use crate::words::lower;
use std::sync::Arc;
use watchfloor_shared::{
    control::{CaptureStatus, CommandState, RunningCapture, SensorCommand},
    fleet::{FleetSensor, Presence, SensorInterface},
};

pub const fn presence_word(presence: Presence) -> &'static str {
    match presence {
        Presence::Online => "Online",
        Presence::Late => "Late",
        Presence::Offline => "Offline",
        Presence::Unknown => "Not heard yet",
    }
}

/// The looks of the mark; each has a shape of its own.
pub const fn presence_class(presence: Presence) -> &'static str {
    match presence {
        Presence::Online => "state on",
        Presence::Late => "state late",
        Presence::Offline => "state off",
        Presence::Unknown => "state unheard",
    }
}

/// `41 enrolled, 39 online, 1 late, 1 offline`
pub fn sum(sensors: &[FleetSensor]) -> String {
    let enrolled = sensors.iter().filter(|sensor| sensor.id.is_some()).count();
    let mut text = format!("{enrolled} enrolled");
    if enrolled < sensors.len() {
        text += &format!(", {} with a key", sensors.len() - enrolled);
    }
    for presence in Presence::ALL {
        let count = sensors.iter().filter(|sensor| sensor.presence == presence).count();
        if count > 0 {
            text += &format!(", {count} {}", lower(presence_word(presence)));
        }
    }
    text
}

/// `512 B`, `3.4 MiB`
pub fn bytes(count: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rounded figure")]
    let mut value = count.max(0) as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1_024.0 {
            break;
        }
        value /= 1_024.0;
        unit = larger;
    }
    if unit == "B" || value >= 100.0 {
        format!("{value:.0} {unit}")
    } else {
        format!("{value:.1} {unit}")
    }
}

/// `31 %`, or that it was not said.
pub fn percent(value: Option<f32>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0} %"))
}

/// What the sensor itself left out, all reasons together.
pub fn dropped(sensor: &FleetSensor) -> i64 {
    let status = sensor.status.iter();
    status
        .flat_map(|status| &status.dropped)
        .fold(0, |sum, reason| sum.saturating_add(reason.count))
}

/// Sensors with every word somewhere, and this presence if one is asked for.
pub fn matching(sensors: &[FleetSensor], words: &str, presence: Option<Presence>) -> Vec<Arc<FleetSensor>> {
    let words: Vec<String> = lower(words).split_whitespace().map(str::to_owned).collect();
    let fits = |sensor: &&FleetSensor| {
        let version = sensor.version.as_deref().unwrap_or_default();
        let texts = [&sensor.name, &sensor.host, &sensor.location].map(|text| lower(text));
        let has = |word: &String| texts.iter().any(|text| text.contains(word)) || version.contains(word.as_str());
        presence.is_none_or(|wanted| wanted == sensor.presence) && words.iter().all(has)
    };
    sensors.iter().filter(fits).cloned().map(Arc::new).collect()
}

pub const fn capture_word(state: CaptureStatus) -> &'static str {
    match state {
        CaptureStatus::Starting => "Starting",
        CaptureStatus::Running => "Running",
        CaptureStatus::Failed => "Failed, tried again",
    }
}

pub const fn capture_class(state: CaptureStatus) -> &'static str {
    match state {
        CaptureStatus::Starting => "state unheard",
        CaptureStatus::Running => "state on",
        CaptureStatus::Failed => "state off",
    }
}

pub const fn command_state_word(state: CommandState) -> &'static str {
    match state {
        CommandState::Queued => "Waits",
        CommandState::Sent => "Sent",
        CommandState::Done => "Done",
        CommandState::Failed => "Failed",
        CommandState::Expired => "Expired",
        CommandState::Cancelled => "Taken back",
    }
}

pub const fn command_class(state: CommandState) -> &'static str {
    match state {
        CommandState::Queued | CommandState::Cancelled => "state unheard",
        CommandState::Sent => "state late",
        CommandState::Done => "state on",
        CommandState::Failed | CommandState::Expired => "state off",
    }
}

/// `Start a capture lan on eth1`
pub fn command_words(command: &SensorCommand) -> String {
    let words = command.words();
    match command {
        SensorCommand::CaptureStart { capture } => {
            format!("{words} {} on {}", capture.name, capture.interfaces.join(", "))
        }
        SensorCommand::CaptureStop { name } | SensorCommand::CaptureRestart { name } => format!("{words} {name}"),
        SensorCommand::Configure {
            heartbeat_seconds,
            quiet,
        } => {
            let beats = heartbeat_seconds.map(|seconds| format!("a heartbeat each {seconds} s"));
            let quiet = quiet.as_ref().map(|paths| format!("{} quiet programs", paths.len()));
            let set: Vec<String> = [beats, quiet].into_iter().flatten().collect();
            format!("{words} {}", set.join(", "))
        }
        SensorCommand::Rules { version, .. } => format!("{words} {version}"),
        SensorCommand::Diagnostics | SensorCommand::UpgradeCheck => words.to_owned(),
    }
}

/// Whether an interface can be captured on, or why not.
pub fn fit(interface: &SensorInterface, captures: &[RunningCapture]) -> Result<(), String> {
    let user = captures
        .iter()
        .find(|capture| capture.interfaces.contains(&interface.name));
    match user {
        Some(capture) => Err(format!("{} has it", capture.name)),
        None if interface.management => Err("the server is reached by it".to_owned()),
        None if interface.up == Some(false) => Err("down".to_owned()),
        None => Ok(()),
    }
}

/// What the address calls a sensor.
pub fn key(sensor: &FleetSensor) -> String {
    sensor.id.clone().unwrap_or_else(|| format!("host:{}", sensor.host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensor(name: &str, presence: Presence) -> FleetSensor {
        FleetSensor {
            id: Some(name.to_owned()),
            name: name.to_owned(),
            host: format!("{name}.example"),
            location: "Hamburg".to_owned(),
            presence,
            ..FleetSensor::default()
        }
    }

    #[test]
    fn the_sum_names_what_there_is_and_nothing_else() {
        let mut key = sensor("c", Presence::Online);
        key.id = None;
        let fleet = [sensor("a", Presence::Online), sensor("b", Presence::Offline), key];
        assert_eq!(sum(&fleet), "2 enrolled, 1 with a key, 2 online, 1 offline");
        assert_eq!(sum(&[]), "0 enrolled");
    }

    #[test]
    fn words_and_presence_narrow_together() {
        let fleet = [sensor("web-1", Presence::Online), sensor("db-1", Presence::Offline)];
        assert_eq!(matching(&fleet, "hamburg", None).len(), 2);
        assert_eq!(matching(&fleet, "WEB ham", None).len(), 1);
        assert!(matching(&fleet, "web", Some(Presence::Offline)).is_empty());
    }

    #[test]
    fn only_an_interface_that_is_up_and_free_is_offered() {
        let interface = |name: &str, up: bool, management: bool| SensorInterface {
            name: name.to_owned(),
            up: Some(up),
            management,
            ..SensorInterface::default()
        };
        let captures = [RunningCapture {
            name: "lan".to_owned(),
            interfaces: vec!["eth2".to_owned()],
            ..RunningCapture::default()
        }];
        let why = |name, up, management| {
            fit(&interface(name, up, management), &captures)
                .err()
                .unwrap_or_default()
        };
        assert_eq!(why("eth1", true, false), "");
        assert_eq!(why("eth2", true, false), "lan has it");
        assert_eq!(why("eth0", true, true), "the server is reached by it");
        assert_eq!(why("eth3", false, false), "down");
    }

    #[test]
    fn sizes_are_rounded_to_what_one_reads() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(bytes(536_870_912), "512 MiB");
        assert_eq!(bytes(-5), "0 B");
    }
}

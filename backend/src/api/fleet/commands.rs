//! `/api/v1/fleet/{id}/commands`: what a sensor is told, and what became of it.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::{Body, Id, IdAndNumber},
        problem::{Answer, ApiError, capitalized},
        state::AppState,
    },
    store::{
        TenantTx,
        commands::{self, Cancelled, CommandError},
    },
};
use axum::{Json, extract::State, http::StatusCode};
use watchfloor_shared::{
    control::{Capture, NewCommand, QueuedCommand, SensorCommand},
    fleet::SensorInterface,
    problem::ErrorCode,
};

/// The text of rules as JSON spells it.
pub const BODY_BYTES_MAX: usize = 6 << 20;

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        let code = match error {
            CommandError::Store(error) => return error.into(),
            CommandError::NoSensor => return Self::not_found(),
            CommandError::Invalid(_) | CommandError::InvalidExpiry => ErrorCode::InvalidRequest,
            CommandError::TooMany | CommandError::TooManyRules => ErrorCode::Conflict,
        };
        Self::new(code, capitalized(&error.to_string()))
    }
}

pub fn describe_list() -> Describe {
    Describe::new("fleet", "What a sensor was told")
        .detail("Those that wait and the last 500 that are over, without the texts of rules.")
        .path("id", "The sensor's id")
        .answers_many::<QueuedCommand>("Newest first")
        .fails(&[ErrorCode::NotFound])
}

pub async fn list(mut call: CallContext, Id(id): Id) -> Answer<Json<Vec<QueuedCommand>>> {
    let queued = commands::list(&mut call.tx, &id, call.now).await?;
    let queued = queued.ok_or_else(ApiError::not_found)?;
    call.commit().await?;
    Ok(Json(queued))
}

pub fn describe_make() -> Describe {
    Describe::new("fleet", "Tell a sensor what to do")
        .detail(
            "It is kept until the sensor comes for it, at most `expires_hours`, and done once, after all that it was told before. A \
             capture is refused where the sensor said that it has no such interface, that it is down, that the server is \
             reached by it, or that another capture has it.",
        )
        .path("id", "The sensor's id")
        .body::<NewCommand>()
        .answers::<QueuedCommand>("It waits for the sensor")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound, ErrorCode::Conflict])
}

pub async fn make(
    State(state): State<AppState>,
    mut call: CallContext,
    Id(id): Id,
    Body(new): Body<NewCommand>,
) -> Answer<Json<QueuedCommand>> {
    let by = call.caller.actor().to_owned();
    // Whose sensor it is comes first: what is known of another organization's is not said.
    let number = commands::add(&mut call.tx, &id, &new, &by, call.now).await?;
    if let SensorCommand::CaptureStart { capture } = &new.command {
        let heard = state.sensors.heard_of(call.caller.tenant(), &id);
        let load = heard.and_then(|heard| heard.load);
        is_fit(capture, load.as_ref().map(|load| &load.interfaces[..]))?;
        is_free(&mut call.tx, &id, capture).await?;
    }
    let queued = commands::list(&mut call.tx, &id, call.now).await?;
    let queued = queued.into_iter().flatten().find(|queued| queued.number == number);
    let queued = queued.ok_or_else(ApiError::not_found)?;
    call.note(serde_json::json!({"number": number, "command": new.command.words()}));
    call.commit().await?;
    state.sensors.switchboard().ring(&id);
    tracing::info!(
        sensor.id = id,
        command.number = number,
        command = new.command.words(),
        user = by,
        "a sensor is told something"
    );
    Ok(Json(queued))
}

pub fn describe_cancel() -> Describe {
    Describe::new("fleet", "Take back what a sensor was told")
        .detail("Only while it waits: what was sent may have been done.")
        .path("id", "The sensor's id")
        .path("number", "The command's number")
        .answers_nothing("The sensor never hears of it")
        .fails(&[ErrorCode::NotFound, ErrorCode::Conflict])
}

pub async fn cancel(mut call: CallContext, IdAndNumber(id, number): IdAndNumber) -> Answer<StatusCode> {
    match commands::cancel(&mut call.tx, &id, number, call.now).await? {
        Cancelled::Cancelled => {}
        Cancelled::NoSuch => return Err(ApiError::not_found()),
        Cancelled::TooLate => {
            return Err(ApiError::new(ErrorCode::Conflict, "It was sent already, or is over."));
        }
    }
    let caller = call.commit().await?;
    tracing::info!(
        sensor.id = id,
        command.number = number,
        user = caller.actor(),
        "a command was taken back"
    );
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the sensor could capture there, by what it said of its interfaces. One that said nothing decides itself.
fn is_fit(capture: &Capture, interfaces: Option<&[SensorInterface]>) -> Result<(), ApiError> {
    let Some(interfaces) = interfaces.filter(|interfaces| !interfaces.is_empty()) else {
        return Ok(());
    };
    for name in &capture.interfaces {
        let why = match interfaces.iter().find(|interface| interface.name == *name) {
            None => "is not there",
            Some(interface) if interface.management => "is the one by which the server is reached",
            Some(interface) if interface.up == Some(false) => "is down",
            Some(_) => continue,
        };
        return Err(ApiError::new(
            ErrorCode::Conflict,
            format!("The interface {name} {why}."),
        ));
    }
    Ok(())
}

/// Whether no other capture has these interfaces, when all that waits is done.
async fn is_free(tx: &mut TenantTx, id: &str, capture: &Capture) -> Result<(), ApiError> {
    let said = commands::captures(tx, id).await?.unwrap_or_default().captures;
    let mut captures: Vec<(String, Vec<String>)> = said.into_iter().map(|one| (one.name, one.interfaces)).collect();
    let waiting = commands::waiting(tx, id).await?;
    // The last that waits is this one.
    for command in waiting.iter().take(waiting.len().saturating_sub(1)) {
        match command {
            SensorCommand::CaptureStart { capture } => {
                captures.push((capture.name.clone(), capture.interfaces.clone()));
            }
            SensorCommand::CaptureStop { name } => captures.retain(|(other, _)| other != name),
            _ => {}
        }
    }
    let others = captures.iter().filter(|(name, _)| *name != capture.name);
    for (name, interfaces) in others {
        if let Some(used) = interfaces.iter().find(|used| capture.interfaces.contains(used)) {
            let text = format!("The capture {name} has the interface {used} already.");
            return Err(ApiError::new(ErrorCode::Conflict, text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_the_sensor_would_refuse_is_refused_here() {
        let interface = |name: &str, up: Option<bool>, management: bool| SensorInterface {
            name: name.to_owned(),
            up,
            management,
            ..SensorInterface::default()
        };
        let known = [
            interface("eth0", Some(true), true),
            interface("eth1", Some(true), false),
            interface("eth2", Some(false), false),
            interface("eth3", None, false),
        ];
        let why = |name: &str| {
            let capture = Capture {
                name: "lan".to_owned(),
                interfaces: vec![name.to_owned()],
                ..Capture::default()
            };
            is_fit(&capture, Some(&known)).err().map(|error| error.code())
        };
        assert_eq!((why("eth1"), why("eth3")), (None, None));
        for name in ["eth0", "eth2", "eth9"] {
            assert_eq!(why(name), Some(ErrorCode::Conflict), "{name}");
        }
    }
}

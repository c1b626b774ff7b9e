//! What sensors are told to do: one queue per sensor, and what became of each command.
//!
//! Invariant: numbers of a sensor rise by one and are given once; what waits is bounded, and so is what is remembered.

use super::{StoreError, TenantTx, alerts::without_nul};
use std::time::Duration;
use watchfloor_shared::{
    Timestamp,
    control::{CommandState, NewCommand, NoCommand, QueuedCommand, SensorCaptures, SensorCommand},
};

/// Commands of one sensor that wait.
pub const WAITING_MAX: i64 = 200;
/// Of these, with the text of rules.
pub const RULES_WAITING_MAX: i64 = 4;
/// Commands of one sensor that are remembered when they are over.
const KEPT: i64 = 500;
const HOURS: u32 = 7 * 24;
const HOURS_MAX: u32 = 30 * 24;

/// Why a command was not queued or not taken back.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("there is no such sensor")]
    NoSensor,
    #[error("{0}")]
    Invalid(NoCommand),
    #[error("expires_hours is between 1 and {HOURS_MAX}")]
    InvalidExpiry,
    #[error("{WAITING_MAX} commands wait for this sensor already: cancel those that nobody needs")]
    TooMany,
    #[error("{RULES_WAITING_MAX} pushes of rules wait for this sensor already")]
    TooManyRules,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CommandError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What became of a taking back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    Cancelled,
    /// It was sent, or is over.
    TooLate,
    NoSuch,
}

/// A sensor's words on a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub ok: bool,
    pub reason: String,
    pub detail: String,
}

/// Queues it; its number.
pub async fn add(
    tx: &mut TenantTx,
    sensor: &str,
    new: &NewCommand,
    by: &str,
    now: Timestamp,
) -> Result<i64, CommandError> {
    new.command.validate().map_err(CommandError::Invalid)?;
    let hours = new.expires_hours.unwrap_or(HOURS);
    if !(1..=HOURS_MAX).contains(&hours) {
        return Err(CommandError::InvalidExpiry);
    }
    let expires = now.saturating_add(Duration::from_secs(u64::from(hours) * 3_600));
    let tenant = tx.tenant().clone();
    // Holds the sensor's row: who comes meanwhile waits, and counts what this one adds.
    let number = sqlx::query_scalar!(
        "UPDATE sensors SET commands_made = commands_made + 1 WHERE sensor_id = $1 AND NOT revoked RETURNING commands_made",
        without_nul(sensor)
    )
    .fetch_optional(tx.connection())
    .await?
    .ok_or(CommandError::NoSensor)?;
    expire(tx, sensor, now).await?;
    let waiting = sqlx::query!(
        r#"SELECT count(*) AS "all!", count(*) FILTER (WHERE command->>'kind' = 'rules') AS "rules!"
           FROM sensor_commands WHERE sensor_id = $1 AND state IN ('queued', 'sent')"#,
        without_nul(sensor)
    )
    .fetch_one(tx.connection())
    .await?;
    if waiting.all >= WAITING_MAX {
        return Err(CommandError::TooMany);
    }
    if matches!(new.command, SensorCommand::Rules { .. }) && waiting.rules >= RULES_WAITING_MAX {
        return Err(CommandError::TooManyRules);
    }
    let command = serde_json::to_value(&new.command).map_err(|error| inconsistent(&error))?;
    sqlx::query!(
        "INSERT INTO sensor_commands (tenant_id, sensor_id, number, command, created_by, created_ns, expires_ns)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant.as_str(),
        sensor,
        number,
        command,
        without_nul(by),
        now.nanos(),
        expires.nanos()
    )
    .execute(tx.connection())
    .await?;
    sqlx::query!(
        "DELETE FROM sensor_commands WHERE sensor_id = $1 AND number <= $2 AND state NOT IN ('queued', 'sent')",
        sensor,
        number - KEPT
    )
    .execute(tx.connection())
    .await?;
    Ok(number)
}

/// Newest first, without the texts of rules. None where there is no such sensor.
pub async fn list(tx: &mut TenantTx, sensor: &str, now: Timestamp) -> Result<Option<Vec<QueuedCommand>>, StoreError> {
    if !is_there(tx, sensor).await? {
        return Ok(None);
    }
    expire(tx, sensor, now).await?;
    let rows = sqlx::query!(
        r#"SELECT number, command - 'text' AS "command!", created_by, created_ns, expires_ns, state, reason, detail, done_ns
           FROM sensor_commands WHERE sensor_id = $1 ORDER BY number DESC LIMIT 700"#,
        without_nul(sensor)
    )
    .fetch_all(tx.connection())
    .await?;
    let commands = rows.into_iter().map(|row| -> Result<QueuedCommand, StoreError> {
        Ok(QueuedCommand {
            number: row.number,
            command: serde_json::from_value(row.command).map_err(|error| inconsistent(&error))?,
            by: row.created_by,
            created: Timestamp::from_nanos(row.created_ns),
            expires: Timestamp::from_nanos(row.expires_ns),
            state: state(&row.state)?,
            reason: row.reason,
            detail: row.detail,
            done: row.done_ns.map(Timestamp::from_nanos),
        })
    });
    commands.collect::<Result<Vec<_>, StoreError>>().map(Some)
}

/// Takes it back while it was not sent.
pub async fn cancel(tx: &mut TenantTx, sensor: &str, number: i64, now: Timestamp) -> Result<Cancelled, StoreError> {
    let cancelled = sqlx::query!(
        "UPDATE sensor_commands SET state = 'cancelled', done_ns = $3, command = command - 'text'
         WHERE sensor_id = $1 AND number = $2 AND state = 'queued'",
        without_nul(sensor),
        number,
        now.nanos()
    )
    .execute(tx.connection())
    .await?;
    if cancelled.rows_affected() > 0 {
        return Ok(Cancelled::Cancelled);
    }
    let is_there = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM sensor_commands c JOIN sensors s USING (tenant_id, sensor_id)
                          WHERE c.sensor_id = $1 AND c.number = $2 AND NOT s.revoked) AS "there!""#,
        without_nul(sensor),
        number
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(if is_there {
        Cancelled::TooLate
    } else {
        Cancelled::NoSuch
    })
}

/// The first that waits, which is sent now. A revoked sensor has none.
pub async fn take_next(
    tx: &mut TenantTx,
    sensor: &str,
    now: Timestamp,
) -> Result<Option<(i64, SensorCommand)>, StoreError> {
    expire(tx, sensor, now).await?;
    let row = sqlx::query!(
        "UPDATE sensor_commands SET state = 'sent'
         WHERE sensor_id = $1 AND number = (
             SELECT min(c.number) FROM sensor_commands c JOIN sensors s USING (tenant_id, sensor_id)
             WHERE c.sensor_id = $1 AND c.state IN ('queued', 'sent') AND NOT s.revoked)
         RETURNING number, command",
        sensor
    )
    .fetch_optional(tx.connection())
    .await?;
    let taken = row.map(|row| -> Result<_, StoreError> {
        let command = serde_json::from_value(row.command).map_err(|error| inconsistent(&error))?;
        Ok((row.number, command))
    });
    taken.transpose()
}

/// Writes down what became of it; the first word counts. The text of rules goes: the sensor has it.
pub async fn finish(
    tx: &mut TenantTx,
    sensor: &str,
    number: i64,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let state = if outcome.ok {
        CommandState::Done
    } else {
        CommandState::Failed
    };
    let text = |text: &str| (!text.is_empty()).then(|| without_nul(text));
    let finished = sqlx::query!(
        "UPDATE sensor_commands SET state = $3, reason = $4, detail = $5, done_ns = $6, command = command - 'text'
         WHERE sensor_id = $1 AND number = $2 AND state IN ('sent', 'expired')",
        sensor,
        number,
        state.as_str(),
        text(&outcome.reason),
        text(&outcome.detail),
        now.nanos()
    )
    .execute(tx.connection())
    .await?;
    Ok(finished.rows_affected() > 0)
}

/// Numbers go on after the last that the sensor has done, also when this database is an older copy.
pub async fn continue_after(tx: &mut TenantTx, sensor: &str, number: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sensors SET commands_made = $2 WHERE sensor_id = $1 AND commands_made < $2",
        sensor,
        number
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Keeps what a sensor said of its captures.
pub async fn note_captures(tx: &mut TenantTx, sensor: &str, captures: &SensorCaptures) -> Result<(), StoreError> {
    let captures = serde_json::to_value(captures).map_err(|error| inconsistent(&error))?;
    sqlx::query!(
        "UPDATE sensors SET captures = $2 WHERE sensor_id = $1 AND NOT revoked",
        sensor,
        captures
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What it last said of its captures.
pub async fn captures(tx: &mut TenantTx, sensor: &str) -> Result<Option<SensorCaptures>, StoreError> {
    let said = sqlx::query_scalar!(
        "SELECT captures FROM sensors WHERE sensor_id = $1 AND NOT revoked",
        without_nul(sensor)
    )
    .fetch_optional(tx.connection())
    .await?;
    let said = said.flatten().map(serde_json::from_value).transpose();
    said.map_err(|error| inconsistent(&error))
}

/// Captures that wait to be started or stopped, in their order.
pub async fn waiting(tx: &mut TenantTx, sensor: &str) -> Result<Vec<SensorCommand>, StoreError> {
    let rows = sqlx::query_scalar!(
        "SELECT command FROM sensor_commands
         WHERE sensor_id = $1 AND state IN ('queued', 'sent') AND command->>'kind' IN ('capture_start', 'capture_stop')
         ORDER BY number",
        without_nul(sensor)
    )
    .fetch_all(tx.connection())
    .await?;
    let commands = rows.into_iter().map(serde_json::from_value);
    commands
        .collect::<Result<_, _>>()
        .map_err(|error: serde_json::Error| inconsistent(&error))
}

async fn is_there(tx: &mut TenantTx, sensor: &str) -> Result<bool, StoreError> {
    let is_there = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM sensors WHERE sensor_id = $1 AND NOT revoked) AS "there!""#,
        without_nul(sensor)
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(is_there)
}

async fn expire(tx: &mut TenantTx, sensor: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sensor_commands SET state = 'expired', done_ns = $2, command = command - 'text'
         WHERE sensor_id = $1 AND state IN ('queued', 'sent') AND expires_ns <= $2",
        without_nul(sensor),
        now.nanos()
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn state(text: &str) -> Result<CommandState, StoreError> {
    CommandState::parse(text).ok_or_else(|| StoreError::Inconsistent {
        what: format!("the state {text:?} of a sensor's command"),
    })
}

fn inconsistent(error: &serde_json::Error) -> StoreError {
    StoreError::Inconsistent {
        what: format!("a sensor's command or captures: {error}"),
    }
}

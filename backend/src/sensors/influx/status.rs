//! `sensor_status`: every half minute, whether each enrolled sensor lives.
//!
//! Every process with doors says it of all, from what all of them wrote down; at the same moments, so that two that say the same
//! are one point.

use super::{Influx, line};
use crate::{
    clock::Clock,
    sensors::{SensorKey, Sensors},
    store::{Database, StoreError, identity, sensors},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchfloor_engine::presence::presence;
use watchfloor_shared::{Timestamp, fleet::Presence};

const EVERY_MS: i64 = 30_000;
/// When a sensor was last heard is written down so much later at most.
const KNOWN_LATER: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(watchfloor_protocol::HEARTBEAT_MS as u64);

impl Influx {
    pub async fn follow(self, heard: Sensors, db: Database, clock: Clock, stop: CancellationToken) {
        loop {
            let now = clock.now().millis();
            let next = (now / EVERY_MS + 1) * EVERY_MS;
            let wait = Duration::from_millis(u64::try_from(next - now).unwrap_or_default());
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            if let Err(error) = self.say(&heard, &db, Timestamp::from_millis(next)).await {
                tracing::debug!(%error, "whether sensors live could not be asked");
            }
        }
    }

    async fn say(&self, heard: &Sensors, db: &Database, at: Timestamp) -> Result<(), StoreError> {
        for tenant in identity::tenants(db).await? {
            let mut tx = db.tenant(&tenant).await?;
            let known = sensors::list(&mut tx).await?;
            tx.commit().await?;
            let mut lines = String::new();
            for sensor in known {
                let last = heard.last_heard(&tenant, &sensor.id).max(sensor.last_heartbeat);
                let presence = presence(last, at.saturating_sub(KNOWN_LATER), INTERVAL, heard.listening_since());
                // Silence that may be our own says nothing.
                if presence == Presence::Unknown {
                    continue;
                }
                let whose = SensorKey {
                    tenant: tenant.clone(),
                    enrolled: Some(sensor.id),
                    host: sensor.host,
                };
                line::status(&whose, presence, at, &mut lines);
            }
            self.write_soon(lines);
        }
        Ok(())
    }
}

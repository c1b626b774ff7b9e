//! Renews the sensor's certificate at two thirds of its life, with a new key each time.

use crate::{
    clock,
    config::ServerConfig,
    identity::{Asking, Enrolment, Identity, Validity},
    ship,
};
use anyhow::Context;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tonic::Request;
use watchfloor_protocol::v1::{RenewRequest, sensor_service_client::SensorServiceClient};
use watchfloor_shared::Timestamp;

/// Often enough to notice that the clock was set or the host slept.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After a failure; a third of the certificate's life is left for it.
const AGAIN_AFTER: Duration = Duration::from_secs(600);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(30);

/// Until it is told to stop.
pub async fn run(config: ServerConfig, identity: Identity, enrolment: Enrolment, mut stopped: watch::Receiver<bool>) {
    loop {
        let wait = match step(&config, &identity, &enrolment).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!("the certificate was not renewed: {error:#}");
                AGAIN_AFTER.mul_f64(0.5 + StdRng::from_os_rng().random::<f64>())
            }
        };
        tokio::select! {
            () = sleep(wait) => {}
            _ = stopped.changed() => return,
        }
    }
}

/// How long until the next look.
async fn step(config: &ServerConfig, identity: &Identity, enrolment: &Enrolment) -> anyhow::Result<Duration> {
    let validity = identity.validity().context("the certificate cannot be read")?;
    if validity.is_some_and(|validity| !is_due(validity, clock::now())) {
        return Ok(LOOK_EVERY);
    }
    let asking = Asking::new(&enrolment.name)?;
    let request = Request::new(RenewRequest {
        request_pem: asking.request_pem.clone(),
    });
    let channel = ship::channel(config).await?;
    let answer = timeout(ANSWER_WAIT_MAX, SensorServiceClient::new(channel).renew(request))
        .await
        .context("the server does not answer")?;
    let certificate = answer
        .map_err(|status| anyhow::anyhow!("{}", status.message()))?
        .into_inner();
    identity.keep_pair(&asking, &certificate).context("it cannot be kept")?;
    let until = Timestamp::from_nanos(certificate.not_after_unix_ns);
    tracing::info!(%until, "the certificate was renewed");
    Ok(LOOK_EVERY)
}

fn is_due(validity: Validity, now: Timestamp) -> bool {
    now >= validity.renewed_from()
}

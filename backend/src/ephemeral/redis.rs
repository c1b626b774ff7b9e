//! Through Redis: one channel for news, one hash for each bucket.
//!
//! Invariant: nobody waits for it longer than [`ANSWER_WAIT_MAX`], and nobody at all while it is known to be away; then each process
//! counts for itself. It is tried again until it is back.

use super::{Ephemeral, Local, News, RedisConfig, news::Letter};
use crate::{api::rate_limit::Rate, pipeline::backoff::Backoff};
use anyhow::{Context, Result};
use async_trait::async_trait;
use futures::StreamExt;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ErrorKind, IntoConnectionInfo, RedisError, RedisResult, Script,
    TlsCertificates, aio::MultiplexedConnection,
};
use sha2::{Digest, Sha256};
use std::{
    convert::Infallible,
    fmt::Write,
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{broadcast, mpsc},
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;

const ANSWER_WAIT_MAX: Duration = Duration::from_millis(500);
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(2);
/// How often it is asked whether it is there.
const ASKED_EVERY: Duration = Duration::from_secs(1);
const NEWS_WAITING_MAX: usize = 1_024;
/// A token bucket by the server's clock: `burst` at once, then one per `refill`. Returns how long until there is a token, in
/// milliseconds; 0 where one was taken or given back.
const BUCKET: &str = r"
local burst, refill, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(burst, tonumber(known[1] or burst) + math.max(0, now - tonumber(known[2] or now)) / refill)
local wait = 0
if tokens < cost then
  wait = math.ceil((cost - tokens) * refill)
else
  tokens = math.min(burst, tokens - cost)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * refill) + 1000)
return wait
";

/// Cheap to clone.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    client: Client,
    /// None while it is away.
    commands: Mutex<Option<MultiplexedConnection>>,
    prefix: String,
    /// What this process is called among the others.
    me: u64,
    bucket: Script,
    heard: broadcast::Sender<News>,
    to_tell: mpsc::Sender<News>,
    local: Local,
}

impl Redis {
    /// Works with it until `stop`. A server that does not answer is no error: it is tried again.
    pub fn open(config: &RedisConfig, stop: CancellationToken) -> Result<Self> {
        let client = client(config)?;
        let (to_tell, telling) = mpsc::channel(NEWS_WAITING_MAX);
        let redis = Self(Arc::new(Inner {
            client,
            commands: Mutex::default(),
            prefix: config.prefix.clone(),
            me: rand::random(),
            bucket: Script::new(BUCKET),
            heard: broadcast::Sender::new(NEWS_WAITING_MAX),
            to_tell,
            local: Local::default(),
        }));
        tokio::spawn(redis.clone().listen(stop.clone()));
        tokio::spawn(redis.clone().speak(telling, stop));
        Ok(redis)
    }

    fn channel(&self) -> String {
        format!("{}news", self.0.prefix)
    }

    async fn listen(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut is_news = true;
        loop {
            let error = tokio::select! {
                () = stop.cancelled() => return,
                ended = self.follow(&mut backoff) => match ended {
                    Ok(never) => match never {},
                    Err(error) => error,
                },
            };
            let was_there = self.commands().take().is_some();
            if was_there || is_news {
                tracing::warn!(%error, "Redis is away; this process goes on by itself");
            }
            is_news = false;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(backoff.pause()) => {}
            }
        }
    }

    /// Hears what is told until the connection ends.
    async fn follow(&self, backoff: &mut Backoff) -> RedisResult<Infallible> {
        let connected = in_time(CONNECT_WAIT_MAX, self.0.client.get_async_pubsub()).await?;
        let (mut sink, mut stream) = connected.split();
        in_time(ANSWER_WAIT_MAX, sink.subscribe(self.channel())).await?;
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WAIT_MAX))
            .set_response_timeout(Some(ANSWER_WAIT_MAX));
        let connecting = self.0.client.get_multiplexed_async_connection_with_config(&settings);
        let mut commands = in_time(CONNECT_WAIT_MAX, connecting).await?;
        ping(&mut commands).await?;
        let _ = self.0.heard.send(News::Missed);
        *self.commands() = Some(commands.clone());
        tracing::info!("Redis is there");
        backoff.reset();
        let mut ask = interval(ASKED_EVERY);
        loop {
            tokio::select! {
                message = stream.next() => {
                    let message = message.ok_or_else(|| broken("the connection ended"))?;
                    if let Some(news) = Letter::read(message.get_payload_bytes(), self.0.me) {
                        let _ = self.0.heard.send(news);
                    }
                }
                _ = ask.tick() => {
                    in_time(ANSWER_WAIT_MAX, sink.ping::<redis::Value>()).await?;
                    ping(&mut commands).await?;
                }
            }
        }
    }

    fn commands(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        self.0.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While it is away, what was to be told is dropped: who is back asks for everything.
    async fn speak(self, mut telling: mpsc::Receiver<News>, stop: CancellationToken) {
        loop {
            let news = tokio::select! {
                () = stop.cancelled() => return,
                news = telling.recv() => news,
            };
            let Some(news) = news else { return };
            let Some(mut commands) = self.commands().clone() else {
                continue;
            };
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(self.channel()).arg(Letter::write(self.0.me, news));
            if let Err(error) = in_time(ANSWER_WAIT_MAX, publish.query_async::<i64>(&mut commands)).await {
                tracing::debug!(%error, "Redis: news was not told");
            }
        }
    }

    /// The answer of a bucket, unless Redis is away.
    async fn ask_bucket(&self, bucket: &str, rate: Rate, cost: i32) -> Option<u64> {
        let mut commands = self.commands().clone()?;
        let mut ask = self.0.bucket.prepare_invoke();
        ask.key(self.key(bucket))
            .arg(rate.burst)
            .arg(rate.refill.as_millis().max(1) as u64)
            .arg(cost);
        match in_time(ANSWER_WAIT_MAX, ask.invoke_async::<u64>(&mut commands)).await {
            Ok(wait_ms) => Some(wait_ms),
            Err(error) => {
                tracing::debug!(%error, "Redis: counted here alone");
                None
            }
        }
    }

    /// Whom a bucket is of is nobody's to read there.
    fn key(&self, bucket: &str) -> String {
        let mut key = format!("{}bucket:", self.0.prefix);
        for byte in &Sha256::digest(bucket)[..16] {
            let _ = write!(key, "{byte:02x}");
        }
        key
    }
}

#[async_trait]
impl Ephemeral for Redis {
    fn tell(&self, news: News) {
        // Where more waits than may, the others find out by themselves.
        let _ = self.0.to_tell.try_send(news);
    }

    fn news(&self) -> broadcast::Receiver<News> {
        self.0.heard.subscribe()
    }

    async fn take(&self, bucket: &str, rate: Rate) -> Result<(), Duration> {
        match self.ask_bucket(bucket, rate, 1).await {
            Some(0) => Ok(()),
            Some(wait_ms) => Err(Duration::from_millis(wait_ms)),
            None => self.0.local.take(bucket, rate).await,
        }
    }

    async fn give_back(&self, bucket: &str, rate: Rate) {
        if self.ask_bucket(bucket, rate, -1).await.is_none() {
            self.0.local.give_back(bucket, rate).await;
        }
    }

    fn is_away(&self) -> Option<bool> {
        Some(self.commands().is_none())
    }
}

async fn ping(commands: &mut MultiplexedConnection) -> RedisResult<()> {
    in_time(ANSWER_WAIT_MAX, redis::cmd("PING").query_async::<()>(commands)).await
}

fn broken(why: &'static str) -> RedisError {
    RedisError::from((ErrorKind::Io, why))
}

async fn in_time<T>(wait_max: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let answer = timeout(wait_max, answer).await;
    answer.unwrap_or_else(|_| Err(broken("no answer in time")))
}

fn client(config: &RedisConfig) -> Result<Client> {
    let url = config.url.as_deref().unwrap_or_default();
    let info = url.into_connection_info().context("redis.url")?;
    let mut settings = info.redis_settings().clone();
    if !config.username.is_empty() {
        settings = settings.set_username(&config.username);
    }
    if let Some(password) = &config.password {
        settings = settings.set_password(password.reveal());
    }
    let info = info.set_redis_settings(settings);
    if !url.starts_with("rediss://") {
        return Client::open(info).context("redis.url");
    }
    let read = |file: &Option<PathBuf>| -> Result<Option<Vec<u8>>> {
        let Some(path) = file else { return Ok(None) };
        let bytes = std::fs::read(path).with_context(|| format!("redis.tls: cannot read {}", path.display()))?;
        Ok(Some(bytes))
    };
    let own = read(&config.tls.certificate)?.zip(read(&config.tls.key)?);
    let files = TlsCertificates {
        client_tls: own.map(|(client_cert, client_key)| ClientTlsConfig {
            client_cert,
            client_key,
        }),
        root_cert: read(&config.tls.ca)?,
    };
    Client::build_with_tls(info, files).context("redis.tls")
}

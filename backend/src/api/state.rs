//! What handlers work with. Built once in `startup`.

use super::{
    http_stats::HttpStats,
    rate_limit::{Rate, RateLimiter, SignInLimiter},
};
use crate::{
    clock::Clock,
    ephemeral::Ephemeral,
    geo::GeoBook,
    identity::seal::Sealer,
    infer::ModelBook,
    ingest::{Ingestor, IntakeLimits},
    live::{LatencyRecorder, LiveHub, SnapshotFeed},
    map::MapBook,
    oidc::Provider,
    pipeline::PipelineView,
    roles::Roles,
    search::SearchIndex,
    sensors::{Enrolment, HeldCredentials, Sensors},
    store::{Database, identity::Member},
};
use std::{net::IpAddr, ops::Deref, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use watchfloor_shared::{TenantId, identity::Role, rule::RuleSummary};

/// The loaded rules, as far as the API shows them. `alerts` of the summaries is filled in per tenant.
pub trait RulesView: Send + Sync {
    fn summaries(&self) -> Vec<RuleSummary>;
}

/// Received to stream and received to screen; the pipeline's snapshot reads them.
#[derive(Default)]
pub struct AlertLatency {
    pub stream: LatencyRecorder,
    pub screen: LatencyRecorder,
}

/// Limits of the HTTP surface.
#[derive(Debug, Clone)]
pub struct ApiLimits {
    /// Bodies other than ingest.
    pub body_bytes_max: usize,
    /// Requests other than ingest and the live stream.
    pub request_ms_max: u64,
    pub ingest: IngestLimits,
    /// Requests at once and per `request_refill_ms`, by session.
    pub requests_burst: u32,
    pub request_refill_ms: u64,
    /// How often a live stream asks whether its session still holds.
    pub session_check_ms: u64,
    pub heartbeat_ms: u64,
    pub snapshot_ms: u64,
}

#[derive(Debug, Clone)]
pub struct IngestLimits {
    /// As it arrives.
    pub body_bytes_max: u64,
    /// After decompression.
    pub decompressed_bytes_max: u64,
    /// Decompressed over compressed, asked once the first 16 MiB are out.
    pub ratio_max: u64,
    pub lines_max: u64,
    pub records: IntakeLimits,
    /// A batch does not wait longer than this for more of a slow sender.
    pub flush_ms: u64,
    /// A sender that says nothing for this long is given up.
    pub idle_ms_max: u64,
    /// Requests at once, and how long another waits for a place.
    pub requests_max: usize,
    pub wait_ms_max: u64,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: 1 << 20,
            request_ms_max: 30_000,
            ingest: IngestLimits::default(),
            requests_burst: 600,
            request_refill_ms: 10,
            session_check_ms: 60_000,
            heartbeat_ms: 5_000,
            snapshot_ms: 1_000,
        }
    }
}

impl Default for IngestLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: 64 << 20,
            decompressed_bytes_max: 512 << 20,
            ratio_max: 250,
            lines_max: 1_000_000,
            records: IntakeLimits::default(),
            flush_ms: 50,
            idle_ms_max: 30_000,
            requests_max: 16,
            wait_ms_max: 10_000,
        }
    }
}

/// Everything the API is given.
pub struct ApiParts {
    pub db: Database,
    pub search: Arc<dyn SearchIndex>,
    pub ingest: Ingestor,
    pub live: LiveHub,
    pub ephemeral: Arc<dyn Ephemeral>,
    pub latency: Arc<AlertLatency>,
    pub pipeline: Arc<dyn PipelineView>,
    pub rules: Arc<dyn RulesView>,
    pub sensors: Sensors,
    pub enrolment: Enrolment,
    pub held: HeldCredentials,
    pub geo: GeoBook,
    pub models: ModelBook,
    pub map: MapBook,
    pub clock: Clock,
    /// The organization that hosts the others.
    pub host: TenantId,
    /// Of secrets that the database holds.
    pub sealer: Arc<Sealer>,
    /// Who signs people in beside us.
    pub provider: Option<Arc<Provider>>,
    pub limits: ApiLimits,
    /// What this process answers.
    pub roles: Roles,
    /// The server is reached over TLS: cookies are `Secure`, browsers are told to stay with it.
    pub tls: bool,
}

/// A screen needs one code in ten minutes; a rack of them behind one address, some.
const PAIRINGS: Rate = Rate {
    burst: 10,
    refill: Duration::from_secs(15),
};

/// A whole floor begins its shift behind one address.
const WAYS_OUT: Rate = Rate {
    burst: 100,
    refill: Duration::from_secs(1),
};

/// Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Services>);

pub struct Services {
    pub parts: ApiParts,
    pub snapshots: SnapshotFeed,
    pub sign_ins: SignInLimiter,
    pub requests: RateLimiter<[u8; 32]>,
    /// Codes that screens of one address ask for.
    pub pairings: RateLimiter<IpAddr>,
    /// Browsers of one address that are sent to the identity provider.
    pub ways_out: RateLimiter<IpAddr>,
    /// Password hashing takes 19 MiB each.
    pub hashing: Semaphore,
    pub ingest_places: Semaphore,
    /// Drawing a picture takes up to a few seconds of a core and its pixels.
    pub drawing: Semaphore,
    pub http: HttpStats,
}

impl AppState {
    pub fn new(parts: ApiParts) -> Self {
        let rate = Rate {
            burst: parts.limits.requests_burst,
            refill: Duration::from_millis(parts.limits.request_refill_ms),
        };
        let age = Duration::from_millis(parts.limits.snapshot_ms.saturating_mul(9) / 10);
        Self(Arc::new(Services {
            snapshots: SnapshotFeed::new(parts.pipeline.clone(), age),
            sign_ins: SignInLimiter::new(parts.ephemeral.clone()),
            requests: RateLimiter::new(rate, 10_000),
            pairings: RateLimiter::new(PAIRINGS, 10_000),
            ways_out: RateLimiter::new(WAYS_OUT, 10_000),
            hashing: Semaphore::new(4),
            drawing: Semaphore::new(2),
            ingest_places: Semaphore::new(parts.limits.ingest.requests_max),
            http: HttpStats::new(),
            parts,
        }))
    }
}

impl Services {
    /// Whether they may make other organizations.
    pub fn hosts(&self, member: &Member) -> bool {
        member.role == Role::Owner && member.tenant == self.parts.host
    }
}

impl Deref for AppState {
    type Target = Services;
    fn deref(&self) -> &Services {
        &self.0
    }
}

impl Deref for Services {
    type Target = ApiParts;
    fn deref(&self) -> &ApiParts {
        &self.parts
    }
}

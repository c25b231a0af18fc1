//! The only place where all parts meet: open, serve, drain, close.

use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use cloakroom_node_config::{Acknowledge, NodeConfig, format_size};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::admin::{self, AdminState, Member, Phase, Readiness, Reporter, Sessions};
use crate::clock::{Clock, SystemClock};
use crate::disk::volume::{Directory, Volume};
use crate::entropy;
use crate::gateway::Gateway;
use crate::membership::{Membership, Parts};
use crate::metrics::{Metrics, Scrape};
use crate::server::Server;
use crate::store::Settings;
use crate::telemetry::LogControl;
use crate::tiers::{self, Tiers};

/// Serves sessions until SIGTERM or SIGINT, then drains and closes; a second signal ends at once.
///
/// # Errors
/// Whatever keeps the node from starting, or the disk's failure. Nothing acknowledged is lost by any
/// of them.
pub async fn run(config: NodeConfig, log: LogControl) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let metrics =
        Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), crc32c::crc32c(config.to_yaml().as_bytes())));
    let volume: Arc<dyn Volume> = Arc::new(Directory::open(&config.data_dir)?);

    let (reporter, readiness) = Readiness::starting("opening the data directory");
    let admin = TcpListener::bind(config.admin_listen).await.with_context(|| {
        format!(
            "cannot listen for administration on {}; choose another address with --admin-listen",
            config.admin_listen
        )
    })?;
    let admin_address = admin.local_addr()?;
    let (leaving, member) = (Arc::new(AtomicBool::new(false)), Arc::new(OnceLock::new()));
    let sessions = Arc::new(Sessions::new(entropy::nonce()));
    let state = AdminState {
        readiness: readiness.clone(),
        metrics: Arc::clone(&metrics),
        config: config.to_yaml().into(),
        log,
        drain_settle: config.drain_settle,
        leaving: Arc::clone(&leaving),
        member: Arc::clone(&member),
        data_dir: config.data_dir.as_path().into(),
        sessions: Arc::clone(&sessions),
    };
    let stop_admin = CancellationToken::new();
    let admin = tokio::spawn(admin::serve(admin, state, stop_admin.clone()));

    let opening = open(&config, Arc::clone(&volume), &clock, &metrics, reporter);
    let (mut tiers, reporter) = tokio::select! {
        opened = opening => opened?,
        () = signals.next() => bail!("told to stop while opening the data directory; the next start opens it again"),
    };
    metrics.watch(Arc::clone(tiers.store()) as Arc<dyn Scrape>);
    let parts = Parts {
        store: Arc::clone(tiers.store()),
        created: tiers.created,
        volume,
        clock: Arc::clone(&clock),
        metrics: Arc::clone(&metrics),
        readiness,
    };
    let membership = match &config.ring_file {
        Some(file) => Some(Membership::begin(&config, file.clone(), parts)?),
        None if config.backing_store.is_some() => Some(Membership::alone(&config, parts).await?),
        None => None,
    };
    let gateway = match &membership {
        None => Gateway::Alone(Arc::clone(tiers.store())),
        Some(Membership { cluster, key, .. }) => {
            let known = Member { cluster: Arc::clone(cluster), key: key.clone() };
            // Nobody else sets it.
            drop(member.set(known));
            Gateway::Member(Arc::clone(cluster))
        }
    };
    sessions.serve(gateway.clone());
    let server = Server::bind(&config, gateway, Arc::clone(&metrics), clock, leaving)?;
    greet(&config, server.local_addr()?, admin_address, membership.as_ref());
    if let Some(address) = server.tls_addr()? {
        tracing::info!("serving encrypted connections on {address}");
    }

    let stop = CancellationToken::new();
    let sweeping = tokio::spawn(tiers::sweep(Arc::clone(tiers.store()), stop.clone()));
    let serving = tokio::spawn(server.serve(stop.clone()));
    let failure = tokio::select! {
        failure = tiers.failed() => Some(failure),
        () = signals.next() => None,
        never = report_phase(&reporter, membership.as_ref()) => match never {},
    };
    if let Some(failure) = failure {
        // No answer may be given any more, so there is nothing to drain.
        return Err(anyhow!(failure))
            .context("stopping at once, nothing acknowledged is lost; look at the volume");
    }
    reporter.report(Phase::Draining);
    tracing::info!("draining: finishing requests, accepting no more; a second signal ends at once");
    stop.cancel();
    let ending = async {
        serving.await.context("serving")?;
        if let Some(membership) = membership {
            membership.end().await;
        }
        sweeping.await.context("sweeping")?;
        tokio::task::spawn_blocking(move || tiers.close())
            .await
            .context("closing")?
            .context("closing the data directory")
    };
    tokio::select! {
        ended = ending => ended?,
        () = signals.next() => bail!("ended by a second signal; the next start replays the journal"),
    }
    stop_admin.cancel();
    // Somebody who holds a request open must not hold the process.
    if let Ok(ended) = tokio::time::timeout(ADMIN_GRACE, admin).await {
        ended.context("administration")??;
    }
    tracing::info!("closed: everything is on disk");
    Ok(())
}

/// Tells whether the node may be sent clients, for as long as it is polled.
async fn report_phase(reporter: &Reporter, membership: Option<&Membership>) -> Infallible {
    let Some(Membership { cluster, .. }) = membership else {
        reporter.report(Phase::Ready);
        return std::future::pending().await;
    };
    let mut changes = cluster.changes();
    loop {
        changes.mark_unchanged();
        reporter.report(if cluster.has_arrived() { Phase::Ready } else { Phase::Joining });
        // Time alone can make a difference, too.
        drop(tokio::time::timeout(PHASE_LOOK, changes.changed()).await);
    }
}

async fn open(
    config: &NodeConfig,
    volume: Arc<dyn Volume>,
    clock: &Arc<dyn Clock>,
    metrics: &Arc<Metrics>,
    reporter: Reporter,
) -> anyhow::Result<(Tiers, Reporter)> {
    let started = clock.elapsed();
    let settings = Settings::from(config);
    let (progress_clock, metrics_of_store) = (Arc::clone(clock), Arc::clone(metrics));
    let opening = tokio::task::spawn_blocking(move || {
        let mut told = progress_clock.elapsed();
        let mut progress = |part: f64| {
            let percent = format!("replaying the journal, {:.0} %", part * 100.0);
            if progress_clock.elapsed().saturating_sub(told) >= PROGRESS_PAUSE {
                told = progress_clock.elapsed();
                tracing::info!("{percent}");
            }
            reporter.report(Phase::Starting { progress: percent });
        };
        let opened = Tiers::open(
            volume,
            settings,
            Arc::clone(&progress_clock),
            metrics_of_store,
            entropy::new_identity,
            &mut progress,
        );
        opened.map(|tiers| (tiers, reporter))
    });
    let (tiers, reporter) = opening.await.context("opening")??;
    let elapsed = clock.elapsed().saturating_sub(started);
    metrics.recovery_seconds.set(elapsed.as_secs_f64());
    metrics.replayed_records.set(i64::try_from(tiers.replayed).unwrap_or(i64::MAX));
    if !tiers.created {
        tracing::info!(
            sessions = tiers.store().sessions(),
            replayed = tiers.replayed,
            clean_stop = !tiers.unclean,
            seconds = elapsed.as_secs_f64(),
            "recovered"
        );
    }
    Ok((tiers, reporter))
}

/// How often it is looked whether the node may be sent clients, should nothing tell that something changed.
const PHASE_LOOK: Duration = Duration::from_secs(1);
/// How long the last scrape may take.
const ADMIN_GRACE: Duration = Duration::from_secs(1);
/// A long recovery says this often how far it is.
const PROGRESS_PAUSE: Duration = Duration::from_secs(1);

fn greet(
    config: &NodeConfig,
    state: std::net::SocketAddr,
    admin: std::net::SocketAddr,
    membership: Option<&Membership>,
) {
    let promise = match config.acknowledge {
        Acknowledge::Disk => "an answered write is on disk",
        Acknowledge::Memory => "an answered write reaches the disk within the commit window",
    };
    let data =
        std::path::absolute(&config.data_dir).unwrap_or_else(|_| Path::new(&config.data_dir).to_owned());
    tracing::info!("serving ASP.NET sessions on {state} (stateConnectionString=\"tcpip={state}\")");
    tracing::info!(
        "sessions live in {}; {promise}; hot tier {}",
        data.display(),
        format_size(config.hot_tier)
    );
    if let Some(Membership { cluster, address: Some(address), .. }) = membership {
        let epoch = cluster.epoch();
        tracing::info!(
            epoch,
            "member of a cluster: peers connect to {address}; serving once a ring counts on this node"
        );
    }
    if let (Some(data_centre), Some(Membership { gateway: Some(address), .. })) =
        (&config.data_centre, membership)
    {
        let peers: Vec<_> = data_centre.peers.iter().map(|peer| peer.name.as_str()).collect();
        let (name, group) = (&data_centre.name, &data_centre.group);
        tracing::info!(?peers, "data centre {name} of {group}: nodes of the others connect to {address}");
    }
    tracing::info!("metrics and probes on http://{admin}/");
    tracing::info!("try it: cargo run -p cloakroom-client --example hello");
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

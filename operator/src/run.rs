//! The only place where all parts meet: connect, wait for the resource, lead, reconcile, stop in order.

use std::{pin::pin, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use kube::{Client, Config};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{self, Pages},
    args::{Check, Run},
    check,
    context::Context,
    controller, crd_wait,
    leader::{Candidate, Leader, Lost},
    metrics::Metrics,
    phase::{self, Phase, Teller},
    settings::Settings,
    telemetry,
};

/// An API server that cannot be reached should be noticed by the next try, not by the kernel.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Somebody who holds a request open must not hold the process.
const ADMIN_GRACE: Duration = Duration::from_secs(1);
/// A running reconcile may wait for the API server, but not for longer than the pod has to stop.
const RECONCILE_GRACE: Duration = Duration::from_secs(20);

/// Drives SessionClusters until SIGTERM or SIGINT.
///
/// # Errors
/// Whatever keeps the operator from starting, and leadership that was lost.
pub fn run(args: Run) -> anyhow::Result<()> {
    telemetry::start(&args.log, args.log_format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(serve(args));
    // After a lost lease nothing may go on, not even a request that is under way.
    runtime.shutdown_background();
    ended
}

/// Asks a running operator once, and returns what it says.
///
/// # Errors
/// No answer, or one that is not 200.
pub fn check(args: Check) -> anyhow::Result<String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(check::check(args))
}

async fn serve(args: Run) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let client = connect().await?;
    let metrics = Arc::new(Metrics::new());
    let (teller, phase) = phase::starting();
    let listener = TcpListener::bind(args.admin_listen).await.with_context(|| {
        format!(
            "cannot listen for administration on {}; choose another with --admin-listen",
            args.admin_listen
        )
    })?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        admin = %listener.local_addr()?,
        namespace = args.namespace.as_deref().unwrap_or("all"),
        node_image = args.node_image,
        "started"
    );
    let stop_admin = CancellationToken::new();
    let pages = Pages { phase, metrics: Arc::clone(&metrics) };
    let admin = tokio::spawn(admin::serve(listener, pages, stop_admin.clone()));

    let worked = stop.run_until_cancelled(crd_wait::wait(&client, &teller)).await;
    if worked.is_some() {
        work(&args, client, metrics, &teller, &stop).await?;
    }
    teller.send_replace(Phase::Stopping);
    stop_admin.cancel();
    if let Ok(ended) = tokio::time::timeout(ADMIN_GRACE, admin).await {
        ended.context("administration")??;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Stands by, leads and reconciles until `stop`.
async fn work(
    args: &Run,
    client: Client,
    metrics: Arc<Metrics>,
    teller: &Teller,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    teller.send_replace(Phase::Standby);
    let leader = if args.leader_elect {
        let namespace = args.lease_namespace.as_deref().unwrap_or(client.default_namespace());
        let candidate = Candidate::new(client.clone(), namespace)?;
        let Some(leader) = stop.run_until_cancelled(candidate.win()).await else { return Ok(()) };
        Some(leader)
    } else {
        None
    };
    tracing::info!("leading");
    teller.send_replace(Phase::Working);
    metrics.leads(true);
    let settings = Settings {
        node_image: args.node_image.clone(),
        // In a pod, the pod's own.
        namespace: client.default_namespace().to_owned(),
    };
    let context = Arc::new(Context::new(client.clone(), Arc::clone(&metrics), settings));
    let mut leading = Leading::begin(leader);
    let reconciling = controller::run(client, args.namespace.as_deref(), context, stop.clone());
    let mut reconciling = pin!(reconciling);
    tokio::select! {
        // Ends by itself only after `stop`.
        () = &mut reconciling => {}
        lost = leading.lost() => bail!(lost),
        () = stop.cancelled() => {
            teller.send_replace(Phase::Stopping);
            tracing::info!("stopping: finishing what is being reconciled");
            tokio::select! {
                ended = tokio::time::timeout(RECONCILE_GRACE, reconciling) => {
                    if ended.is_err() {
                        tracing::warn!("a reconcile did not end in time; the next leader goes on with it");
                    }
                }
                lost = leading.lost() => bail!(lost),
            }
        }
    }
    metrics.leads(false);
    leading.end().await;
    Ok(())
}

/// The task that renews the lease, if one is held: apart from the reconciles, which could keep it waiting.
struct Leading {
    renewing: Option<JoinHandle<Result<Leader, Lost>>>,
    enough: CancellationToken,
}

impl Leading {
    fn begin(leader: Option<Leader>) -> Self {
        let enough = CancellationToken::new();
        let until = enough.clone();
        let renewing = leader
            .map(|mut leader| tokio::spawn(async move { leader.hold(&until).await.map_or(Ok(leader), Err) }));
        Self { renewing, enough }
    }

    /// Returns only when the lease is lost.
    async fn lost(&mut self) -> Lost {
        let Some(renewing) = &mut self.renewing else { return std::future::pending().await };
        match renewing.await {
            Ok(Err(lost)) => lost,
            // A renewal that panicked renews no more.
            Ok(Ok(_)) | Err(_) => Lost::Unrenewed,
        }
    }

    /// Gives the lease up.
    async fn end(self) {
        self.enough.cancel();
        if let Some(renewing) = self.renewing
            && let Ok(Ok(leader)) = renewing.await
        {
            leader.release().await;
        }
    }
}

async fn connect() -> anyhow::Result<Client> {
    let mut config = Config::infer().await.context(
        "cannot find a Kubernetes cluster: run in a pod with a service account, or set KUBECONFIG",
    )?;
    // The library's retries can hold one request for minutes; here every next try has a fresh view.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    Client::try_from(config).context("cannot set up the connection to the Kubernetes API")
}

/// A token that the first SIGTERM or SIGINT cancels; the second ends the process at once.
fn stop_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.is_cancelled() {
                std::process::exit(1);
            }
            stop.cancel();
        }
    });
    Ok(token)
}

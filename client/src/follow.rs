//! Keeping up with a cluster whose nodes come and go.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::client::Core;
use crate::{Discovery, Servers};

/// What discovery shows.
pub(crate) type Seen = watch::Receiver<Arc<Servers>>;

/// How often a cluster is looked for that was never seen.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How often, at most and at least, connections are looked at that nobody may use any more.
const TIDY: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(5));

/// Shows the cluster at `index` what discovery shows, and has it close what is `idle` for so long. The client ends this
/// with itself.
pub(crate) async fn follow(
    core: Weak<Core>,
    index: usize,
    discovery: Discovery,
    seen: Option<Seen>,
    idle: Duration,
) {
    let mut seen = match seen {
        Some(seen) => seen,
        None => look(&discovery).await,
    };
    seen.mark_changed();
    let mut tidy = interval((idle / 2).clamp(TIDY.0, TIDY.1));
    tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut discovers = true;
    loop {
        let mut shown = None;
        tokio::select! {
            biased;
            changed = seen.changed(), if discovers => match changed {
                Ok(()) => shown = Some(Arc::clone(&seen.borrow_and_update())),
                Err(_) => discovers = false,
            },
            _ = tidy.tick() => {}
        }
        let Some(core) = core.upgrade() else { return };
        let cluster = &core.clusters[index];
        match shown {
            Some(servers) => cluster.show(&servers, &core.settings),
            None => cluster.tidy(&core.settings, &*core.observe),
        }
    }
}

/// The first look that shows something.
async fn look(discovery: &Discovery) -> Seen {
    let mut looks = interval(LOOK_AGAIN);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        match discovery.clone().start().await {
            Ok(seen) => return seen,
            Err(error) => tracing::debug!(%error, "a cluster's nodes still cannot be found"),
        }
    }
}

//! Looking again and again, and keeping what was last seen.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::{DiscoveryError, Servers};

/// A place that shows the nodes whenever it is looked at.
pub(super) trait Look: Send + 'static {
    /// The nodes as they are now.
    fn look(&mut self) -> impl Future<Output = Result<Arc<Servers>, DiscoveryError>> + Send;
}

/// Shows what the first look finds, and from then on what has changed, `every` so often, until nobody listens any
/// more. A look that fails changes nothing.
///
/// # Errors
/// Those of the first look.
pub(super) async fn follow(
    mut place: impl Look,
    every: Duration,
) -> Result<watch::Receiver<Arc<Servers>>, DiscoveryError> {
    let (tell, told) = watch::channel(place.look().await?);
    tokio::spawn(async move {
        let mut looks = interval(every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                biased;
                () = tell.closed() => return,
                _ = looks.tick() => {}
            }
            match place.look().await {
                Ok(seen) => {
                    failing = false;
                    show(&tell, seen);
                }
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "the nodes cannot be looked up; going on with those last seen");
                }
                Err(error) => tracing::debug!(%error, "the nodes still cannot be looked up"),
            }
        }
    });
    Ok(told)
}

/// Tells the listeners if it is something new.
pub(super) fn show(tell: &watch::Sender<Arc<Servers>>, seen: Arc<Servers>) {
    tell.send_if_modified(|last| {
        let changed = *last != seen;
        *last = seen;
        changed
    });
}

#[cfg(test)]
mod tests {
    //! A place that shows what it is told to.

    use std::collections::VecDeque;

    use cloakroom_ring::BadRing;

    use super::*;
    use crate::Server;

    /// The last byte of the only node's address at each look; 0 is a look that fails.
    struct Script {
        looks: VecDeque<u8>,
    }

    impl Look for Script {
        async fn look(&mut self) -> Result<Arc<Servers>, DiscoveryError> {
            match self.looks.pop_front() {
                None => std::future::pending().await,
                Some(0) => Err(DiscoveryError::BadRing { from: "it".to_owned(), source: BadRing::Epoch(0) }),
                Some(last) => {
                    let address = ([10, 0, 0, last], 42_424).into();
                    Ok(Arc::new(Servers { servers: vec![Server { name: None, address }], ring: None }))
                }
            }
        }
    }

    fn follow(looks: &[u8]) -> impl Future<Output = Result<watch::Receiver<Arc<Servers>>, DiscoveryError>> {
        super::follow(Script { looks: looks.iter().copied().collect() }, Duration::from_secs(1))
    }

    /// What is known after so many seconds, and whether that is news.
    async fn check(looks: &[u8], seconds: u64, last: u8, news: bool) {
        let told = follow(looks).await.unwrap();
        drop(tokio::time::timeout(Duration::from_secs(seconds), std::future::pending::<()>()).await);
        assert_eq!(told.borrow().servers[0].address, ([10, 0, 0, last], 42_424).into());
        assert_eq!(told.has_changed().unwrap(), news);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_fails_changes_nothing() {
        assert!(matches!(follow(&[0, 1]).await, Err(DiscoveryError::BadRing { .. })));
        check(&[1, 0, 0, 0], 9, 1, false).await;
        check(&[1, 0, 2, 0], 9, 2, true).await;
        check(&[1, 1, 1], 9, 1, false).await;
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_looks_for_nobody() {
        let told = follow(&[1; 100]).await.unwrap();
        let tasks = tokio::runtime::Handle::current().metrics();
        assert_eq!(tasks.num_alive_tasks(), 1);
        drop(told);
        drop(tokio::time::timeout(Duration::from_secs(2), std::future::pending::<()>()).await);
        assert_eq!(tasks.num_alive_tasks(), 0);
    }
}

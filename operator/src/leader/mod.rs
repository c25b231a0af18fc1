//! One replica of the operator works, the others stand by.
//!
//! A Lease object says who leads. `decide.rs` judges it, `lease.rs` writes it under optimistic locking, and
//! here is the pace: a leader renews every two seconds and ends its process when it could not for ten. A
//! lease is a guess all the same; what keeps two leaders from doing harm is that every write of the ring
//! carries the version that it was made from.

mod decide;
mod identity;
mod lease;

use std::time::{Duration, Instant};

use kube::Client;
use tokio::time::{MissedTickBehavior, interval, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::{api::why, clock};
use decide::FAIL_STOP;
use lease::{Record, Tried};

const RETRY: Duration = Duration::from_secs(2);
/// Two tries fit into the time after which a leader ends.
const TRY_TIMEOUT: Duration = Duration::from_secs(4);

/// Stands for the Lease.
pub(crate) struct Candidate(Record);

/// Holds the Lease.
pub(crate) struct Leader {
    record: Record,
    /// When the last try that succeeded began; the API server counts from no earlier.
    renewed: Instant,
}

/// Why leading ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// Somebody else's name is in the Lease.
    #[error("lost the lease `cloakroom-operator` to {0}; ending, so that there is one leader")]
    To(String),
    /// The API server could not be asked for too long.
    #[error("could not renew the lease `cloakroom-operator` for {} s; ending, so that another replica may lead", FAIL_STOP.as_secs())]
    Unrenewed,
}

impl Candidate {
    /// A candidate under a name of its own.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub(crate) fn new(client: Client, namespace: &str) -> anyhow::Result<Self> {
        Ok(Self(Record::new(client, namespace, identity::draw()?)))
    }

    /// Waits until the Lease is ours. May be dropped at any time.
    pub(crate) async fn win(mut self) -> Leader {
        let mut ticks = interval(RETRY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = None;
        loop {
            ticks.tick().await;
            let began = clock::monotonic();
            let tried = timeout(TRY_TIMEOUT, self.0.attempt()).await;
            let hindrance = match tried {
                Ok(Ok(Tried::Ours)) => return Leader { record: self.0, renewed: began },
                Ok(Ok(Tried::Theirs(holder))) => format!("standing by: {holder} leads"),
                Ok(Ok(Tried::Contended)) => continue,
                Ok(Err(error)) => format!("cannot ask for the lease: {}", why(&error)),
                Err(_) => "cannot ask for the lease: the API server does not answer".to_owned(),
            };
            // Every two seconds would be no news.
            if told.as_ref() != Some(&hindrance) {
                tracing::info!("{hindrance}");
                told = Some(hindrance);
            }
        }
    }
}

impl Leader {
    /// Renews the Lease until it is lost, or until `enough`: then `None`, and no renewal is under way that giving the
    /// Lease up could collide with.
    pub(crate) async fn hold(&mut self, enough: &CancellationToken) -> Option<Lost> {
        let mut ticks = interval(RETRY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            enough.run_until_cancelled(ticks.tick()).await?;
            let began = clock::monotonic();
            let deadline = self.renewed + FAIL_STOP;
            // A process that was stopped for a while must not even ask.
            if began >= deadline {
                return Some(Lost::Unrenewed);
            }
            let until = deadline.min(began + TRY_TIMEOUT);
            match timeout_at(until.into(), self.record.attempt()).await {
                Ok(Ok(Tried::Ours)) => self.renewed = began,
                Ok(Ok(Tried::Theirs(holder))) => return Some(Lost::To(holder)),
                Ok(Ok(Tried::Contended)) => tracing::warn!("somebody else wrote the lease"),
                Ok(Err(error)) => tracing::warn!("cannot renew the lease: {}", why(&error)),
                Err(_) => tracing::warn!("cannot renew the lease: the API server does not answer"),
            }
        }
    }

    /// Gives the Lease up, so that the next leader need not wait.
    pub(crate) async fn release(mut self) {
        match timeout(TRY_TIMEOUT, self.record.release()).await {
            Ok(Ok(())) => tracing::info!("gave up the lease"),
            Ok(Err(error)) => {
                tracing::warn!("could not give up the lease, it runs out by itself: {}", why(&error));
            }
            Err(_) => tracing::warn!("could not give up the lease in time; it runs out by itself"),
        }
    }
}

#[cfg(test)]
mod tests {
    //! A leader that is told to stop, against a scripted API server.

    use http::{Request, Response};
    use kube::client::Body;
    use serde_json::json;
    use tower_test::mock;

    use super::*;

    #[tokio::test]
    async fn a_renewal_that_began_ends_before_the_lease_is_given_up() {
        let (service, mut requests) = mock::pair::<Request<Body>, Response<Body>>();
        let record = Record::new(Client::new(service, "ops"), "ops", "me".to_owned());
        let mut leader = Leader { record, renewed: clock::monotonic() };
        let enough = CancellationToken::new();
        let until = enough.clone();
        let holding = tokio::spawn(async move {
            let lost = leader.hold(&until).await;
            leader.release().await;
            lost
        });
        let mut lease = json!({
            "metadata": {"name": "cloakroom-operator", "resourceVersion": "1"},
            "spec": {"holderIdentity": "me"},
        });
        let mut seen = Vec::new();
        while let Some((request, answer)) = requests.next_request().await {
            enough.cancel();
            // Time for a leader that drops its renewal to begin giving up.
            tokio::task::yield_now().await;
            seen.push(request.method().to_string());
            if request.method() == "PUT" {
                let body = request.into_body().collect_bytes().await.unwrap();
                lease = serde_json::from_slice(&body).unwrap();
            }
            answer.send_response(Response::new(Body::from(serde_json::to_vec(&lease).unwrap())));
        }
        assert!(holding.await.unwrap().is_none());
        assert_eq!(seen, ["GET", "PUT", "GET", "PUT"], "renewed, then given up");
        assert_eq!(lease["spec"].get("holderIdentity"), None);
    }
}

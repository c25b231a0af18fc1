//! One try to take or renew the Lease. Every write carries the resourceVersion that was judged, so of two
//! that write at once one is refused.

use std::time::{Duration, Instant};

use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{Api, Client, api::PostParams, core::ObjectMeta};

use super::decide::{Decision, LEASE, decide};
use crate::clock;

const NAME: &str = "cloakroom-operator";

/// The Lease as this process knows it.
pub(super) struct Record {
    leases: Api<Lease>,
    me: String,
    /// The last version that was read, and when it was first seen.
    seen: Option<(String, Instant)>,
}

/// What a try came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// The Lease is ours.
    Ours,
    /// Somebody else's.
    Theirs(String),
    /// Somebody wrote at the same time; the next try will tell.
    Contended,
}

impl Record {
    pub(super) fn new(client: Client, namespace: &str, me: String) -> Self {
        Self { leases: Api::namespaced(client, namespace), me, seen: None }
    }

    /// Reads the Lease and takes or renews it if it may be.
    ///
    /// # Errors
    /// What the API server or the network says.
    pub(super) async fn attempt(&mut self) -> kube::Result<Tried> {
        let Some(lease) = self.leases.get_opt(NAME).await? else {
            let spec = self.mine(&LeaseSpec::default(), Decision::Acquire);
            let lease = Lease { metadata: metadata(None), spec: Some(spec) };
            return contended(self.leases.create(&PostParams::default(), &lease).await);
        };
        let version = lease.metadata.resource_version;
        let record = lease.spec.unwrap_or_default();
        let unchanged = self.unchanged(version.clone().unwrap_or_default());
        let decision = decide(&record, &self.me, unchanged);
        if decision == Decision::Yield {
            return Ok(Tried::Theirs(record.holder_identity.unwrap_or_default()));
        }
        let lease = Lease { metadata: metadata(version), spec: Some(self.mine(&record, decision)) };
        contended(self.leases.replace(NAME, &PostParams::default(), &lease).await)
    }

    /// Gives the Lease up if it is ours, so that nobody has to wait for it to run out.
    ///
    /// # Errors
    /// What the API server or the network says; the Lease runs out by itself then.
    pub(super) async fn release(&mut self) -> kube::Result<()> {
        let Some(Lease { metadata: ObjectMeta { resource_version, .. }, spec: Some(record) }) =
            self.leases.get_opt(NAME).await?
        else {
            return Ok(());
        };
        if record.holder_identity.as_ref() != Some(&self.me) {
            return Ok(());
        }
        let spec = LeaseSpec { holder_identity: None, ..record };
        let lease = Lease { metadata: metadata(resource_version), spec: Some(spec) };
        self.leases.replace(NAME, &PostParams::default(), &lease).await?;
        Ok(())
    }

    /// How long the Lease has had this version, as far as this process saw.
    fn unchanged(&mut self, version: String) -> Duration {
        let now = clock::monotonic();
        match &self.seen {
            Some((seen, since)) if *seen == version => now.saturating_duration_since(*since),
            _ => {
                self.seen = Some((version, now));
                Duration::ZERO
            }
        }
    }

    fn mine(&self, before: &LeaseSpec, decision: Decision) -> LeaseSpec {
        let now = Some(MicroTime(clock::time_of_day()));
        let anew = decision == Decision::Acquire;
        let transitions = before.lease_transitions.unwrap_or(0).saturating_add(i32::from(anew));
        LeaseSpec {
            holder_identity: Some(self.me.clone()),
            lease_duration_seconds: i32::try_from(LEASE.as_secs()).ok(),
            acquire_time: if anew { now.clone() } else { before.acquire_time.clone() },
            renew_time: now,
            lease_transitions: Some(transitions),
            ..LeaseSpec::default()
        }
    }
}

fn metadata(resource_version: Option<String>) -> ObjectMeta {
    ObjectMeta { name: Some(NAME.to_owned()), resource_version, ..ObjectMeta::default() }
}

fn contended(written: kube::Result<Lease>) -> kube::Result<Tried> {
    match written {
        Ok(_) => Ok(Tried::Ours),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
            Ok(Tried::Contended)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    //! What is written to the API server, against a scripted one.

    use http::{Request, Response};
    use kube::{Client, client::Body, core::Status};
    use serde_json::{Value, json};
    use tower_test::mock;

    use super::{Record, Tried};

    /// The server answers the GET with `held`, and the write with `code`. Returns what the try came to and
    /// what was written.
    async fn attempt(held: Option<Value>, code: u16) -> (Tried, Option<(String, Value)>) {
        let (service, mut requests) = mock::pair::<Request<Body>, Response<Body>>();
        let server = tokio::spawn(async move {
            let mut written = None;
            while let Some((request, answer)) = requests.next_request().await {
                let method = request.method().to_string();
                let body = request.into_body().collect_bytes().await.unwrap();
                let failure = |reason: &str, code| json!(Status::failure("no", reason).with_code(code));
                let (code, body) = match (method.as_str(), &held) {
                    ("GET", Some(lease)) => (200, lease.clone()),
                    ("GET", None) => (404, failure("NotFound", 404)),
                    _ => {
                        let body: Value = serde_json::from_slice(&body).unwrap();
                        written = Some((method, body.clone()));
                        if code == 200 { (200, body) } else { (code, failure("Conflict", code)) }
                    }
                };
                let body = Body::from(serde_json::to_vec(&body).unwrap());
                answer.send_response(Response::builder().status(code).body(body).unwrap());
            }
            written
        });
        let tried = Record::new(Client::new(service, "ops"), "ops", "me".to_owned()).attempt().await.unwrap();
        (tried, server.await.unwrap())
    }

    fn lease(holder: Option<&str>) -> Value {
        json!({
            "metadata": {"name": "cloakroom-operator", "resourceVersion": "41"},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "leaseTransitions": 4, "acquireTime": "2026-01-01T00:00:00.000000Z"},
        })
    }

    #[tokio::test]
    async fn every_write_names_the_version_that_was_judged() {
        for (holder, transitions) in [(None, 5), (Some("me"), 4)] {
            let (tried, written) = attempt(Some(lease(holder)), 200).await;
            let (method, body) = written.unwrap();
            assert_eq!((tried, method.as_str()), (Tried::Ours, "PUT"));
            assert_eq!(body["metadata"]["resourceVersion"], "41");
            assert_eq!(body["spec"]["holderIdentity"], "me");
            assert_eq!(body["spec"]["leaseTransitions"], transitions);
        }
        let (tried, written) = attempt(None, 200).await;
        assert_eq!((tried, written.unwrap().0.as_str()), (Tried::Ours, "POST"));
    }

    #[tokio::test]
    async fn a_write_that_lost_a_race_is_no_lease() {
        for held in [None, Some(lease(None)), Some(lease(Some("me")))] {
            assert_eq!(attempt(held, 409).await.0, Tried::Contended);
        }
    }

    #[tokio::test]
    async fn anothers_lease_is_not_written() {
        let (tried, written) = attempt(Some(lease(Some("other"))), 200).await;
        assert_eq!((tried, written), (Tried::Theirs("other".to_owned()), None));
    }
}

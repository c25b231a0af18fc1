//! Answers the other data centres: serves what lives here, and nothing else.
//!
//! Whoever may connect has proved to know the group's key. What nodes of one cluster ask each other besides, rings and
//! whole sessions, is none of its business and is refused.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::cluster::Cluster;
use crate::metrics::{GatewayAnswer, Metrics};
use crate::peers::{Answered, Ask, Caller, Question, Reply, Respond};

/// What stands at the gateway port.
pub struct Gatekeeper {
    cluster: Arc<Cluster>,
    metrics: Arc<Metrics>,
    leaves: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Gatekeeper {
    /// In front of this node's part of `cluster`.
    #[must_use]
    pub fn new(cluster: Arc<Cluster>, metrics: Arc<Metrics>) -> Self {
        Self { cluster, metrics, leaves: Box::new(|| false) }
    }

    /// While `leaves` says so, whoever looks whether this node is there is told to go to another one. It serves on: what
    /// is under way on a link when it closes is unknown to who asked.
    #[must_use]
    pub fn leaving(self, leaves: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { leaves: Box::new(leaves), ..self }
    }

    async fn reply(&self, from: &Caller, ask: Ask) -> Reply {
        let (counted, reply) = match ask {
            Ask::Beacon { .. } if (self.leaves)() => return Reply::Retry { after: Duration::ZERO },
            Ask::Beacon { .. } if self.cluster.can_serve() => return Reply::Beacon { settled: 0 },
            // It is asked again elsewhere, or the sessions are taken over by who can serve.
            Ask::Beacon { .. } => return Reply::Unavailable,
            Ask::Forward(forward) => match self.cluster.serve_abroad(forward).await {
                reply @ Reply::Forwarded { .. } => (GatewayAnswer::Answered, reply),
                reply @ Reply::Retry { .. } => (GatewayAnswer::Elsewhere, reply),
                reply => (GatewayAnswer::Unavailable, reply),
            },
            Ask::Adopt(_) | Ask::Take { .. } | Ask::Push(_) => {
                tracing::debug!(from = %from.name, "a gateway was asked for what gateways do not do");
                (GatewayAnswer::Refused, Reply::Unavailable)
            }
        };
        self.metrics.data_centres.answers.inc(counted);
        reply
    }
}

impl Respond for Gatekeeper {
    fn respond(self: Arc<Self>, from: Caller, question: Question) -> BoxFuture<'static, Answered> {
        Box::pin(async move { Answered { epoch: 0, reply: self.reply(&from, question.ask).await } })
    }

    fn undelivered(self: Arc<Self>, answered: Answered) {
        Arc::clone(&self.cluster).undelivered(answered);
    }
}

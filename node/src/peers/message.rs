//! What nodes say to each other: questions and answers, whatever carries them.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_ring::{Member, Ring};
use cloakroom_session::{Command, Outcome};
use futures_util::future::BoxFuture;

use crate::store::{Held, Parcel, Stored};

/// A question under the asker's ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The asker's epoch.
    pub epoch: u64,
    /// What is asked.
    pub ask: Ask,
}

/// What one node may ask another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Are you there?
    Beacon {
        /// The epoch up to which the asker has nothing left to hand over.
        settled: u64,
    },
    /// Go on with this ring.
    Adopt(Arc<Ring>),
    /// Serve a client's command.
    Forward(Forward),
    /// Hand over what you have under this key, and change it no more.
    Take {
        /// The decoded key.
        key: Bytes,
    },
    /// Take over what is yours. At most [`PUSH_BYTES`](super::PUSH_BYTES), or a single larger row.
    Push(Vec<Parcel>),
}

/// A client's command on its way to the node that serves the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// How often it was forwarded, this time included.
    pub hops: u8,
    /// What the client asks.
    pub command: Command,
    /// How long the client will wait yet.
    pub patience: Duration,
    /// Another data centre asked for it: it is served only if the session lives in this one, and passed on to no other.
    pub abroad: bool,
    /// The key, and with [`Command::Set`] the content.
    pub subject: Stored,
}

/// A reply under the answerer's ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answerer's epoch.
    pub epoch: u64,
    /// What is replied.
    pub reply: Reply,
}

/// What may be replied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To [`Ask::Beacon`].
    Beacon {
        /// The epoch up to which the answerer has nothing left to hand over.
        settled: u64,
    },
    /// The ring of [`Ask::Adopt`], or a newer one, is in force.
    Adopted,
    /// To [`Ask::Forward`]: the command was carried out.
    Forwarded {
        /// What to answer to the client.
        outcome: Outcome,
        /// Key and body, where the outcome carries one.
        body: Option<Stored>,
    },
    /// To [`Ask::Take`].
    Held(Held),
    /// To [`Ask::Push`]: taken over, or known to be older than what is here; durable.
    Pushed,
    /// The question's epoch is over; this is the ring in force.
    Stale(Arc<Ring>),
    /// The question's epoch is not known here yet: send the ring.
    Behind,
    /// Not now; nothing was decided.
    Retry {
        /// When to ask again.
        after: Duration,
    },
    /// It cannot be answered truthfully.
    Unavailable,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The question never left this node, so it was certainly not carried out.
    #[error("the peer could not be asked")]
    NotSent,
    /// The question left, and what became of it is not known.
    #[error("the peer was asked and did not answer")]
    Unknown,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The member's name.
    pub name: Arc<str>,
    /// Drawn anew at each start of the process.
    pub inc: u64,
}

/// The way to the other nodes.
pub trait Peers: Send + Sync + Debug {
    /// Asks `to`, and waits at most `patience` for the answer. Dropping the future gives the question up.
    ///
    /// # Errors
    /// [`NoAnswer`]. [`NoAnswer::NotSent`] comes at once while `to` cannot be reached.
    fn ask<'a>(
        &'a self,
        to: &'a Member,
        question: Question,
        patience: Duration,
    ) -> BoxFuture<'a, Result<Answered, NoAnswer>>;

    /// From now on these are the members: links to anybody else are closed once nothing is asked on them.
    fn members(&self, ring: &Ring);
}

/// Who answers the questions of other nodes.
pub trait Respond: Send + Sync {
    /// Answers one question. Many run at once, each to its end even if its asker is gone by then.
    fn respond(self: Arc<Self>, from: Caller, question: Question) -> BoxFuture<'static, Answered>;

    /// An answer that its asker cannot have received, or did not wait for: what it granted can be given
    /// back. Called at the node that answered or at the one that asked.
    fn undelivered(self: Arc<Self>, answered: Answered);
}

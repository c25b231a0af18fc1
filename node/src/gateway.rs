//! Where a connection brings its requests: to the store of a node that is alone, or to the cluster.

use std::sync::Arc;

use cloakroom_session::Command;

use crate::cluster::{Cluster, Held, Progress};
use crate::store::{self, Answer, At, Store, Stored, Unavailable};

/// What serves requests.
#[derive(Clone, Debug)]
pub enum Gateway {
    /// Every session is this node's.
    Alone(Arc<Store>),
    /// A session is some member's.
    Member(Arc<Cluster>),
}

/// How far a request came without waiting.
#[derive(Debug)]
pub enum Execution {
    /// It may be answered.
    Answered(Answer),
    /// [`Gateway::finish`] goes on.
    Waiting(Waiting),
}

/// A request that waits.
#[derive(Debug)]
pub enum Waiting {
    /// For the disk.
    Alone(store::Waiting),
    /// For the disk, for another node, or until it is known whose the session is.
    Member(Held),
}

impl Gateway {
    /// Serves as far as possible without waiting. `content` is key and body of a set.
    pub fn execute(&self, key: &[u8], command: Command, content: Option<&Stored>) -> Execution {
        match self {
            Self::Alone(store) => match store.execute(At::ALONE, key, command, content) {
                store::Execution::Answered(answer) => Execution::Answered(answer),
                store::Execution::Waiting(waiting) => Execution::Waiting(Waiting::Alone(waiting)),
                store::Execution::Moved | store::Execution::Missing => {
                    unreachable!("the store of a node that is alone has no epoch but 0, and nobody to ask")
                }
            },
            Self::Member(cluster) => match cluster.try_serve(key, command, content) {
                Progress::Answered(answer) => Execution::Answered(answer),
                Progress::Waiting(held) => Execution::Waiting(Waiting::Member(held)),
            },
        }
    }

    /// Goes on with a request that had to wait. The arguments are those of the first call.
    ///
    /// # Errors
    /// [`Unavailable`]: close the connection without an answer.
    ///
    /// # Panics
    /// If the request came from another gateway, which is the caller's mistake.
    pub async fn finish(
        &self,
        waiting: Waiting,
        key: &[u8],
        command: Command,
        content: Option<&Stored>,
    ) -> Result<Answer, Unavailable> {
        match (self, waiting) {
            (Self::Alone(store), Waiting::Alone(waiting)) => {
                store.finish(At::ALONE, waiting, key, command, content).await
            }
            (Self::Member(cluster), Waiting::Member(held)) => {
                cluster.finish(held, key, command, content).await
            }
            _ => unreachable!("a request is finished where it began"),
        }
    }
}

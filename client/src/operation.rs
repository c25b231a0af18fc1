//! What can be asked of a node, each with the type of its answer and whether asking twice does harm.

use cloakroom_protocol::aspnet::Lock;
use cloakroom_session::Timeout;

use crate::{Connection, Error, Held, Item, Read, Session, Verb, Written};

/// One request, to be sent to whichever node is chosen.
pub(crate) trait Operation: Sync {
    /// What a node says to it.
    type Answer: Send;

    /// What it is called.
    fn verb(&self) -> Verb;

    /// Whether doing it twice is as good as doing it once.
    fn is_repeatable(&self) -> bool;

    /// Asks `node`.
    fn ask(
        &self,
        node: &mut Connection,
        session: &Session,
    ) -> impl Future<Output = Result<Self::Answer, Error>> + Send;

    /// Whether the answer is none yet: the node cannot tell now and asks to be asked again.
    fn is_no_answer_yet(_: &Self::Answer) -> bool {
        false
    }
}

/// Reads without locking.
pub(crate) struct Get;

/// Reads and locks. Done twice, the second finds the lock of the first: no data suffers, and a lock whose answer
/// was lost is not found any sooner by not asking.
pub(crate) struct Acquire;

/// Keeps alive.
pub(crate) struct Touch;

/// Changes the session, or gives up its lock.
#[derive(Clone, Copy)]
pub(crate) enum Write<'a> {
    Put { body: &'a [u8], timeout: Timeout, cookie: Option<i32> },
    Release { cookie: i32 },
    Remove { cookie: Option<i32> },
}

impl Operation for Get {
    type Answer = Read<Item>;

    fn verb(&self) -> Verb {
        Verb::Get
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn ask(&self, node: &mut Connection, session: &Session) -> Result<Read<Item>, Error> {
        node.get(session).await
    }

    fn is_no_answer_yet(answer: &Read<Item>) -> bool {
        asks_again(answer)
    }
}

impl Operation for Acquire {
    type Answer = Read<Held>;

    fn verb(&self) -> Verb {
        Verb::Lock
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn ask(&self, node: &mut Connection, session: &Session) -> Result<Read<Held>, Error> {
        node.get_exclusive(session).await
    }

    fn is_no_answer_yet(answer: &Read<Held>) -> bool {
        asks_again(answer)
    }
}

impl Operation for Touch {
    type Answer = Written;

    fn verb(&self) -> Verb {
        Verb::Touch
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn ask(&self, node: &mut Connection, session: &Session) -> Result<Written, Error> {
        node.touch(session).await
    }
}

impl Operation for Write<'_> {
    type Answer = Written;

    fn verb(&self) -> Verb {
        match self {
            Self::Put { .. } => Verb::Put,
            Self::Release { .. } => Verb::Release,
            Self::Remove { .. } => Verb::Remove,
        }
    }

    fn is_repeatable(&self) -> bool {
        false
    }

    async fn ask(&self, node: &mut Connection, session: &Session) -> Result<Written, Error> {
        match *self {
            Self::Put { body, timeout, cookie } => node.set(session, body, timeout, cookie).await,
            Self::Release { cookie } => node.release(session, cookie).await,
            Self::Remove { cookie } => node.remove(session, cookie).await,
        }
    }
}

/// Locked with cookie 0: no lock has it. Nodes answer so while they cannot tell, because clients of the protocol then
/// ask again and do nothing else.
fn asks_again<T>(read: &Read<T>) -> bool {
    matches!(read, Read::Locked(Lock { cookie: 0, .. }))
}

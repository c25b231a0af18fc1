//! One request: decode, execute, encode.

use std::time::Duration;

use cloakroom_protocol::aspnet::{self, Fault, Meaning};
use cloakroom_session::Command;

use super::Shared;
use super::inbox::{Inbox, Missing};
use super::scratch::Desk;
use crate::gateway::{Execution, Waiting};
use crate::store::{Answer, Stored, Unavailable};

/// What became of the bytes at the front of the input.
pub(super) enum Exchange {
    /// They are not a whole request yet.
    Incomplete(Missing),
    /// The answer is in the outbox.
    Answered {
        /// Bytes of the request.
        consumed: usize,
    },
    /// It needs time.
    Pending {
        /// Bytes of the request.
        consumed: usize,
        /// The request.
        pending: Pending,
    },
}

/// A request that is not answered yet.
pub(super) struct Pending {
    /// Key and, for a set, content.
    subject: Stored,
    pub(super) command: Command,
    waiting: Waiting,
    /// When the request was complete.
    pub(super) since: Duration,
}

/// Serves the request at the front of `input`, which was complete at `now` if it is complete.
///
/// # Errors
/// A [`Fault`] if the input cannot be divided into requests any more.
pub(super) fn exchange(
    shared: &Shared,
    inbox: &mut Inbox,
    input: &[u8],
    desk: &mut Desk,
    now: Duration,
) -> Result<Exchange, Fault> {
    let Some(head) = inbox.decoder.head(input, &shared.decoding)? else {
        return Ok(Exchange::Incomplete(Missing::Head));
    };
    let wanted = matches!(head.meaning, Meaning::Command(Command::Set { .. }));
    let body_bytes = if inbox.body_dropped { 0 } else { head.body_bytes as usize };
    let consumed = head.head_bytes + body_bytes;
    if input.len() < consumed {
        return Ok(Exchange::Incomplete(Missing::Body { head_bytes: head.head_bytes, body_bytes, wanted }));
    }
    inbox.body_dropped = false;
    let command = match head.meaning {
        Meaning::Command(command) => command,
        Meaning::Refused(refusal) => {
            shared.metrics.protocol_fault(refusal.word());
            desk.outbox.refuse(shared);
            return Ok(Exchange::Answered { consumed });
        }
    };
    desk.key.clear();
    aspnet::key_into(head.target, &mut desk.key);
    let content = wanted.then(|| Stored::new(&desk.key, &input[head.head_bytes..consumed]));
    match shared.gateway.execute(&desk.key, command, content.as_ref()) {
        Execution::Answered(answer) => {
            desk.outbox.answer(shared, command, answer, now);
            Ok(Exchange::Answered { consumed })
        }
        Execution::Waiting(waiting) => {
            let subject = content.unwrap_or_else(|| Stored::new(&desk.key, &[]));
            Ok(Exchange::Pending { consumed, pending: Pending { subject, command, waiting, since: now } })
        }
    }
}

impl Pending {
    /// Waits for the answer.
    ///
    /// # Errors
    /// [`Unavailable`] if there is nothing true to answer; the connection must close without one.
    pub(super) async fn finish(self, shared: &Shared) -> Result<Answer, Unavailable> {
        let content = matches!(self.command, Command::Set { .. }).then_some(&self.subject);
        shared.gateway.finish(self.waiting, self.subject.key(), self.command, content).await
    }
}

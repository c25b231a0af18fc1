//! One node as a client knows it: how it is reached, its connections and its health.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;
use crate::dial::Dial;
use crate::health::{Evidence, Health, evidence};
use crate::operation::Operation;
use crate::pool::{Exhausted, Pool};
use crate::{Error, Observe, Session, Settings, retry};

/// A node, for as long as it is on the list.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    /// As requests name it.
    host: String,
    pub(crate) pool: Pool,
    pub(crate) health: Health,
}

/// A try without an answer.
#[derive(Debug)]
pub(crate) enum Unsuccessful {
    /// The deadline has passed, and nothing was sent.
    Late,
    Exhausted(Exhausted),
    Error(Error),
}

impl Node {
    pub(crate) fn new(address: SocketAddr, settings: &Settings, now: Duration) -> Arc<Self> {
        Arc::new(Self {
            address,
            host: address.ip().to_string(),
            pool: Pool::new(settings.connections),
            health: Health::new(settings.patience(), now),
        })
    }

    /// Asks once, before the moment `deadline`, and takes note of how it went.
    pub(crate) async fn ask<O: Operation>(
        &self,
        dial: &Dial,
        settings: &Settings,
        observe: &dyn Observe,
        session: &Session,
        operation: &O,
        deadline: Duration,
    ) -> Result<O::Answer, Unsuccessful> {
        let at_most = |limit: Duration| limit.min(deadline.saturating_sub(clock::moment()));
        let in_a_hurry = at_most(settings.connect) < settings.connect;
        if at_most(settings.connect).is_zero() {
            return Err(Unsuccessful::Late);
        }
        let place = self.pool.place(at_most(settings.connection_wait)).await;
        let mut place = place.map_err(Unsuccessful::Exhausted)?;
        let connection = match place.kept.take() {
            Some(kept) => Ok(kept),
            None => dial.connect(self.address, &self.host, settings, at_most(settings.connect)).await,
        };
        // Nothing is sent that nobody could hear the answer to.
        let connection = match connection {
            Ok(connection) if at_most(settings.answer).is_zero() => {
                place.keep(connection, clock::moment());
                return Err(Unsuccessful::Late);
            }
            connection => connection,
        };
        let asked = match connection {
            Ok(mut connection) => {
                connection.set_deadline(at_most(settings.answer));
                let answer = operation.ask(&mut connection, session).await;
                if answer.is_ok() {
                    place.keep(connection, clock::moment());
                }
                answer
            }
            Err(error) => Err(error),
        };
        let error = asked.as_ref().err();
        // Who had less time than usual says nothing of the node.
        let cut_short = match error {
            Some(Error::TimedOut(limit)) => *limit < settings.answer / 2,
            Some(error) => in_a_hurry && retry::timed_out(error),
            None => false,
        };
        let seen = if cut_short { Evidence::Nothing } else { evidence(error) };
        if let Some(over) = self.health.note(seen, clock::moment()) {
            tracing::info!(server = %self.address, over, "node passed over, or no more");
            observe.passed_over(self.address, over);
        }
        observe.tried(operation.verb(), self.address, error);
        asked.map_err(Unsuccessful::Error)
    }
}

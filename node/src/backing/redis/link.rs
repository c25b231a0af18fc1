//! The connection of a node to its engine: made behind the callers' backs, and made again when one of them doubts it.
//!
//! Callers never wait for an engine that is known to be away.

#![expect(clippy::disallowed_methods, reason = "attempts to connect are paced")]

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::dial::{Connection, Dial};
use super::fault;
use crate::backing::{Fault, FaultKind};

/// Before the first attempt after a connection was given up: an engine that breaks every one is not asked in a loop.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// Short beside how long clients are held: an engine that is back is used soon.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// A connection that is looked after.
pub(super) struct Link {
    state: watch::Sender<State>,
    timeout: Duration,
    _keeper: AbortOnDropHandle<()>,
}

/// A connection as it was given out.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) connection: Connection,
    number: u64,
}

enum State {
    /// Nobody knows yet whether the engine is there.
    Connecting,
    Up(Live),
    /// With what is told to whoever asks.
    Down(Fault),
}

impl Link {
    /// Begins to connect. Needs a tokio runtime round it.
    pub(super) fn new(dial: Dial, timeout: Duration) -> Self {
        let state = watch::Sender::new(State::Connecting);
        let keeper = tokio::spawn(keep(state.clone(), dial, timeout));
        Self { state, timeout, _keeper: AbortOnDropHandle::new(keeper) }
    }

    /// The connection of now. Waits for the first attempt to connect and for no other.
    pub(super) async fn live(&self) -> Result<Live, Fault> {
        let mut seen = self.state.subscribe();
        let known = seen.wait_for(|state| !matches!(state, State::Connecting));
        let Ok(known) = tokio::time::timeout(self.timeout, known).await else {
            return Err(Fault::new(FaultKind::Unreachable, "the first attempt to connect goes on still"));
        };
        match &*known.expect("the sender is this link's own") {
            State::Up(live) => Ok(live.clone()),
            State::Down(fault) => Err(fault.clone()),
            State::Connecting => unreachable!("that was waited for"),
        }
    }

    /// Gives a connection up because of `fault`, unless that was done already.
    pub(super) fn doubt(&self, live: &Live, fault: &Fault) {
        self.state.send_if_modified(|state| {
            let current = matches!(state, State::Up(up) if up.number == live.number);
            if current {
                // Of what was asked before, nobody here knows; of what is asked from now on, nothing happens.
                *state = State::Down(Fault::new(FaultKind::Unreachable, &fault.message));
            }
            current
        });
    }
}

/// Connects, waits until the connection is doubted, and so on for ever.
async fn keep(state: watch::Sender<State>, dial: Dial, timeout: Duration) {
    let mut seen = state.subscribe();
    for number in 0.. {
        let mut pause = PAUSE_MIN;
        let connection = loop {
            let dialled = tokio::time::timeout(timeout, dial.connect()).await;
            match dialled.unwrap_or_else(|_| Err(fault::not_there(timeout))) {
                Ok(connection) => break connection,
                Err(fault) => {
                    state.send_replace(State::Down(fault));
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        };
        state.send_replace(State::Up(Live { connection, number }));
        if seen.wait_for(|state| !matches!(state, State::Up(_))).await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSE_MIN).await;
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.state.borrow() {
            State::Connecting => "connecting",
            State::Up(_) => "up",
            State::Down(_) => "down",
        })
    }
}

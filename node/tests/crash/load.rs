//! Clients that store, lock, unlock and remove shared sessions until the node is gone.

use std::cell::RefCell;
use std::time::Instant;

use cloakroom_client::{Connection, Error, Read, Timeout, Written};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::client::{block_on, session};
use crate::content::body;
use crate::ledger::{Intent, Ledger, SESSIONS, now, removable};

const CONNECTIONS: u64 = 8;

/// What clients did until the node was gone.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) answered: u64,
    /// Requests that were never answered.
    pub(crate) in_flight: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.in_flight += other.in_flight;
    }
}

/// Works on all sessions over several connections until the node is gone.
pub(crate) fn drive(address: &str, ledger: &mut Ledger, seed: u64) -> Tally {
    let ledger = RefCell::new(ledger);
    let workers = (0..CONNECTIONS).map(|worker| {
        let choices = StdRng::seed_from_u64(seed * CONNECTIONS + worker);
        Worker { ledger: &ledger, choices, answered: 0 }.run(address)
    });
    let mut all = Tally::default();
    block_on(join_all(workers)).iter().for_each(|tally| all.add(tally));
    all
}

/// Looks at every session after a restart. All of them must be as `binding` answers left them; then they are
/// unlocked and counted as settled. Returns how many lack something that was answered after `binding`.
pub(crate) fn check_all(address: &str, ledger: &mut Ledger, binding: Instant) -> usize {
    block_on(async {
        let mut connection = Connection::connect(address).await.expect("it serves");
        let mut missing = 0;
        for number in 0..SESSIONS {
            let found = unlocked(&mut connection, ledger, number).await.expect("it answers");
            let Some(write) = ledger.explain(number, found.as_deref(), binding) else {
                let head =
                    found.map(|body| String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned());
                panic!("session {number} was answered, and now is {head:?}: {}", ledger.history(number));
            };
            missing += usize::from(ledger.explain(number, found.as_deref(), now()).is_none());
            ledger.settle(number, write);
        }
        missing
    })
}

/// The body of a session; a lock that outlived its holder is broken, as ASP.NET does.
async fn unlocked(
    connection: &mut Connection,
    ledger: &mut Ledger,
    number: usize,
) -> Result<Option<Vec<u8>>, Error> {
    let session = session(number);
    loop {
        match connection.get(&session).await? {
            Read::Found(item) => return Ok(Some(item.body)),
            Read::Absent => return Ok(None),
            Read::Locked(lock) => {
                ledger.found_locked(number, lock.cookie);
                let released = connection.release(&session, lock.cookie).await?;
                assert_eq!(released, Written::Done, "session {number}: its own cookie does not unlock it");
            }
        }
    }
}

struct Worker<'a> {
    ledger: &'a RefCell<&'a mut Ledger>,
    choices: StdRng,
    answered: u64,
}

impl Worker<'_> {
    async fn run(mut self, address: &str) -> Tally {
        let Ok(mut connection) = Connection::connect(address).await else {
            return Tally::default();
        };
        let error = loop {
            if let Err(error) = self.visit(&mut connection).await {
                break error;
            }
        };
        assert!(matches!(error, Error::Io(_) | Error::Closed), "not the end of the node: {error}");
        Tally { answered: self.answered, in_flight: 1 }
    }

    async fn visit(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let session = self.choices.random_range(0..SESSIONS);
        match self.choices.random_range(0..10) {
            0..4 => self.set(connection, session, None).await,
            4..8 => self.acquire(connection, session).await,
            8 if removable(session) => self.remove(connection, session, None).await,
            _ => self.get(connection, session).await,
        }
    }

    async fn acquire(&mut self, connection: &mut Connection, number: usize) -> Result<(), Error> {
        let asked = now();
        let read = connection.get_exclusive(&session(number)).await?;
        self.answered += 1;
        match read {
            Read::Found(held) => {
                self.ledger.borrow_mut().granted(number, held.cookie);
                self.saw(number, Some(&held.item.body), asked);
                self.finish(connection, number, held.cookie).await
            }
            Read::Absent => {
                self.saw(number, None, asked);
                Ok(())
            }
            // Otherwise one given-up lock after the other would bring the traffic to a halt.
            Read::Locked(lock) if self.choices.random_ratio(1, 4) => {
                self.release(connection, number, lock.cookie).await
            }
            Read::Locked(_) => Ok(()),
        }
    }

    /// What the holder of a lock does with it; some give up and leave it.
    async fn finish(&mut self, connection: &mut Connection, number: usize, held: i32) -> Result<(), Error> {
        match self.choices.random_range(0..10) {
            0..5 => self.set(connection, number, Some(held)).await,
            5..8 => self.release(connection, number, held).await,
            8 if removable(number) => self.remove(connection, number, Some(held)).await,
            _ => Ok(()),
        }
    }

    async fn get(&mut self, connection: &mut Connection, number: usize) -> Result<(), Error> {
        let asked = now();
        let read = connection.get(&session(number)).await?;
        self.answered += 1;
        match read {
            Read::Found(item) => self.saw(number, Some(&item.body), asked),
            Read::Absent => self.saw(number, None, asked),
            Read::Locked(_) => {}
        }
        Ok(())
    }

    async fn set(
        &mut self,
        connection: &mut Connection,
        number: usize,
        held: Option<i32>,
    ) -> Result<(), Error> {
        let intent = self.ledger.borrow_mut().ask(number, true);
        let body = body(number, intent.number);
        let written = connection.set(&session(number), &body, Timeout::DEFAULT, held).await?;
        self.note(intent, written);
        Ok(())
    }

    async fn remove(
        &mut self,
        connection: &mut Connection,
        number: usize,
        held: Option<i32>,
    ) -> Result<(), Error> {
        let intent = self.ledger.borrow_mut().ask(number, false);
        let written = connection.remove(&session(number), held).await?;
        self.note(intent, written);
        Ok(())
    }

    async fn release(
        &mut self,
        connection: &mut Connection,
        number: usize,
        cookie: i32,
    ) -> Result<(), Error> {
        let _ = connection.release(&session(number), cookie).await?;
        self.answered += 1;
        Ok(())
    }

    fn note(&mut self, intent: Intent, written: Written) {
        self.answered += 1;
        let mut ledger = self.ledger.borrow_mut();
        match written {
            Written::Done => ledger.done(intent),
            Written::Locked(_) | Written::Absent => ledger.refused(intent),
        }
    }

    /// A read sees what was answered before it was asked.
    fn saw(&self, number: usize, found: Option<&[u8]>, asked: Instant) {
        let explained = self.ledger.borrow().explain(number, found, asked);
        assert!(explained.is_some(), "session {number}: an answered write is not seen");
    }
}

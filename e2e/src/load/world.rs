//! What all pages share: the web servers' connections and the books.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, Mutex, MutexGuard},
};

use cloakroom_client::{Connection, Error, Session};

use super::{Plan, books::Books, clock, pool::Pool};
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct World {
    pub(super) pools: Vec<Pool>,
    /// Part of every session's id, so that loads with different seeds have sessions of their own.
    seed: u64,
    books: Arc<Mutex<Books>>,
    /// Sessions that pages may go to.
    pub(super) population: RefCell<Population>,
    stopping: Cell<bool>,
}

/// Sessions by what a page may do with them.
#[derive(Debug, Default)]
pub(super) struct Population {
    /// Stored.
    pub(super) stored: Vec<u32>,
    /// Removed, and known to be; whoever had one may come back with its id.
    pub(super) removed: Vec<u32>,
}

impl World {
    pub(super) fn new(address: &str, plan: Plan, books: Arc<Mutex<Books>>) -> Self {
        let pools = (0..plan.web_servers).map(|_| Pool::new(address)).collect();
        Self { pools, seed: plan.seed, books, population: RefCell::default(), stopping: Cell::new(false) }
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("whoever panics with the books ends the run")
    }

    /// Pages that wait for a lock wait no longer.
    pub(super) fn stop_waiting(&self) {
        self.stopping.set(true);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Sends one request for session `number` that was `due` at a moment, from one web server, and writes down how it
    /// went. `None` if it failed: a page shows that to its user and ends.
    pub(super) async fn send<T>(
        &self,
        web_server: usize,
        number: u32,
        due: Instant,
        request: impl AsyncFnOnce(&mut Connection, &Session) -> Result<T, Error>,
    ) -> Option<T> {
        self.books().asks(number);
        let answer = exchange(&self.pools[web_server], self.seed, number, request).await;
        let took = clock::now().saturating_duration_since(due);
        match answer {
            Ok(answer) => {
                self.books().answered(took);
                Some(answer)
            }
            Err(error) => {
                self.books().unanswered(took, number, (&error).into(), &error);
                None
            }
        }
    }
}

async fn exchange<T>(
    pool: &Pool,
    seed: u64,
    number: u32,
    request: impl AsyncFnOnce(&mut Connection, &Session) -> Result<T, Error>,
) -> Result<T, Error> {
    let session =
        Session::new("/LM/W3SVC/1/ROOT", &format!("load{seed:010}n{number:09}")).expect("24 characters");
    let mut connection = pool.take().await?;
    let answer = request(&mut connection, &session).await?;
    pool.give_back(connection);
    Ok(answer)
}

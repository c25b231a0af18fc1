//! What all pages share: the web servers' connections and the books.

use std::{
    cell::{Cell, RefCell},
    sync::{Arc, Mutex, MutexGuard},
};

use cloakroom_client::Session;
use tokio::time::Instant;

use super::{books::Books, clock, cookies::Cookies, line::Line, tier::WebServers, trouble::Trouble};

#[derive(Debug)]
pub(super) struct World {
    /// By the place that they are in.
    pub(super) tiers: Vec<WebServers>,
    cookies: Cookies,
    /// Part of every session's id, so that loads with different seeds have sessions of their own.
    seed: u64,
    books: Arc<Mutex<Books>>,
    /// Sessions that pages may go to.
    pub(super) population: RefCell<Population>,
    stopping: Cell<bool>,
}

/// The application whose sessions they are.
pub(super) const APP: &str = "/LM/W3SVC/1/ROOT";

/// One of the web servers of a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct WebServer {
    pub(super) tier: usize,
    pub(super) number: usize,
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
    pub(super) fn new(tiers: Vec<WebServers>, seed: u64, cookies: Cookies, books: Arc<Mutex<Books>>) -> Self {
        Self { tiers, cookies, seed, books, population: RefCell::default(), stopping: Cell::new(false) }
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
        from: WebServer,
        number: u32,
        due: Instant,
        request: impl AsyncFnOnce(&mut Line) -> Result<T, Trouble>,
    ) -> Option<T> {
        self.books().asks(number);
        let answer = self.exchange(from, number, request).await;
        let took = clock::now().saturating_duration_since(due);
        match answer {
            Ok(answer) => {
                self.books().answered(took);
                Some(answer)
            }
            Err(Trouble { failure, what }) => {
                self.books().unanswered(took, number, from.tier, failure, &what);
                None
            }
        }
    }

    async fn exchange<T>(
        &self,
        from: WebServer,
        number: u32,
        request: impl AsyncFnOnce(&mut Line) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let WebServer { tier, number: web_server } = from;
        let session = Session::new(APP, &session_id(self.seed, number)).expect("24 characters");
        let tier = &self.tiers[tier];
        let mut line = tier.take(web_server, number, session, &self.cookies).await?;
        let answer = request(&mut line).await?;
        tier.give_back(web_server, number, line, &self.cookies);
        Ok(answer)
    }
}

/// Of session `number` of the load with this seed.
pub(super) fn session_id(seed: u64, number: u32) -> String {
    format!("load{seed:010}n{number:09}")
}

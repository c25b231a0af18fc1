//! The location cookies of all visitors, and the keys by which web servers seal and open them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use cloakroom_client::Home;
use cloakroom_location::{Binding, KeyRing, Location};

use super::{
    clock,
    world::{APP, session_id},
};

/// What is known of keys and cookies, from outside too.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// None where no cookies are used.
    ring: Option<KeyRing>,
    /// What every second visitor's web server still has mounted.
    former: Option<KeyRing>,
    /// How far the clock of the web servers is ahead, in seconds.
    ahead: u64,
    /// Cookies that were opened.
    opened: u64,
    /// Cookies that should have been and were not.
    unopened: u64,
}

impl Keys {
    /// Half of the web servers have read these keys.
    pub(super) fn are_read_by_half(&mut self, ring: KeyRing) {
        self.former = self.ring.replace(ring);
    }

    /// All have, and so much time is over.
    pub(super) fn are_now(&mut self, ring: KeyRing, ahead: Duration) {
        (self.ring, self.former) = (Some(ring), None);
        self.ahead = ahead.as_secs();
    }

    /// The time, and the keys of the web server that serves visitor `number`.
    fn of(&self, number: u32) -> (u64, Option<&KeyRing>) {
        let former = self.former.as_ref().filter(|_| number % 2 == 1);
        (clock::since_1970() + self.ahead, former.or(self.ring.as_ref()))
    }

    /// How many were opened, and how many were not.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.opened, self.unopened)
    }
}

#[derive(Debug)]
pub(super) struct Cookies {
    keys: Arc<Mutex<Keys>>,
    seed: u64,
    /// By session.
    held: RefCell<BTreeMap<u32, String>>,
    sealed: Cell<u64>,
}

const NAME: &str = "location";
/// How old a cookie may be: older than any run.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

impl Cookies {
    pub(super) fn new(keys: Arc<Mutex<Keys>>, seed: u64) -> Self {
        Self { keys, seed, held: RefCell::default(), sealed: Cell::new(0) }
    }

    /// Where session `number` lives by its visitor's cookie.
    pub(super) fn open(&self, number: u32) -> Option<Home> {
        let held = self.held.borrow();
        let cookie = held.get(&number)?;
        let mut keys = self.keys.lock().expect("whoever panics with it ends the run");
        let session = session_id(self.seed, number);
        let (now, ring) = keys.of(number);
        let location = ring?.open(now, cookie, &binding(&session), LONGEST);
        match location {
            Some(_) => keys.opened += 1,
            None => keys.unopened += 1,
        }
        location.map(|location| location.home)
    }

    /// The visitor is told with each answer that session `number` lives at `home`, under the key that seals then.
    pub(super) fn seal(&self, number: u32, home: Option<Home>) {
        let Some(home) = home else { return };
        let keys = self.keys.lock().expect("whoever panics with it ends the run");
        let (now, Some(ring)) = keys.of(number) else { return };
        let session = session_id(self.seed, number);
        let location = Location { home, issued: now };
        let cookie = ring.seal(now, self.nonce(), &location, &binding(&session));
        self.held.borrow_mut().insert(number, cookie);
    }

    /// One that no other cookie of the run has, which is all that this run needs.
    fn nonce(&self) -> [u8; 24] {
        let count = self.sealed.get() + 1;
        self.sealed.set(count);
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&self.seed.to_be_bytes());
        nonce[8..16].copy_from_slice(&count.to_be_bytes());
        nonce
    }
}

fn binding(session: &str) -> Binding<'_> {
    Binding { cookie: NAME, app: APP, session }
}

//! One page: what an ASP.NET application asks for it, in its order, without a second try of anything but a lock.

use std::{rc::Rc, time::Duration};

use cloakroom_bench::body;
use cloakroom_client::{Held, Item, Read, Timeout, Written};
use tokio::time::{Instant, sleep_until};

use super::{
    account::Seen,
    clock,
    line::Line,
    locks::Asked,
    trouble::{Failure, Trouble, Wrong},
    visit::{Purpose, Visit},
    world::World,
};

/// Between two requests for a locked session.
pub(super) const POLL: Duration = Duration::from_millis(500);
/// As long as a page may run: what a lock may reach before it is broken, too.
const EXECUTION: Duration = Duration::from_secs(110);
/// Longer than a run, so that whatever is absent was not just forgotten by its user.
const MINUTES: u32 = 600;

/// Carries `visit` out, which was `due` at a moment, and writes down all that comes of it.
pub(super) async fn view(world: Rc<World>, visit: Visit, due: Instant) {
    world.books().page_begins();
    let page = Page { world: &world, visit };
    match visit.purpose {
        Purpose::Create => page.create(due).await,
        Purpose::Modify | Purpose::Inspect | Purpose::Leave => page.work(due).await,
        Purpose::Read => page.read(due).await,
        Purpose::Touch => page.touch(due).await,
    }
    world.books().page_ends();
}

/// What is in the body of `session`: its version, or something that was never written for it.
pub(super) fn seen(session: u32, body: &[u8]) -> Result<Seen, Wrong> {
    body::verify(u64::from(session), body).map(Seen::Version).map_err(|_| Wrong::NeverWritten)
}

struct Page<'w> {
    world: &'w World,
    visit: Visit,
}

/// An answer about a session that is not locked for somebody else.
struct Answer<T> {
    read: Option<T>,
    asked: Asked,
    known: u32,
}

impl Page<'_> {
    async fn create(&self, due: Instant) {
        let version = self.world.books().session(self.visit.session).account.write();
        match self.set(due, version, None).await {
            Some(Written::Done) => {
                self.world.books().session(self.visit.session).account.done(version);
                self.world.population.borrow_mut().stored.push(self.visit.session);
            }
            Some(other) => self.refused(version, other),
            None => self.retire(),
        }
    }

    async fn work(&self, due: Instant) {
        let acquire = async |line: &mut Line| line.get_exclusive().await;
        let Some(answer) = self.until_free(due, true, acquire).await else {
            return self.lose_track();
        };
        let Answer { read: Some(Held { item, cookie }), asked, known } = answer else {
            self.absent(answer.known);
            return self.lose_track();
        };
        self.granted(asked, cookie);
        self.found(known, &item);

        let due = clock::now() + self.visit.think;
        sleep_until(due).await;
        let number = self.visit.session;
        self.world.books().session(number).locks.give_back();
        match self.visit.purpose {
            Purpose::Leave => {
                let version = self.world.books().session(number).account.remove();
                let remove = async |line: &mut Line| line.remove(cookie).await;
                if self.gave_back(Some(version), self.send(due, remove).await) {
                    self.world.books().session(number).locks.reset();
                    self.world.population.borrow_mut().removed.push(number);
                }
            }
            Purpose::Inspect => {
                let release = async |line: &mut Line| line.release(cookie).await;
                self.gave_back(None, self.send(due, release).await);
            }
            _ => {
                let version = self.world.books().session(number).account.write();
                self.gave_back(Some(version), self.set(due, version, Some(cookie)).await);
            }
        }
    }

    async fn read(&self, due: Instant) {
        let get = async |line: &mut Line| line.get().await;
        match self.until_free(due, false, get).await {
            Some(Answer { read: Some(item), known, .. }) => self.found(known, &item),
            Some(Answer { read: None, known, .. }) => self.absent(known),
            None => {}
        }
    }

    async fn touch(&self, due: Instant) {
        let known = self.world.books().session(self.visit.session).account.known();
        let touch = async |line: &mut Line| line.touch().await;
        // Of its answers ASP.NET takes no notice, but one that is known to be there must be kept alive.
        if self.send(due, touch).await == Some(Written::Absent) {
            self.absent(known);
        }
    }

    /// Asks every half second until the session is not locked. `None` if a request failed, or time is up for the
    /// page or the run.
    async fn until_free<T>(
        &self,
        mut due: Instant,
        wanting: bool,
        ask: impl AsyncFn(&mut Line) -> Result<Read<T>, Trouble>,
    ) -> Option<Answer<T>> {
        let number = self.visit.session;
        let began = clock::now();
        let mut put_off_since = None;
        loop {
            let (asked, known) = {
                let mut books = self.world.books();
                let session = books.session(number);
                (session.locks.ask(wanting), session.account.known())
            };
            let read = self.send(due, async |line: &mut Line| ask(line).await).await?;
            let now = clock::now();
            let lock = match read {
                Read::Locked(lock) => lock,
                Read::Found(found) => {
                    self.served(put_off_since, now);
                    return Some(Answer { read: Some(found), asked, known });
                }
                Read::Absent => return Some(Answer { read: None, asked, known }),
            };
            if lock.cookie == 0 {
                let since = *put_off_since.get_or_insert(now);
                self.world.books().put_off(now - since);
            } else {
                self.served(put_off_since.take(), now);
                let mut books = self.world.books();
                let wrong = books.session(number).locks.refused(asked);
                books.judged(number, wrong, &format_args!("cookie {}, {} s", lock.cookie, lock.age_seconds));
            }
            if lock.age_seconds >= EXECUTION.as_secs() {
                let release = async |line: &mut Line| line.release(lock.cookie).await;
                let _ = self.send(clock::now(), release).await?;
            }
            if self.world.is_stopping() {
                return None;
            }
            if now - began >= EXECUTION {
                self.world.books().failed(
                    number,
                    self.visit.web_server.tier,
                    Failure::GivenUp,
                    &"it was locked all the time",
                );
                return None;
            }
            due = now + POLL;
            sleep_until(due).await;
        }
    }

    async fn set(&self, due: Instant, version: u32, cookie: Option<i32>) -> Option<Written> {
        let mut content = Vec::with_capacity(self.visit.length);
        body::write(u64::from(self.visit.session), version, self.visit.length, &mut content);
        let timeout = Timeout::from_minutes(MINUTES).expect("it is in range");
        let set = async |line: &mut Line| line.set(&content, timeout, cookie).await;
        self.send(due, set).await
    }

    async fn send<T>(
        &self,
        due: Instant,
        request: impl AsyncFnOnce(&mut Line) -> Result<T, Trouble>,
    ) -> Option<T> {
        self.world.send(self.visit.web_server, self.visit.session, due, request).await
    }

    fn granted(&self, asked: Asked, cookie: i32) {
        let mut books = self.world.books();
        let wrong = books.session(self.visit.session).locks.granted(asked, cookie);
        books.judged(self.visit.session, wrong, &format_args!("cookie {cookie}"));
    }

    fn found(&self, known: u32, item: &Item) {
        let number = self.visit.session;
        let mut books = self.world.books();
        let wrong = match seen(number, &item.body) {
            Ok(seen) => books.session(number).account.read(known, seen),
            Err(wrong) => Some(wrong),
        };
        books.judged(number, wrong, &format_args!("{} bytes, version {known} was known", item.body.len()));
    }

    /// Nobody goes to a session that was not there, be it right or wrong.
    fn absent(&self, known: u32) {
        let number = self.visit.session;
        let mut books = self.world.books();
        let wrong = books.session(number).account.read(known, Seen::Absent);
        books.judged(number, wrong, &format_args!("absent, version {known} was known"));
        books.session(number).retired |= wrong.is_some();
    }

    fn served(&self, put_off_since: Option<Instant>, now: Instant) {
        if let Some(since) = put_off_since {
            self.world.books().served_after(now - since);
        }
    }

    /// The request that ends the lock was answered, or not; whether it was done.
    fn gave_back(&self, version: Option<u32>, written: Option<Written>) -> bool {
        match written {
            Some(Written::Done) => {
                let mut books = self.world.books();
                let session = books.session(self.visit.session);
                session.account.done(version.unwrap_or(0));
                session.locks.done();
                return true;
            }
            Some(other) => self.refused(version.unwrap_or(0), other),
            None => {}
        }
        self.lose_track();
        false
    }

    /// A write was not done, of which ASP.NET takes no notice.
    fn refused(&self, version: u32, written: Written) {
        let number = self.visit.session;
        let failure = match written {
            Written::Locked(_) => Failure::NotTheHolder,
            _ => Failure::NotThere,
        };
        let mut books = self.world.books();
        books.session(number).account.undone(version);
        books.failed(number, self.visit.web_server.tier, failure, &format_args!("{written:?}"));
        books.session(number).retired = true;
    }

    fn lose_track(&self) {
        self.world.books().session(self.visit.session).locks.lose_track();
        self.retire();
    }

    fn retire(&self) {
        self.world.books().session(self.visit.session).retired = true;
    }
}

//! After the run: every session is read and compared with the books.

use std::{rc::Rc, time::Duration};

use cloakroom_client::Read;
use futures_util::{StreamExt as _, stream};
use tokio::time::sleep_until;

use super::{
    account::Seen,
    clock,
    line::Line,
    page::{POLL, seen},
    world::{WebServer, World},
};

/// How many sessions are read at once.
const SIDE_BY_SIDE: usize = 16;
/// For a cluster that is still busy with what was done to it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads all sessions; how many could not be read.
pub(super) async fn every_session(world: &Rc<World>) -> usize {
    let numbers = world.books().numbers();
    let read = stream::iter(numbers).map(|number| is_read(world, number)).buffer_unordered(SIDE_BY_SIDE);
    read.filter(|is_read| std::future::ready(!is_read)).count().await
}

/// Whether session `number` could be read, and thus compared. Asks again after failures: they count where they happen,
/// and say nothing about the session.
async fn is_read(world: &World, number: u32) -> bool {
    let began = clock::now();
    let mut put_off_since = None;
    while clock::now() - began < PATIENCE {
        let (asked, known, unclear) = {
            let mut books = world.books();
            let session = books.session(number);
            let unclear = session.locks.is_orphaned() || session.locks.is_wanted();
            (session.locks.ask(false), session.account.known(), unclear)
        };
        let get = async |line: &mut Line| line.get().await;
        let web_server = WebServer { tier: world.books().tier_of(number), number: 0 };
        let found = match world.send(web_server, number, clock::now(), get).await {
            Some(Read::Found(item)) => seen(number, &item.body),
            Some(Read::Absent) => Ok(Seen::Absent),
            Some(Read::Locked(lock)) if lock.cookie != 0 => {
                if !unclear {
                    let mut books = world.books();
                    let wrong = books.session(number).locks.refused(asked);
                    books.judged(number, wrong, &format_args!("cookie {} at the end", lock.cookie));
                }
                let release = async |line: &mut Line| line.release(lock.cookie).await;
                let _ = world.send(web_server, number, clock::now(), release).await;
                continue;
            }
            put_off => {
                let now = clock::now();
                if put_off.is_some() {
                    world.books().put_off(now - *put_off_since.get_or_insert(now));
                }
                sleep_until(now + POLL).await;
                continue;
            }
        };
        let mut books = world.books();
        let wrong = match found {
            Ok(seen) => books.session(number).account.read(known, seen),
            Err(wrong) => Some(wrong),
        };
        books.judged(number, wrong, &format_args!("{found:?} at the end, version {known} was known"));
        return true;
    }
    false
}

//! The way of a request through one node, in the steps between which something else can happen.

use cloakroom_session::{Command, CookieField, Effect, FIRST_COOKIE, Input, Outcome, Time, Timeout, step};

use crate::client::{Answer, Ask, Done, Lock, Phase};
use crate::guard::Guard;
use crate::held::{COOKIE_JUMP, Held, Row};
use crate::published::Id;
use crate::transition::Rules;
use crate::world::World;
use crate::wrong::Wrong;

/// The cookie of a session that is created: for each epoch another, so that one which was lost cannot have had it.
const DRAWN_COOKIE: i32 = 1_000_000;

/// The node decides what it found to be its own at `epoch`, though it may have moved on since. Whether it
/// may serve is looked at again before it answers, so here it need not be.
pub(crate) fn decide(
    rules: &Rules,
    world: &mut World,
    client: usize,
    at: Id,
    epoch: u64,
    ask: Ask,
) -> Option<()> {
    let now = world.nodes[at].epoch;
    if epoch != now && rules.stands(Guard::Seal) {
        return None;
    }
    let asked = world.unasked(at).is_empty() || !rules.stands(Guard::AskSources);
    let too_early = world.too_early(at) && rules.stands(Guard::TakeOverWait);
    if epoch == now && (!asked || too_early) {
        return None;
    }
    let (done, waits_for_disk) = execute(rules, world, client, at, epoch, ask);
    if waits_for_disk && rules.stands(Guard::AckAfterCommit) {
        world.clients[client].phase = Phase::Decided { at, done };
    } else {
        answer(rules, world, client, at, done);
    }
    Some(())
}

/// The answer reaches the client, or its connection is closed.
pub(crate) fn answer(rules: &Rules, world: &mut World, client: usize, at: Id, done: Done) {
    if !world.may_serve(at) && rules.stands(Guard::Majority) {
        world.clients[client].cut_off();
        return;
    }
    let other = &world.clients[1 - client];
    let held = matches!(other.phase, Phase::Holding(_)) && !other.orphaned;
    let two = matches!(done.answer, Answer::Acquired(_)) && held && !world.clients[client].orphaned;
    world.past.wrong = world.past.wrong.or(done.wrong).or(two.then_some(Wrong::TwoHolders));
    let asking = &mut world.clients[client];
    asking.phase = match done.answer {
        Answer::Acquired(lock) => {
            asking.turns -= 1;
            world.past.told(lock.version, true);
            Phase::Holding(lock)
        }
        Answer::Locked => Phase::Idle,
        Answer::Absent => Phase::Missing,
        Answer::Written { version } => {
            world.past.told(version, true);
            Phase::Idle
        }
        Answer::Removed { version } => {
            world.past.told(version, false);
            Phase::Idle
        }
    };
    if !matches!(asking.phase, Phase::Holding(_)) {
        asking.orphaned = false;
    }
}

/// What the store does: the session's own rules, and their effect.
fn execute(rules: &Rules, world: &mut World, client: usize, at: Id, epoch: u64, ask: Ask) -> (Done, bool) {
    let found = world.nodes[at].memory.row();
    let fresh = rules.stands(Guard::FreshCookies);
    let jump = fresh && found.is_some_and(|row| row.recovered);
    let input = Input {
        now: Time::ZERO,
        cookie_step: if jump { COOKIE_JUMP } else { 1 },
        first_cookie: if fresh { DRAWN_COOKIE << epoch } else { FIRST_COOKIE },
        lifetime_max: Timeout::MAX,
    };
    let decided = step(input, found.map(Row::entry), command(ask));
    let refused = matches!(decided.outcome, Outcome::Locked { .. } | Outcome::Refused { .. });
    let mut wrong = if refused { None } else { world.past.judge_sight(found) };
    if found.is_none() && world.past.given_up {
        // The loss is declared: who held the lock of the lost session holds nothing.
        world.clients.iter_mut().for_each(|client| client.orphaned |= client.lock().is_some());
    }
    let base = match ask {
        Ask::Write(lock) | Ask::Remove(lock) => Some(lock.version),
        Ask::Acquire | Ask::Create => None,
    };
    let here = &mut world.nodes[at];
    let undurable = here.memory != here.disk;
    let (answer, waits) = match decided.effect {
        Effect::Put(entry) => {
            let version = world.past.next_version(false);
            // No lock was granted by it, so the next one must still differ from those that were lost.
            let recovered = found.is_some_and(|row| row.recovered);
            let row = Row { epoch, version, cookie: entry.cookie, locked: false, recovered };
            here.memory = Held::Row(row);
            (Answer::Written { version }, true)
        }
        Effect::Remove => {
            let version = world.past.next_version(true);
            here.memory =
                if rules.stands(Guard::KeepTombstones) { Held::Tombstone { epoch } } else { Held::Nothing };
            (Answer::Removed { version }, true)
        }
        Effect::Touch(entry, _) => {
            let row = found.expect("only what is there is touched");
            let acquired = matches!(decided.outcome, Outcome::Acquired { .. });
            here.memory = Held::Row(Row { recovered: row.recovered && !acquired, ..row.with(entry) });
            let lock = Lock { cookie: entry.cookie, version: row.version };
            (if acquired { Answer::Acquired(lock) } else { Answer::Locked }, acquired && (jump || undurable))
        }
        Effect::None if refused => (Answer::Locked, false),
        Effect::None => (Answer::Absent, false),
    };
    if matches!(answer, Answer::Written { .. } | Answer::Removed { .. } | Answer::Acquired(_)) {
        wrong = world.past.commit(at, epoch).or(wrong);
        let other = base.is_some_and(|base| found.is_some_and(|row| row.version != base));
        if other && !world.clients[client].orphaned {
            wrong = wrong.or(Some(Wrong::LostUpdate));
        }
    }
    (Done { answer, wrong }, waits)
}

fn command(ask: Ask) -> Command {
    match ask {
        Ask::Acquire => Command::Acquire,
        Ask::Create => {
            Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Missing }
        }
        Ask::Write(lock) => Command::Set {
            timeout: Timeout::DEFAULT,
            uninitialised: false,
            cookie: CookieField::Value(lock.cookie),
        },
        Ask::Remove(lock) => Command::Remove { cookie: CookieField::Value(lock.cookie) },
    }
}

//! The way of a request: served here, passed on, or held until it is known which.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cloakroom_ring::invariant::HOPS_MAX;
use cloakroom_ring::key_hash;
use cloakroom_session::{Command, CookieField, FIRST_COOKIE, Outcome};

use super::Cluster;
use super::view::{View, Whose};
use crate::guard::{Guard, stands};
use crate::metrics::{Lost, Tier, Unanswered};
use crate::store::{Answer, At, Execution, Stored, Unavailable, Waiting};

/// A held request looks again this often, should nothing tell it that something changed.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How far a request came without waiting.
#[derive(Debug)]
pub enum Progress {
    /// It may be answered.
    Answered(Answer),
    /// [`Cluster::finish`] goes on.
    Waiting(Held),
}

/// A request on its way.
#[derive(Debug)]
pub struct Held(Option<Decided>);

/// A command that the store has begun with.
#[derive(Debug)]
pub(super) struct Decided {
    at: At,
    waiting: Waiting,
    /// An earlier owner of the session was lost.
    lost: bool,
}

/// What is asked, by how many nodes it was passed on, and whether another data centre asks.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) key: &'a [u8],
    pub(super) command: Command,
    pub(super) content: Option<&'a Stored>,
    pub(super) hops: u8,
    pub(super) abroad: bool,
}

/// What came of one look.
pub(super) enum Attempt {
    Answered(Answer),
    /// Nothing may be answered at all.
    Failed(Unavailable),
    /// It cannot be known yet; look again when something changed.
    Held,
    /// Something was learned; look again at once.
    Again,
}

impl Cluster {
    /// Serves the request if it is this node's and nothing has to be waited for. `content` is key and body of a set.
    pub fn try_serve(&self, key: &[u8], command: Command, content: Option<&Stored>) -> Progress {
        if self.tier.as_ref().is_some_and(|tier| tier.wants_all(command)) {
            return Progress::Waiting(Held(None));
        }
        let view = self.view.load();
        let Some(view) = view.as_ref() else { return Progress::Waiting(Held(None)) };
        let request = Request { key, command, content, hops: 0, abroad: false };
        let hash = key_hash(key);
        let Whose::Mine { lost } = view.whose(hash) else { return Progress::Waiting(Held(None)) };
        if !self.may_serve() {
            return Progress::Waiting(Held(None));
        }
        let at = self.at(view, command, hash);
        match self.setup.store.execute(at, key, command, content) {
            Execution::Answered(answer) if self.tier.is_some() && answer.outcome == Outcome::Absent => {
                Progress::Waiting(Held(None))
            }
            Execution::Answered(answer) => match self.released(request, answer, lost) {
                Attempt::Answered(answer) => Progress::Answered(answer),
                _ => Progress::Waiting(Held(None)),
            },
            Execution::Waiting(waiting) => Progress::Waiting(Held(Some(Decided { at, waiting, lost }))),
            Execution::Moved | Execution::Missing => Progress::Waiting(Held(None)),
        }
    }

    /// Goes on with what [`Cluster::try_serve`] could not finish; the arguments are those of that call.
    ///
    /// # Errors
    /// [`Unavailable`]: close the connection without an answer.
    pub async fn finish(
        self: &Arc<Self>,
        held: Held,
        key: &[u8],
        command: Command,
        content: Option<&Stored>,
    ) -> Result<Answer, Unavailable> {
        let request = Request { key, command, content, hops: 0, abroad: false };
        let settings = &self.setup.settings;
        let patience = if asks_again(command) { settings.read_hold } else { settings.write_hold };
        self.serve_within(held.0, request, patience).await
    }

    /// Both in one.
    ///
    /// # Errors
    /// [`Unavailable`]: close the connection without an answer.
    pub async fn serve(
        self: &Arc<Self>,
        key: &[u8],
        command: Command,
        content: Option<&Stored>,
    ) -> Result<Answer, Unavailable> {
        match self.try_serve(key, command, content) {
            Progress::Answered(answer) => Ok(answer),
            Progress::Waiting(held) => self.finish(held, key, command, content).await,
        }
    }

    /// Holds the request for at most `patience` while it is not known where it belongs or what its session is. What
    /// is being served meanwhile has the store's own, longer, deadline.
    pub(super) async fn serve_within(
        self: &Arc<Self>,
        mut held: Option<Decided>,
        request: Request<'_>,
        patience: Duration,
    ) -> Result<Answer, Unavailable> {
        let give_up = self.setup.clock.boottime() + patience;
        let mut changed = self.changed.watch();
        if let Some(tier) = &self.tier
            && !asks_again(request.command)
        {
            self.slow_down(tier).await;
        }
        loop {
            changed.mark_unchanged();
            match self.attempt(held.take(), request, give_up).await {
                Attempt::Answered(answer) => return Ok(answer),
                Attempt::Failed(unavailable) => return Err(unavailable),
                Attempt::Held | Attempt::Again if self.setup.clock.boottime() >= give_up => {
                    return self.hold_no_longer(request.command);
                }
                Attempt::Again => {}
                Attempt::Held => {
                    let left = give_up.saturating_sub(self.setup.clock.boottime());
                    // Woken or not, it looks again.
                    drop(tokio::time::timeout(LOOK_AGAIN.min(left), changed.changed()).await);
                }
            }
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        held: Option<Decided>,
        request: Request<'_>,
        give_up: Duration,
    ) -> Attempt {
        let Request { key, command, content, hops, .. } = request;
        if let Some(tier) = &self.tier
            && let Some(through) = tier.through()
        {
            return self.attempt_through(tier, through, request, give_up).await;
        }
        let Some(view) = self.view() else { return Attempt::Held };
        let hash = key_hash(key);
        if let Some(decided) = held {
            return self.finished(decided, request, give_up).await;
        }
        match view.whose(hash) {
            Whose::Other(owner) if hops < HOPS_MAX => self.forward(&view, owner, request, give_up).await,
            Whose::Other(_) | Whose::NotYet => Attempt::Held,
            Whose::Ask(earlier) => match self.pull(&view, key, earlier).await {
                Ok(()) => Attempt::Again,
                Err(_) => Attempt::Held,
            },
            Whose::Mine { .. } if !self.may_serve() => Attempt::Held,
            Whose::Mine { lost } => {
                let mut at = self.at(&view, command, hash);
                let mut execution = self.setup.store.execute(at, key, command, content);
                if matches!(execution, Execution::Missing) && view.is_known_absent(hash) {
                    at.ask_first = false;
                    execution = self.setup.store.execute(at, key, command, content);
                }
                match execution {
                    Execution::Answered(answer) => self.told(request, answer, lost, give_up).await,
                    Execution::Moved => Attempt::Held,
                    Execution::Missing => match &self.tier {
                        Some(tier) => self.recover(&view, tier, key).await,
                        None => unreachable!("without a backing store nothing is asked first"),
                    },
                    Execution::Waiting(waiting) => {
                        self.finished(Decided { at, waiting, lost }, request, give_up).await
                    }
                }
            }
        }
    }

    async fn finished(
        self: &Arc<Self>,
        decided: Decided,
        request: Request<'_>,
        give_up: Duration,
    ) -> Attempt {
        let Decided { at, waiting, lost } = decided;
        let Request { key, command, content, .. } = request;
        match self.setup.store.finish(at, waiting, key, command, content).await {
            Ok(answer) => self.told(request, answer, lost, give_up).await,
            Err(Unavailable::Moved) => Attempt::Held,
            Err(unavailable) => Attempt::Failed(unavailable),
        }
    }

    /// That a session is gone is told when the backing store knows of it as well, everything else at once.
    async fn told(
        self: &Arc<Self>,
        request: Request<'_>,
        answer: Answer,
        lost: bool,
        give_up: Duration,
    ) -> Attempt {
        if let Some(tier) = &self.tier
            && matches!(answer.outcome, Outcome::Removed | Outcome::Absent)
        {
            if stands(Guard::RemoveReaches)
                && let Err(unavailable) = self.reach(tier, request.key, give_up).await
            {
                if asks_again(request.command) {
                    return Attempt::Held;
                }
                self.setup.metrics.requests_unanswered.inc(Unanswered::BackingStore);
                return Attempt::Failed(unavailable);
            }
            if let Some(view) = self.view() {
                // It may have expired here, and lives on there for a while.
                view.known_absent(key_hash(request.key));
            }
        }
        self.released(request, answer, lost)
    }

    /// The last look before an answer leaves: a node that was cut off while it worked must not speak.
    fn released(&self, request: Request<'_>, answer: Answer, lost: bool) -> Attempt {
        let view = self.view();
        if !self.may_serve() {
            self.setup.metrics.answers_withheld.inc();
            if let (Outcome::Acquired { cookie, .. }, Some(view)) = (answer.outcome, &view)
                && view.placement.owns(key_hash(request.key))
            {
                // Nobody will hear of this lock. If the ring has changed, it has gone with its session.
                let at = At { epoch: view.epoch(), first_cookie: FIRST_COOKIE, ask_first: false };
                let release = Command::Release { cookie: CookieField::Value(cookie) };
                drop(self.setup.store.execute(at, request.key, release, None));
            }
            // A read can be asked again; what was changed cannot be told, and cannot be undone.
            return if request.command == Command::Get {
                Attempt::Held
            } else {
                Attempt::Failed(Unavailable::CutOff)
            };
        }
        let first = |view: &Arc<View>| view.missed(key_hash(request.key));
        if lost && answer.outcome == Outcome::Absent && view.as_ref().is_some_and(first) {
            self.setup.metrics.sessions_lost.inc(Lost::Excluded);
        }
        Attempt::Answered(answer)
    }

    fn hold_no_longer(&self, command: Command) -> Result<Answer, Unavailable> {
        self.setup.metrics.requests_held.inc();
        if asks_again(command) {
            // The protocol's one way to say "please wait": no real lock has cookie 0.
            let outcome = Outcome::Locked { cookie: 0, age_millis: 0 };
            return Ok(Answer { outcome, body: None, tier: Tier::None });
        }
        self.setup.metrics.requests_unanswered.inc(Unanswered::TooSlow);
        Err(Unavailable::TooSlow)
    }

    /// Where the command is decided. A session that it creates gets a first cookie that no other one has had: another
    /// owner may have granted locks on a session of that key and been lost.
    pub(super) fn at(&self, view: &View, command: Command, key_hash: u64) -> At {
        let creates = matches!(command, Command::Set { .. }) && stands(Guard::FreshCookies);
        let first_cookie = if creates { self.draw_cookie(key_hash) } else { FIRST_COOKIE };
        At { epoch: view.epoch(), first_cookie, ask_first: self.tier.is_some() }
    }

    /// A cookie far from the end of the range, so that it can be counted on from.
    fn draw_cookie(&self, key_hash: u64) -> i32 {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut seed = [0; 24];
        seed[..8].copy_from_slice(&self.setup.incarnation.to_le_bytes());
        seed[8..16].copy_from_slice(&key_hash.to_le_bytes());
        seed[16..].copy_from_slice(&number.to_le_bytes());
        let drawn = cloakroom_ring::key_hash(&seed) % (1 << 30);
        i32::try_from(drawn).expect("less than 2^30").max(FIRST_COOKIE)
    }

    /// Whether enough of the others have answered lately.
    pub(super) fn may_serve(&self) -> bool {
        if self.tier.as_ref().is_some_and(|tier| tier.met() > self.epoch()) {
            return false;
        }
        let until = self.serve_until.load(Ordering::Acquire);
        if until == u64::MAX || !stands(Guard::Majority) {
            return true;
        }
        self.setup.clock.boottime() < Duration::from_millis(until)
    }
}

/// Whether the client of this command asks again by itself when told that the session is locked.
fn asks_again(command: Command) -> bool {
    matches!(command, Command::Get | Command::Acquire)
}

//! Everything that clients asked and were told, session by session, and what befell their sessions.

use std::collections::{BTreeMap, BTreeSet};

use cloakroom_ring::key_hash;
use parking_lot::Mutex;

use crate::history::{Action, Event, Moment, Operation, Seen};
use crate::rings::Rings;
use crate::trace::Trace;

/// The histories of all sessions.
#[derive(Debug)]
pub struct Ledger {
    trace: Trace,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    histories: BTreeMap<String, Vec<Operation>>,
    /// Sessions that may come back: who has them, and since which epoch they are given up.
    may_return: Vec<Awaited>,
    /// Sessions that may be found absent until the ring of that epoch is settled.
    may_vanish: Vec<Awaited>,
    /// Sessions that two nodes were excluded with before the first of them was back: an older copy may win.
    unpromised: BTreeSet<String>,
}

#[derive(Debug)]
struct Awaited {
    node: String,
    epoch: u64,
    key: String,
    operation: usize,
}

/// An operation that waits for its answer.
#[derive(Debug)]
pub struct Pending {
    key: String,
    operation: usize,
    action: Action,
}

impl Ledger {
    /// Of these sessions.
    #[must_use]
    pub fn new(trace: Trace, keys: impl IntoIterator<Item = String>) -> Self {
        let histories = keys.into_iter().map(|key| (key, Vec::new())).collect();
        Self { trace, inner: Mutex::new(Inner { histories, ..Inner::default() }) }
    }

    /// Notes a client's intent before anything is sent.
    pub fn ask(&self, client: &str, node: &str, key: &str, action: Action) -> Pending {
        let begun = self.trace.note(format_args!("{client} asks {node}: {key} {action:?}"));
        let operation = self.add(key, begun, None, Event::Asked(action, Seen::Nothing));
        Pending { key: key.to_owned(), operation, action }
    }

    /// Notes what the client was told, and returns when it asked.
    pub fn told(&self, client: &str, pending: Pending, seen: Seen) -> Moment {
        let Pending { key, operation, action } = pending;
        let moment = self.trace.note(format_args!("{client} was told: {key} {action:?} -> {seen:?}"));
        let mut inner = self.inner.lock();
        let entry = &mut inner.histories.get_mut(&key).expect("asked before")[operation];
        entry.ended = Some(moment);
        entry.event = Event::Asked(action, seen);
        entry.begun
    }

    /// The process of `node`, which acted on `epoch`, ended without being asked to.
    pub fn crashed(&self, node: &str, epoch: u64, rings: &Rings) {
        let moment = self.trace.note(format_args!("{node} may have forgotten locks"));
        let newest = rings.newest().map_or(0, |ring| ring.epoch);
        for key in self.keys() {
            let hash = key_hash(key.as_bytes());
            if rings.may_hold(node, epoch, hash) || rings.may_hold(node, newest, hash) {
                self.add(&key, moment, Some(moment), Event::Crashed);
            }
        }
    }

    /// `node` is no member of the ring of `epoch` any more, with whatever it has of the ring `before`. What is `left` of
    /// each session is told by its key.
    pub fn excluded(
        &self,
        node: &str,
        before: u64,
        epoch: u64,
        moment: Moment,
        rings: &Rings,
        left: impl Fn(&str) -> Event,
    ) {
        for key in self.keys() {
            if rings.may_hold(node, before, key_hash(key.as_bytes())) {
                self.note_second_loss(node, &key);
                let awaited =
                    |operation| Awaited { node: node.to_owned(), epoch, key: key.clone(), operation };
                let vanishes = awaited(self.add(&key, moment, None, left(&key)));
                let returns = awaited(self.add(&key, moment, None, Event::Returned));
                let mut inner = self.inner.lock();
                inner.may_vanish.push(vanishes);
                inner.may_return.push(returns);
            }
        }
    }

    fn note_second_loss(&self, node: &str, key: &str) {
        let mut inner = self.inner.lock();
        if inner.may_return.iter().any(|awaited| awaited.key == key && awaited.node != node) {
            inner.unpromised.insert(key.to_owned());
        }
    }

    /// Sessions of which so much was lost at once that nothing is promised about them.
    #[must_use]
    pub fn unpromised(&self) -> BTreeSet<String> {
        self.inner.lock().unpromised.clone()
    }

    /// Everybody acts on the ring of that epoch and has nothing of others.
    pub fn settled(&self, epoch: u64) {
        let mut inner = self.inner.lock();
        let (over, open) =
            std::mem::take(&mut inner.may_vanish).into_iter().partition(|it| it.epoch <= epoch);
        inner.may_vanish = open;
        self.end(&mut inner, over);
    }

    /// `node` has nothing of others at that epoch.
    pub fn emptied(&self, node: &str, epoch: u64) {
        let mut inner = self.inner.lock();
        let (over, open) = std::mem::take(&mut inner.may_return)
            .into_iter()
            .partition(|it| it.node == node && it.epoch <= epoch);
        inner.may_return = open;
        self.end(&mut inner, over);
    }

    /// The volume of `node` is gone: nothing returns with it.
    pub fn volume_lost(&self, node: &str) {
        let mut inner = self.inner.lock();
        let (over, open) = std::mem::take(&mut inner.may_return).into_iter().partition(|it| it.node == node);
        inner.may_return = open;
        self.end(&mut inner, over);
    }

    /// The engine has this content from `node` now. If that node is given up, it may be what is left.
    pub fn stored(&self, node: &str, key: &str, value: u64) {
        let mut late: Vec<u64> = {
            let inner = self.inner.lock();
            let given_up = inner.may_vanish.iter().filter(|it| it.node == node && it.key == key);
            given_up.map(|it| it.epoch).collect()
        };
        late.dedup();
        for epoch in late {
            let moment =
                self.trace.note(format_args!("{key} may go on with {value}, which {node} stored late"));
            let operation = self.add(key, moment, None, Event::Rewound(Some(value)));
            let awaited = Awaited { node: node.to_owned(), epoch, key: key.to_owned(), operation };
            self.inner.lock().may_vanish.push(awaited);
        }
    }

    /// The write of that content, if it was answered.
    pub(crate) fn written(&self, key: &str, value: u64) -> Option<Operation> {
        let inner = self.inner.lock();
        let stored = |operation: &&Operation| matches!(operation.event, Event::Asked(Action::Set { value: it, .. }, Seen::Stored) if it == value);
        inner.histories.get(key)?.iter().find(stored).copied()
    }

    /// What happened to that session so far.
    #[must_use]
    pub fn history(&self, key: &str) -> Vec<Operation> {
        self.inner.lock().histories.get(key).cloned().unwrap_or_default()
    }

    /// All histories.
    #[must_use]
    pub fn histories(&self) -> BTreeMap<String, Vec<Operation>> {
        self.inner.lock().histories.clone()
    }

    fn end(&self, inner: &mut Inner, over: Vec<Awaited>) {
        for Awaited { node, key, operation, .. } in over {
            let moment = self.trace.note(format_args!("{key} of {node} can neither go nor come any more"));
            inner.histories.get_mut(&key).expect("known")[operation].ended = Some(moment);
        }
    }

    /// All sessions that are ever asked for.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.inner.lock().histories.keys().cloned().collect()
    }

    fn add(&self, key: &str, begun: Moment, ended: Option<Moment>, event: Event) -> usize {
        let mut inner = self.inner.lock();
        let history = inner.histories.get_mut(key).expect("a session of this run");
        history.push(Operation { begun, ended, event });
        history.len() - 1
    }
}

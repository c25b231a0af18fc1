//! Remembers what nodes answered and since when they have not: how long somebody is silent can be known only by who
//! goes on listening.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use cloakroom_node_config::NodeReport;
use cloakroom_ring::Ring;
use k8s_openapi::jiff::Timestamp;

use crate::{
    build,
    heard::{Heard, Silence, Standstill, Voice},
};

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// For decisions.
    pub(crate) at: Instant,
    /// For people.
    pub(crate) time: Timestamp,
}

/// One round of questions.
#[derive(Debug)]
pub(crate) struct Round<'a> {
    /// The pods that there are, with their uids.
    pub(crate) pods: BTreeMap<String, String>,
    /// The ring that is published.
    pub(crate) ring: Option<&'a Ring>,
    /// Who answered what.
    pub(crate) answers: BTreeMap<String, NodeReport>,
    /// Members that were settled in that ring when the status was last written.
    pub(crate) settled_before: BTreeSet<String>,
    /// Whether any node is wanted; of a cluster that sleeps nobody is missed.
    pub(crate) wanted: bool,
}

/// What has been heard of the nodes of one cluster.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    nodes: BTreeMap<String, Known>,
    still: Option<Still>,
}

#[derive(Debug)]
struct Known {
    /// Uid of the pod that it was last seen with.
    pod: Option<String>,
    report: Option<NodeReport>,
    settled: u64,
    excluded: bool,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Answers { since: Moment },
    Silent { since: Moment, counted_from: Instant },
}

/// Where a hand-over stood when something last moved.
#[derive(Debug)]
struct Still {
    epoch: u64,
    /// For each member the epoch it acts on, the epoch it is settled at, and what it has to hand over.
    standing: Vec<Option<(u64, u64, u64)>>,
    since: Moment,
}

impl Hearing {
    /// Takes in a round, and says what is known after it.
    pub(crate) fn listen(
        &mut self,
        now: Moment,
        round: &Round,
    ) -> (BTreeMap<String, Heard>, Option<Standstill>) {
        let members = round.ring.iter().flat_map(|ring| &ring.members).map(|member| &member.name);
        let names: BTreeSet<&String> = round.pods.keys().chain(members).collect();
        // Who was excluded is damped also if its pod is away in between.
        self.nodes.retain(|name, known| names.contains(name) || known.excluded);
        for name in names {
            let known = self.nodes.entry(name.clone()).or_insert_with(|| Known::silent(now));
            known.look(now, round.pods.get(name), round.answers.get(name), round.wanted);
            let before = if round.settled_before.contains(name) { round.ring } else { None };
            known.settled = known.settled.max(before.map_or(0, |ring| ring.epoch));
        }
        let hears = |name: &str| round.answers.contains_key(name);
        if !round.ring.is_some_and(|ring| build::majority_answers(ring, hears)) {
            self.nodes.values_mut().for_each(|known| known.count_from(now));
        }
        let heard = self.nodes.iter().map(|(name, known)| (name.clone(), known.heard(now))).collect();
        (heard, self.standstill(now, round.ring))
    }

    /// `name` was taken out of the ring because it is silent.
    pub(crate) fn excluded(&mut self, name: &str) {
        if let Some(known) = self.nodes.get_mut(name) {
            known.excluded = true;
        }
    }

    /// `name` was let into the ring.
    pub(crate) fn admitted(&mut self, name: &str) {
        if let Some(known) = self.nodes.get_mut(name) {
            known.excluded = false;
        }
    }

    fn standstill(&mut self, now: Moment, ring: Option<&Ring>) -> Option<Standstill> {
        let standing = |name: &str| {
            let said = self.nodes.get(name)?.report.as_ref()?.ring.as_ref()?;
            Some((said.epoch, said.settled, said.moving))
        };
        let settled = |name: &str| self.nodes.get(name).map(|known| known.settled);
        let unsettled =
            ring.filter(|ring| ring.members.iter().any(|member| settled(&member.name) != Some(ring.epoch)));
        let Some(ring) = unsettled else {
            self.still = None;
            return None;
        };
        let standing: Vec<_> = ring.members.iter().map(|member| standing(&member.name)).collect();
        let same = |still: &Still| still.epoch == ring.epoch && still.standing == standing;
        let still = self.still.take().filter(same);
        let still = self.still.insert(still.unwrap_or(Still { epoch: ring.epoch, standing, since: now }));
        Some(Standstill {
            since: still.since.time,
            lasting: now.at.saturating_duration_since(still.since.at),
        })
    }
}

impl Known {
    fn silent(now: Moment) -> Self {
        let state = State::Silent { since: now, counted_from: now.at };
        Self { pod: None, report: None, settled: 0, excluded: false, state }
    }

    fn look(&mut self, now: Moment, pod: Option<&String>, answer: Option<&NodeReport>, wanted: bool) {
        let silent = State::Silent { since: now, counted_from: now.at };
        if pod.is_some() && self.pod.as_ref() != pod {
            self.pod = pod.cloned();
            self.state = silent;
        }
        match (answer, self.state) {
            (Some(report), state) => {
                self.settled = self.settled.max(report.ring.as_ref().map_or(0, |ring| ring.settled));
                self.report = Some(report.clone());
                if let State::Silent { .. } = state {
                    self.state = State::Answers { since: now };
                }
            }
            (None, State::Answers { .. }) => self.state = silent,
            (None, State::Silent { .. }) if !wanted => self.state = silent,
            (None, State::Silent { .. }) => {}
        }
    }

    fn count_from(&mut self, now: Moment) {
        if let State::Silent { counted_from, .. } = &mut self.state {
            *counted_from = now.at;
        }
    }

    fn heard(&self, now: Moment) -> Heard {
        let since = |then: Instant| now.at.saturating_duration_since(then);
        let voice = match self.state {
            State::Answers { since: from } => Voice::Answers(since(from.at)),
            State::Silent { since: from, counted_from } => Voice::Silent(Silence {
                since: from.time,
                lasting: since(from.at),
                counted: since(counted_from),
            }),
        };
        Heard { voice, report: self.report.clone(), settled: self.settled, excluded: self.excluded }
    }
}

#[cfg(test)]
mod tests;

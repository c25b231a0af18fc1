//! Rules that every message obeys, whoever sent it.

use std::sync::atomic::Ordering;

use cloakroom_node::peers::{Answered, Ask, Question, Reply};
use cloakroom_node::store::{Held, Parcel};
use cloakroom_ring::invariant::{self, HOPS_MAX};
use cloakroom_ring::key_hash;

use super::Network;
use crate::settings::IN_FLIGHT_BYTES;

/// Sessions on their way.
pub(super) struct HandsOver {
    network: Network,
    from: String,
    bytes: u64,
}

impl Drop for HandsOver {
    fn drop(&mut self) {
        if let Some(now) = self.network.0.in_flight.lock().get_mut(&self.from) {
            *now -= self.bytes;
        }
    }
}

fn body(parcel: &Parcel) -> usize {
    match parcel {
        Parcel::Row(row) => row.content.body().len(),
        Parcel::Tombstone { .. } => 0,
    }
}

impl Network {
    /// Notes that something is broken.
    pub fn report(&self, broken: String) {
        self.0.trace.note(format_args!("BROKEN: {broken}"));
        self.0.broken.lock().push(broken);
    }

    /// Sessions that went from one node to another.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.0.moved.load(Ordering::Relaxed)
    }

    /// Counts what is handed over until the guard is dropped.
    pub(super) fn hands_over(&self, from: &str, question: &Question) -> HandsOver {
        let bytes = match &question.ask {
            Ask::Push(parcels) => {
                parcels.iter().map(|parcel| parcel.key().len() + body(parcel)).sum::<usize>() as u64
            }
            _ => 0,
        };
        let mut in_flight = self.0.in_flight.lock();
        let now = in_flight.entry(from.to_owned()).or_default();
        *now += bytes;
        if bytes > 0 && !invariant::hand_off_is_bounded(*now, bytes, IN_FLIGHT_BYTES) {
            self.report(format!("{from} has {now} bytes on their way"));
        }
        HandsOver { network: self.clone(), from: from.to_owned(), bytes }
    }

    pub(super) fn judge_question(&self, question: &Question) {
        if let Ask::Forward(forward) = &question.ask
            && !invariant::forwarding_ends(forward.hops)
        {
            self.report(format!("a request was passed on {} times", forward.hops));
        }
    }

    pub(super) fn judge_answer(&self, by: &str, question: &Question, answered: &Answered) {
        match (&question.ask, &answered.reply) {
            (Ask::Push(parcels), Reply::Pushed) => self.count(parcels.len() as u64),
            (Ask::Take { .. }, Reply::Held(Held::Row(_))) => self.count(1),
            // The question's epoch, not the answer's: the answerer may have gone on since it decided.
            (Ask::Forward(forward), Reply::Forwarded { .. }) if forward.hops == HOPS_MAX => {
                let hash = key_hash(forward.subject.key());
                let epochs = question.epoch..=answered.epoch;
                let owned =
                    epochs.into_iter().any(|epoch| self.0.rings.owner(epoch, hash).as_deref() == Some(by));
                if !owned {
                    self.report(format!("{by} answered for another at epoch {}", answered.epoch));
                }
            }
            _ => {}
        }
    }

    fn count(&self, moved: u64) {
        self.0.moved.fetch_add(moved, Ordering::Relaxed);
    }
}

//! Rules that every change of what is stored obeys, and what the engine must have when something is answered or lost.

use cloakroom_node::backing::{Kept, Value};

use super::Engine;
use crate::content;
use crate::history::{Action, Event, Moment, Operation, Seen};

impl Engine {
    /// Does `work` on what is stored under `key` for `node`, and looks at what became of it.
    pub(super) fn judged<T>(&self, node: &str, key: &[u8], work: impl FnOnce() -> T) -> T {
        let key = String::from_utf8_lossy(key).into_owned();
        let before = self.kept(&key);
        let done = work();
        let after = self.kept(&key);
        let (Some(after), true) = (&after, before != after) else { return done };
        if before.as_ref().is_some_and(|before| after.mark < before.mark) {
            self.0
                .network
                .report(format!("the engine's {key} went from {before:?} back to {:?}", after.mark));
        }
        let (old, new) = (before.as_ref().and_then(value), value(after));
        if let Some(new) = new.filter(|_| new != old) {
            self.0.ledger.stored(node, &key, new);
            if let Some(old) = old.filter(|old| self.orders_all() && self.follows(&key, new, *old)) {
                self.0
                    .network
                    .report(format!("the engine's {key} went from content {old} to the older {new}"));
            }
        }
        done
    }

    /// A client was told that it removed the session, which it began to ask for at `begun`: what was there by then is not
    /// there any more.
    pub fn judge_removed(&self, key: &str, begun: Moment) {
        let left = self.value(key).and_then(|value| Some((value, self.0.ledger.written(key, value)?)));
        if let Some((value, _)) = left.filter(|(_, write)| self.orders_all() && is_over(write, begun)) {
            self.0.network.report(format!("{key} was removed, and the engine has its content {value}"));
        }
    }

    /// The node that had the session is lost: what was written before `latest` is stored, or something newer.
    pub fn judge_lost(&self, key: &str, history: &[Operation], latest: Moment) {
        let kept = self.value(key);
        let stored = kept.and_then(|value| self.0.ledger.written(key, value));
        // Nothing, or a content whose writer was not answered: nobody can say what is newer.
        let Some(stored) = stored else { return };
        let newer = history.iter().find(|operation| {
            let answered = matches!(operation.event, Event::Asked(Action::Set { .. }, Seen::Stored));
            answered && is_over(operation, latest) && is_over(&stored, operation.begun)
        });
        if let Some(newer) = newer {
            self.0
                .network
                .report(format!("the engine has content {kept:?} of {key}, and is too far behind {newer:?}"));
        }
    }

    /// Whether the content `earlier` was written before the writing of `later` began.
    fn follows(&self, key: &str, earlier: u64, later: u64) -> bool {
        let written = |value| self.0.ledger.written(key, value);
        matches!((written(earlier), written(later)), (Some(earlier), Some(later)) if is_over(&earlier, later.begun))
    }
}

fn is_over(operation: &Operation, by: Moment) -> bool {
    operation.ended.is_some_and(|ended| ended < by)
}

fn value(kept: &Kept) -> Option<u64> {
    match &kept.value {
        Value::Row(row) => Some(content::read(&row.content)),
        Value::Tombstone => None,
    }
}

//! Beacons: who is there, at which epoch, with everything handed over or not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cloakroom_ring::Member;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::Cluster;
use super::standing::Heard;
use crate::peers::{Answered, Ask, Question, Reply};

/// After this long the next beacon is sent whatever became of this one.
const PATIENCE: Duration = Duration::from_secs(1);

impl Cluster {
    /// Beats until `stop`: regularly, and at once when there is something to tell.
    pub(super) async fn beat(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(self.setup.settings.beacon);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // One beacon to each member at a time.
        let mut waiting = BTreeSet::new();
        let mut beacons = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(ended) = beacons.join_next() => {
                    if let Ok(name) = ended {
                        waiting.remove(&name);
                    }
                    continue;
                }
                () = self.beat.notified() => {}
                _ = ticks.tick() => {}
            }
            for member in self.others() {
                if waiting.insert(member.name.clone()) {
                    let cluster = Arc::clone(&self);
                    beacons.spawn(async move {
                        cluster.beacon(&member).await;
                        member.name
                    });
                }
            }
            self.look_around();
        }
    }

    fn others(&self) -> Vec<Member> {
        let Some(ring) = self.ring() else { return Vec::new() };
        ring.members.iter().filter(|member| member.name != self.setup.name).cloned().collect()
    }

    async fn beacon(self: &Arc<Self>, member: &Member) {
        let sent_at = self.setup.clock.boottime();
        let told = self.settled.load(Ordering::Acquire);
        let question = Question { epoch: self.epoch(), ask: Ask::Beacon { settled: told } };
        // Silence is noticed by what was heard last.
        let Ok(answered) = self.setup.peers.ask(member, question, PATIENCE).await else { return };
        match answered {
            Answered { epoch, reply: Reply::Beacon { settled } } => {
                let now = self.setup.clock.boottime();
                self.note(Heard { member: &member.name, epoch, sent_at, now, told });
                self.note_settled(&member.name, settled);
            }
            answered => {
                self.learn(member, answered).await;
            }
        }
    }

    fn note(&self, heard: Heard<'_>) {
        let paused = !self.may_serve();
        {
            let mut standing = self.standing.lock();
            let Some(standing) = standing.as_mut() else { return };
            standing.note(heard);
            // Under the lock: what followed from an earlier ring must not outlive it.
            self.let_serve_until(standing.serve_until());
        }
        if paused && self.may_serve() {
            self.tell_changed();
        }
        self.look_around();
    }

    /// A node says that it acts on `epoch`: also one that is no member any more, and was when somebody was lost.
    pub(super) fn note_epoch(&self, node: &str, epoch: u64) {
        let now = self.setup.clock.boottime();
        if let Some(standing) = self.standing.lock().as_mut() {
            standing.note_epoch(node, epoch, now);
        }
    }

    /// A member says at which epoch it has handed over everything. Under a later ring than this node's it may have kept what
    /// is its own there and this node's here.
    pub(super) fn note_settled(&self, member: &str, settled: u64) {
        let Some(view) = self.view() else { return };
        if settled == view.epoch()
            && let Some(index) = view.member(member)
            && view.settled(index)
        {
            self.tell_changed();
        }
    }

    /// What follows from the time that passed.
    fn look_around(&self) {
        let Some(view) = self.view().filter(|view| view.awaits_take_over()) else { return };
        let now = self.setup.clock.boottime();
        if self.standing.lock().as_ref().is_some_and(|standing| standing.may_take_over(now)) {
            tracing::warn!(epoch = view.epoch(), "serving the sessions of a member that was excluded");
            view.take_over();
            self.tell_changed();
        }
    }
}

//! Answering the questions of the other nodes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cloakroom_ring::{Ring, key_hash};
use cloakroom_session::Command;
use futures_util::future::BoxFuture;

use super::Cluster;
use super::adopt::Refused;
use super::serve::Request;
use super::view::View;
use crate::peers::{Answered, Ask, Caller, Forward, Question, Reply, Respond};
use crate::store::{Held, Unavailable};

impl Respond for Cluster {
    fn respond(self: Arc<Self>, from: Caller, question: Question) -> BoxFuture<'static, Answered> {
        Box::pin(async move {
            let reply = self.reply(&from, question).await;
            Answered { epoch: self.epoch(), reply }
        })
    }

    fn undelivered(self: Arc<Self>, answered: Answered) {
        tokio::spawn(async move { self.give_back(answered).await });
    }
}

impl Cluster {
    async fn reply(self: &Arc<Self>, from: &Caller, question: Question) -> Reply {
        let Question { epoch, ask } = question;
        if let Ask::Adopt(ring) = ask {
            return self.take_up(&ring).await;
        }
        let Some(view) = self.view().filter(|view| view.epoch() >= epoch) else { return Reply::Behind };
        if view.epoch() > epoch {
            return Reply::Stale(Arc::clone(view.placement.ring()));
        }
        match ask {
            Ask::Adopt(_) => unreachable!("answered above"),
            Ask::Beacon { settled } => {
                self.note_epoch(&from.name, epoch);
                self.note_settled(&from.name, settled);
                Reply::Beacon { settled: self.settled.load(Ordering::Acquire) }
            }
            Ask::Forward(forward) => self.serve_for_another(forward).await,
            Ask::Take { key } => self.give(&view, from, &key).await,
            Ask::Push(parcels) => self.receive(&view, from, &parcels).await,
        }
    }

    async fn give(self: &Arc<Self>, view: &View, to: &Caller, key: &[u8]) -> Reply {
        let placement = &view.placement;
        let owner = placement.owner(key_hash(key));
        // Only its owner may take a session, and what this node owns itself is not sealed.
        if *placement.ring().members[owner].name != *to.name || Some(owner) == placement.me() {
            return Reply::Retry { after: self.setup.settings.beacon };
        }
        if !self.given.note(key, &to.name, view.epoch(), || self.setup.store.epoch()) {
            return self.ring().map_or(Reply::Behind, Reply::Stale);
        }
        match self.setup.store.held(key).await {
            Ok(held) => {
                if !matches!(held, Held::Row(_)) {
                    self.given.dropped(key);
                }
                Reply::Held(held)
            }
            Err(_) => Reply::Unavailable,
        }
    }

    async fn take_up(self: &Arc<Self>, ring: &Ring) -> Reply {
        match self.adopt(ring).await {
            Ok(()) => Reply::Adopted,
            Err(Refused::Older { .. }) => self.ring().map_or(Reply::Behind, Reply::Stale),
            Err(refused) => {
                tracing::warn!(%refused, "a peer's ring is not acted on");
                Reply::Unavailable
            }
        }
    }

    pub(super) async fn serve_for_another(self: &Arc<Self>, forward: Forward) -> Reply {
        let Forward { hops, command, patience, abroad, subject } = forward;
        let content = matches!(command, Command::Set { .. }).then_some(&subject);
        let request = Request { key: subject.key(), command, content, hops, abroad };
        // Longer than any client waits, nobody is served.
        let patience = patience.min(self.setup.settings.write_hold);
        match self.serve_within(None, request, patience).await {
            Ok(answer) => Reply::Forwarded { outcome: answer.outcome, body: answer.body },
            Err(Unavailable::NotDone) => Reply::Retry { after: self.setup.settings.beacon },
            Err(unavailable) => {
                tracing::debug!(%unavailable, epoch = self.epoch(), "a forwarded request is not answered");
                Reply::Unavailable
            }
        }
    }
}

//! The way of a request when the backing store learns of every change before the answer.
//!
//! The owner serves, because it has the session in memory. Whoever cannot reach the owner serves in its place: of two who
//! change a session at once the backing store lets one, and the other decides again. So nobody waits for a ring, a
//! clock or the operator.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::invariant::HOPS_MAX;
use cloakroom_ring::key_hash;

use super::Cluster;
use super::serve::{Attempt, Request};
use super::tier::Tier;
use crate::data_centres::Way;
use crate::store::{Backed, Held, Row, Unavailable};
use crate::through::{self, Behalf, Refused, Through, Trust};

impl Cluster {
    pub(super) async fn attempt_through(
        self: &Arc<Self>,
        tier: &Tier,
        through: &Through,
        request: Request<'_>,
        give_up: Duration,
    ) -> Attempt {
        let Some(view) = self.view() else { return Attempt::Held };
        let Request { key, command, content, hops, abroad } = request;
        let hash = key_hash(key);
        let owner = view.placement.owner(hash);
        let mine = view.placement.me() == Some(owner);
        if !mine && hops < HOPS_MAX {
            match self.forward(&view, owner, request, give_up).await {
                // It was not done there, or does not matter if it is done twice.
                Attempt::Held => self.setup.metrics.backing.stand_ins.inc(),
                done => return done,
            };
        }
        let trust = match mine {
            true if view.placement.ring().members.len() == 1 && self.setup.data_centres.is_none() => {
                Trust::Owner
            }
            // Whoever cannot reach this node stands in for it, or takes the session over to its data centre, which this
            // node need not notice.
            true => Trust::Verify,
            false => Trust::StandIn,
        };
        if mine {
            self.bring_first(&view, tier, key).await;
        }
        let first_cookie = self.at(&view, command, hash).first_cookie;
        let behalf = if abroad { Behalf::DataCentre } else { Behalf::Clients };
        let epoch = view.epoch();
        let mut asked =
            through::Request { key, command, content, epoch, first_cookie, trust, behalf, give_up };
        let mut served = through.serve(asked, self.offer(key)).await;
        if let (Err(Refused::Elsewhere(home)), Some(data_centres)) = (&served, &self.setup.data_centres) {
            match data_centres.way(*home) {
                Way::Ask => return self.pass_on(data_centres, *home, request, give_up).await,
                Way::TakeOver(why) => asked.behalf = Behalf::TakeOver(*home, why),
            }
            served = through.serve(asked, self.offer(key)).await;
        }
        match served {
            Ok(answer) => Attempt::Answered(answer),
            // Whoever passed it on may reach the backing store.
            Err(Refused::Unreachable(_)) if hops > 0 || abroad => Attempt::Failed(Unavailable::NotDone),
            Err(Refused::NotHere) => Attempt::Failed(Unavailable::NotDone),
            // It has swung a moment ago.
            Err(Refused::Elsewhere(_)) => Attempt::Again,
            Err(Refused::Unreachable(_) | Refused::TooSlow) => Attempt::Held,
            Err(Refused::Unknown) => Attempt::Failed(Unavailable::BackingStore),
        }
    }

    /// What there is on disk of a session that the backing store does not know.
    async fn offer(self: &Arc<Self>, key: &[u8]) -> Option<Row> {
        match self.setup.store.held(key).await {
            Ok(Held::Row(row)) if row.backed == Backed::Unflushed => Some(row),
            _ => None,
        }
    }
}

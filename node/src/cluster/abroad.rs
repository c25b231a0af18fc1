//! Sessions that live in another data centre, and requests that come from one.
//!
//! A request from another data centre takes the way of any other inside this one, with its hops counted anew, but it is
//! not passed on to a data centre again: requests cannot run in circles.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::Home;
use cloakroom_node_config::DataCentreReport;

use super::Cluster;
use super::serve::{Attempt, Request};
use crate::data_centres::{DataCentres, Passed};
use crate::metrics::Tier;
use crate::peers::{Forward, Reply};
use crate::store::{Answer, Stored, Unavailable};

impl Cluster {
    /// Has the request served where its session lives.
    pub(super) async fn pass_on(
        &self,
        data_centres: &DataCentres,
        home: Home,
        request: Request<'_>,
        give_up: Duration,
    ) -> Attempt {
        let Request { key, command, content, .. } = request;
        let subject = content.cloned().unwrap_or_else(|| Stored::new(key, &[]));
        let forward = Forward { hops: 0, command, patience: Duration::ZERO, abroad: true, subject };
        match data_centres.pass_on(home.data_centre, forward, give_up).await {
            Passed::Answered { outcome, body } => {
                Attempt::Answered(Answer { outcome, body, tier: Tier::Peer })
            }
            Passed::Nothing => Attempt::Held,
            Passed::Unknown => Attempt::Failed(Unavailable::Elsewhere),
        }
    }

    /// Serves what another data centre passed on.
    pub async fn serve_abroad(self: &Arc<Self>, forward: Forward) -> Reply {
        self.serve_for_another(Forward { hops: 0, abroad: true, ..forward }).await
    }

    /// Whether requests would be answered now, as far as that can be told.
    #[must_use]
    pub fn can_serve(&self) -> bool {
        self.view().is_some() && !self.tier.as_ref().is_some_and(|tier| tier.is_gone())
    }

    /// What the operator is told of the other data centres.
    #[must_use]
    pub fn data_centres(&self) -> Vec<DataCentreReport> {
        self.setup.data_centres.as_ref().map(|data_centres| data_centres.report()).unwrap_or_default()
    }
}

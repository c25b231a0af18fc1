//! The other data centres that share the sessions: who of them answers, and having a request served there.
//!
//! Where a session lives stands in the backing store (`through/homes.rs`). Here it is decided, for a session that lives
//! elsewhere, whether that data centre is asked or its session taken over: three failures in a row, of requests or of
//! `probe`s, make it count as lost until it answers a probe again. A wrong guess costs a detour and harms nobody, since
//! the backing store compares each change.
//!
//! `neighbour` is what is known of one data centre, `links` the way there, `gatekeeper` answers those who come from
//! there. `docs/data-centres.md` has the whole picture.

mod gatekeeper;
mod gateway;
mod links;
mod neighbour;
mod pass_on;
mod probe;
mod tcp_links;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use cloakroom_location::{DataCentre, Home};
use cloakroom_node_config::DataCentreReport;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::metrics::{Metrics, Swung};
use crate::through::Homes;
use neighbour::Neighbour;

pub use gatekeeper::Gatekeeper;
pub use gateway::Gateway;
pub use links::Links;
pub use pass_on::Passed;
pub use tcp_links::TcpLinks;

/// What a data centre needs to share its sessions.
#[derive(Debug)]
pub struct Setup {
    /// This one.
    pub here: DataCentre,
    /// The others, with the names by which they are asked.
    pub peers: Vec<(DataCentre, String)>,
    /// How long another one must have answered again before a session is taken back from it; never if absent.
    pub swing_back_after: Option<Duration>,
    /// The way to the others.
    pub links: Arc<dyn Links>,
    /// Its boot-time clock is the one that everything here goes by.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// The data centres that share sessions, as a node of one of them sees them.
#[derive(Debug)]
pub struct DataCentres {
    here: DataCentre,
    neighbours: Vec<Neighbour>,
    swing_back_after: Option<Duration>,
    links: Arc<dyn Links>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

/// What is done about a session that lives elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its home is asked.
    Ask,
    /// It is taken over.
    TakeOver(Swung),
}

impl DataCentres {
    /// Nobody has failed yet.
    #[must_use]
    pub fn new(setup: Setup) -> Arc<Self> {
        let Setup { here, peers, swing_back_after, links, clock, metrics } = setup;
        let now = clock.boottime();
        let neighbours = peers.into_iter().map(|(number, name)| Neighbour::new(number, name, now)).collect();
        Arc::new(Self { here, neighbours, swing_back_after, links, clock, metrics })
    }

    /// For deciding where a session lives.
    #[must_use]
    pub fn homes(&self) -> Homes {
        Homes { here: self.here, peers: self.neighbours.iter().map(Neighbour::number).collect() }
    }

    /// What is done about a session of this home, which is not this data centre.
    #[must_use]
    pub fn way(&self, home: Home) -> Way {
        let Some(neighbour) = self.neighbour(home.data_centre) else {
            return Way::TakeOver(Swung::Unknown);
        };
        match (neighbour.answers_for(self.clock.boottime()), self.swing_back_after) {
            (None, _) => Way::TakeOver(Swung::Lost),
            (Some(time), Some(after)) if was_taken_over(home) && time >= after => Way::TakeOver(Swung::Back),
            (Some(_), _) => Way::Ask,
        }
    }

    /// Looks after the others until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let probing = join_all(self.neighbours.iter().map(|neighbour| self.probe(neighbour)));
        stop.run_until_cancelled(probing).await;
    }

    /// For the operator and for people: those of which anything is known.
    #[must_use]
    pub fn report(&self) -> Vec<DataCentreReport> {
        let now = self.clock.boottime();
        self.neighbours.iter().filter_map(|neighbour| neighbour.report(now)).collect()
    }

    fn neighbour(&self, number: DataCentre) -> Option<&Neighbour> {
        self.neighbours.iter().find(|neighbour| neighbour.number() == number)
    }
}

/// Whether a session is away from where it was at first. Taking it back is one more swing, so it is not taken back again
/// by whoever had it in between: sessions do not go to and fro with each request.
fn was_taken_over(home: Home) -> bool {
    home.swing % 2 == 1
}

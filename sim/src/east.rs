//! The second data centre: one node with a ring of its own that never changes, and the engine that both share.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_ring::{Member, Ring, State};

use crate::machine::{Machine, Site};
use crate::rings::Rings;
use crate::time::pass;

/// The name of its node.
pub const NODE: &str = "east-0";

/// How often it is seen to that the node knows its ring.
const LOOK: Duration = Duration::from_millis(50);

/// The second data centre.
#[derive(Clone, Debug)]
pub struct East {
    /// Its node.
    pub machine: Arc<Machine>,
    /// Its ring.
    pub rings: Rings,
}

impl East {
    /// Nothing runs yet. `site` is that of the first data centre, with chances of its own.
    #[must_use]
    pub fn new(number: u16, site: Site) -> Self {
        let rings = Rings::default();
        let machine = Machine::new(NODE.to_owned(), number, Site { rings: rings.clone(), ..site });
        rings.publish(Ring {
            cluster: "east".to_owned(),
            epoch: 1,
            members: vec![Member {
                name: NODE.to_owned(),
                pod_uid: String::new(),
                address: machine.address(),
                clients: None,
                state: State::Active,
            }],
            unsettled: Vec::new(),
            lossy: false,
        });
        Self { machine, rings }
    }

    /// Tells the node its ring whenever it does not know it, for ever.
    pub async fn hold(self) {
        let ring = self.rings.newest().expect("published at the beginning");
        loop {
            if let Some(process) = self.machine.process()
                && process.cluster.epoch() == 0
            {
                let adopted = process.cluster.adopt(&ring);
                // A process that ends meanwhile is told again when it is back.
                drop(process.gone.clone().run_until_cancelled_owned(adopted).await);
            }
            pass(LOOK).await;
        }
    }

    /// Whether its node serves.
    #[must_use]
    pub fn rests(&self) -> bool {
        self.machine.process().is_some_and(|process| process.cluster.joined())
    }
}

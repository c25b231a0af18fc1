//! How a client comes about.

use std::fmt;
use std::sync::Arc;

use cloakroom_location::DataCentre;
use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::budget::Budget;
use crate::client::Core;
use crate::follow::{Seen, follow};
use crate::observe::Unobserved;
use crate::{Client, Cluster, Discovery, DiscoveryError, Observe, Settings, clock};

/// What a [`Client`] is made of.
#[derive(Default)]
#[must_use]
pub struct Builder {
    clusters: Vec<Cluster>,
    settings: Settings,
    observe: Option<Box<dyn Observe>>,
}

/// What a client cannot be made of, and what to write instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nowhere to ask.
    #[error("the client has no cluster: give it one with Builder::cluster")]
    NoCluster,
    /// Several clusters, and one of them has no number.
    #[error(
        "the client has several clusters: say of each which data centre it is, with Cluster::data_centre"
    )]
    NoDataCentre,
    /// Two clusters of one number.
    #[error(
        "two clusters are data centre {0}: give each its own number, the one that its nodes are configured with"
    )]
    SameDataCentre(DataCentre),
    /// A setting that leaves nothing to do.
    #[error("Settings::{0} is zero: it must be more")]
    Setting(&'static str),
    /// The nodes of a cluster were not found.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
}

impl Builder {
    /// Asks `cluster`, too. The first one is the local one: it gets the sessions that have no home yet. The others, in
    /// this order, stand in for one that is lost.
    pub fn cluster(mut self, cluster: Cluster) -> Self {
        self.clusters.push(cluster);
        self
    }

    /// Uses these instead of [`Settings::default`].
    pub fn settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// Tells `observe` what happens.
    pub fn observe(self, observe: impl Observe) -> Self {
        Self { observe: Some(Box::new(observe)), ..self }
    }

    /// Looks for the nodes of all clusters, and follows them from then on in tasks of the runtime that this is called
    /// in; they end with the last copy of the client. A cluster whose nodes are not found is looked for further, if
    /// another one was found.
    ///
    /// # Errors
    /// [`BuildError`], also if no cluster's nodes can be found now.
    pub async fn build(self) -> Result<Client, BuildError> {
        self.check()?;
        let Self { clusters, settings, observe } = self;
        let (known, places): (Vec<_>, Vec<_>) =
            clusters.into_iter().map(|cluster| cluster.split(&settings)).unzip();
        let looks = first_looks(&places).await?;
        for (cluster, look) in known.iter().zip(&looks) {
            if let Some(seen) = look {
                cluster.show(&seen.borrow(), &settings);
            }
        }
        let budget = Budget::new(settings.retry_percent, settings.retry_reserve, clock::moment());
        let core = Arc::new(Core {
            clusters: known,
            budget: Mutex::new(budget),
            observe: observe.unwrap_or_else(|| Box::new(Unobserved)),
            runtime: Handle::current(),
            followers: Mutex::default(),
            settings,
        });
        for (index, (place, look)) in places.into_iter().zip(looks).enumerate() {
            let following = follow(Arc::downgrade(&core), index, place, look, core.settings.idle);
            core.followers.lock().spawn(following);
        }
        Ok(Client::new(core))
    }

    fn check(&self) -> Result<(), BuildError> {
        self.settings.check()?;
        let mut numbers: Vec<DataCentre> =
            self.clusters.iter().filter_map(|cluster| cluster.data_centre).collect();
        match self.clusters.len() {
            0 => return Err(BuildError::NoCluster),
            1 => return Ok(()),
            several if numbers.len() < several => return Err(BuildError::NoDataCentre),
            _ => numbers.sort_unstable(),
        }
        match numbers.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(BuildError::SameDataCentre(pair[0])),
            None => Ok(()),
        }
    }
}

/// What the first look at each place shows; at least one must show something.
async fn first_looks(places: &[Discovery]) -> Result<Vec<Option<Seen>>, DiscoveryError> {
    let (mut looks, mut found, mut failed) = (Vec::new(), false, None);
    // All at once: a cluster that is lost must not keep those waiting that are there.
    let looking: Vec<_> = places.iter().map(|place| tokio::spawn(place.clone().start())).collect();
    for look in looking {
        let look = look.await.expect("nobody aborts it, and it does not panic");
        found |= look.is_ok();
        looks.push(
            look.map_err(|error| {
                tracing::warn!(%error, "a cluster's nodes cannot be found yet");
                failed = Some(error);
            })
            .ok(),
        );
    }
    match failed {
        Some(error) if !found => Err(error),
        _ => Ok(looks),
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("clusters", &self.clusters)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

//! A published ring, with everything that production computes from it for the one session of the model.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use cloakroom_ring::{Member, Placement, Ring, State, key_hash};

/// A node, as an index into [`NAMES`].
pub(crate) type Id = usize;

/// There are three nodes.
pub(crate) const NODES: usize = 3;
/// What they are called.
pub(crate) const NAMES: [&str; NODES] = ["a", "b", "c"];

/// A ring as the nodes see it. Two are the same if their members, states and unsettled rings are.
#[derive(Clone)]
pub(crate) struct Published(Arc<Computed>);

struct Computed {
    ring: Arc<Ring>,
    /// Of the ring's text: comparing a number is enough to tell states of the model apart.
    digest: u64,
    placements: [Placement; NODES],
    owner: Id,
    asks: [Vec<Id>; NODES],
    gone: bool,
}

impl Published {
    /// For the session of this key.
    pub(crate) fn new(ring: Ring, key: u64) -> Published {
        ring.check().expect("the model's operator publishes rings that nodes accept");
        let ring = Arc::new(ring);
        let placements = NAMES.map(|name| Placement::new(Arc::clone(&ring), name));
        let id = |index: usize| id(&ring.members[index].name);
        let asks = [0, 1, 2].map(|node| placements[node].sources(key).ask.into_iter().map(id).collect());
        let computed = Computed {
            digest: key_hash(ring.to_json().as_bytes()),
            owner: id(placements[0].owner(key)),
            asks,
            gone: placements[0].sources(key).gone,
            placements,
            ring: Arc::clone(&ring),
        };
        Published(Arc::new(computed))
    }

    pub(crate) fn ring(&self) -> &Ring {
        &self.0.ring
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.0.ring.epoch
    }

    pub(crate) fn placement(&self, node: Id) -> &Placement {
        &self.0.placements[node]
    }

    /// Who owns the session.
    pub(crate) fn owner(&self) -> Id {
        self.0.owner
    }

    /// Whom `node` asks for the session.
    pub(crate) fn asks(&self, node: Id) -> &[Id] {
        &self.0.asks[node]
    }

    /// Whether an earlier owner of the session is lost.
    pub(crate) fn gone(&self) -> bool {
        self.0.gone
    }

    pub(crate) fn has(&self, node: Id) -> bool {
        self.placement(node).me().is_some()
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = Id> {
        self.0.ring.members.iter().map(|member| id(&member.name))
    }
}

/// A member without what the model does not look at.
pub(crate) fn member(node: Id, state: State) -> Member {
    Member {
        name: NAMES[node].to_owned(),
        pod_uid: String::new(),
        address: ([10, 0, 0, 1], 42_425).into(),
        clients: None,
        state,
    }
}

fn id(name: &str) -> Id {
    NAMES.iter().position(|known| *known == name).expect("every member is a node of the model")
}

impl PartialEq for Published {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest
    }
}

impl Eq for Published {}

impl Hash for Published {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
    }
}

impl std::fmt::Debug for Published {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ring = self.ring();
        let members: Vec<String> =
            ring.members.iter().map(|member| format!("{} {:?}", member.name, member.state)).collect();
        let unsettled: Vec<u64> = ring.unsettled.iter().map(|earlier| earlier.epoch).collect();
        write!(f, "{}: {members:?} after {unsettled:?}", ring.epoch)
    }
}

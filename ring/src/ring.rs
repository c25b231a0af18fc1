//! The ring: the one object that says who is in the cluster.

use serde::{Deserialize, Serialize};

use crate::member::{Former, Member};
use crate::serving::serving;

/// Who is in the cluster, from one epoch on. It is never changed after it was published: whoever
/// wants another one publishes the [next](Ring::next).
///
/// What comes from outside goes through [`Ring::from_json`] or [`Ring::check`] before it is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ring {
    /// Which cluster: nodes of another one are refused.
    pub cluster: String,
    /// Rises with every ring, from 1.
    pub epoch: u64,
    /// The nodes, in no particular order.
    pub members: Vec<Member>,
    /// Earlier rings whose hand-off may not be finished, newest first.
    #[serde(default)]
    pub unsettled: Vec<Earlier>,
    /// A member was given up with what it had: a session that no node has may still be in the backing store. For good,
    /// because nobody knows when the last of them has expired.
    #[serde(default)]
    pub lossy: bool,
}

/// What is remembered of an earlier ring.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Earlier {
    /// Its epoch.
    pub epoch: u64,
    /// Its members.
    pub members: Vec<Former>,
}

impl Ring {
    /// The member of that name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Those who own sessions and vote: the Active members, or all if none is.
    pub fn voters(&self) -> impl Iterator<Item = &Member> {
        serving(&self.members).into_iter().map(|index| &self.members[index])
    }

    /// This ring, as a later one remembers it.
    pub fn as_earlier(&self) -> Earlier {
        let former =
            |member: &Member| Former { name: member.name.clone(), state: member.state, settled: false };
        Earlier { epoch: self.epoch, members: self.members.iter().map(former).collect() }
    }
}

//! How many pods there shall be: as many as are wanted, and those who still have sessions to hand over.

use cloakroom_ring::{Member, State};

use super::ring::{Facts, ring_of};
use crate::{names, observed::Observed, validate::ValidatedCluster};

/// A StatefulSet removes the pods of the highest numbers, so all below the last that must stay are there too. Of a
/// cluster that goes to sleep nobody hands over, and all may go at once.
pub(super) fn replicas(cluster: &ValidatedCluster, observed: &Observed) -> i32 {
    let wanted = cluster.spec.replicas;
    let ring = observed.ring.as_ref().and_then(ring_of).filter(|_| wanted > 0);
    let Some(ring) = ring else { return wanted };
    let facts = Facts::of(cluster.name.clone(), wanted, observed);
    let is_needed = |member: &&Member| {
        let leaves = facts.pod(&member.name).is_some_and(|pod| pod.leaving);
        !(member.state == State::Draining && (leaves || facts.has_settled(&member.name, ring.epoch)))
    };
    let last = |member: &Member| names::ordinal(&cluster.name, &member.name);
    let needed = ring.members.iter().filter(is_needed).filter_map(last).max();
    let needed = needed.and_then(|last| i32::try_from(last).ok()?.checked_add(1));
    wanted.max(needed.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures,
        scene::{object, ring, scene},
    };

    #[test]
    fn pods_stay_until_they_have_handed_over() {
        let check = |what: &str, members: &str, wanted: i32, nodes: &[&str], expected: i32| {
            let ring = ring(members);
            let observed = Observed { ring: Some(object(&ring)), ..scene(ring.epoch, nodes) };
            let cluster = fixtures::validated(&format!("{{replicas: {wanted}}}"));
            assert_eq!(replicas(&cluster, &observed), expected, "{what}");
        };
        check("more are wanted", "4: 0A", 3, &["0"], 3);
        check("their turn has not come", "4: 0A 1A 2A", 1, &["0", "1", "2"], 3);
        check("both hand over", "5: 0A 1D 2D", 1, &["0", "1 moving", "2 moving"], 3);
        check("the last is done", "5: 0A 1D 2D", 1, &["0", "1 moving", "2"], 2);
        check("the last is not", "5: 0A 1D 2D", 1, &["0", "1", "2 moving"], 3);
        check("all are", "5: 0A 1D 2D", 1, &["0", "1", "2"], 1);
        check("it is on its way out", "5: 0A 1D", 1, &["0", "1 leaving moving"], 1);
        check("it was killed in the middle, and must come back", "5: 0A 1D", 1, &["0", "1 gone moving"], 2);
        check("it was excluded", "5: 0A", 1, &["0", "1 silent 99"], 1);
        check("a sleeper that is one too many must hand over first", "5: 0A 1A 2A", 2, &[], 3);
        check("all go to sleep", "4: 0A 1A", 0, &["0", "1"], 0);
        let never = fixtures::validated("{replicas: 2}");
        assert_eq!(replicas(&never, &Observed::default()), 2, "there is no ring yet");
    }
}

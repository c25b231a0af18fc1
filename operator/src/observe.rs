//! Step 1: reads everything that a decision may look at. All or nothing: half a view could be taken for the
//! absence of the other half.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use cloakroom_crds::SessionCluster;
use cloakroom_node_config::NodeReport;
use cloakroom_ring::Ring;
use futures_util::try_join;
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret};
use kube::ResourceExt as _;

use crate::{
    api::{ApiError, Objects, typed},
    build::ring_of,
    clock,
    context::Context,
    hearing::{Moment, Round},
    kind::Kind,
    labels,
    live::Live,
    location_secret::LocationSecret,
    memory::Memory,
    names,
    nodes::{Node, nodes},
    observed::Observed,
    peer_key::PeerKey,
};

/// What was read: as decisions see it, and as it will be compared and written.
pub(crate) struct Observation {
    pub(crate) observed: Observed,
    pub(crate) live: Live,
}

/// Reads the cluster's objects, pods and claims from the API server, and asks its nodes.
///
/// # Errors
/// Whatever could not be read from the API server. Nodes that do not answer are no error.
pub(crate) async fn observe(
    context: &Context,
    objects: Objects<'_>,
    cluster: &SessionCluster,
    memory: &mut Memory,
) -> Result<Observation, ApiError> {
    let name = cluster.name_any();
    let selector = labels::selector_text(&name);
    let monitoring = context.discovery.monitoring().await?;
    let (live, pods, claims) = try_join!(
        Live::read(objects, cluster, monitoring),
        objects.list::<Pod>(Kind::Pod, &selector),
        objects.list::<PersistentVolumeClaim>(Kind::PersistentVolumeClaim, &selector),
    )?;
    let now = Moment { at: clock::monotonic(), time: clock::time_of_day() };
    let nodes = nodes(&name, &pods);
    let answers = context.asker.ask(&nodes, memory.pause.is_some(), &mut memory.reports, now.at).await;
    let config_map =
        |name: String| live.own(Kind::ConfigMap, &name, cluster).map(typed::<ConfigMap>).transpose();
    // A former cluster's epoch is none of this one's.
    let published = config_map(names::ring(&name))?;
    let ring = published.as_ref().and_then(ring_of);
    let remembered = match newest(&nodes, &answers, ring.as_ref()) {
        Some(ip) => context.asker.ring(ip).await,
        None => None,
    };
    let round = Round {
        pods: nodes.into_iter().map(|node| (node.name, node.uid)).collect(),
        ring: ring.as_ref(),
        answers,
        settled_before: ring.as_ref().map(|ring| settled_before(cluster, ring)).unwrap_or_default(),
        wanted: cluster.spec.replicas > 0,
    };
    let (heard, standstill) = memory.hearing.listen(now, &round);
    let secret = |name: String| live.own(Kind::Secret, &name, cluster).map(typed::<Secret>).transpose();
    let observed = Observed {
        stateful_set: live.own(Kind::StatefulSet, &name, cluster).map(typed).transpose()?,
        node_config: config_map(names::node_config(&name))?,
        ring: published,
        remembered,
        pods,
        claims,
        heard,
        standstill,
        peer_key: secret(names::peer_key(&name))?.as_ref().map(PeerKey::of),
        location_keys: secret(names::location_keys(&name))?.as_ref().map(LocationSecret::of),
        strangers: live.strangers(cluster),
        monitoring,
    };
    Ok(Observation { observed, live })
}

/// Where the node is that acts on the newest ring, if that is newer than the published one.
fn newest(
    nodes: &[Node],
    answers: &BTreeMap<String, NodeReport>,
    published: Option<&Ring>,
) -> Option<IpAddr> {
    let epoch = |node: &Node| answers.get(&node.name)?.ring.as_ref().map(|ring| ring.epoch);
    let newest = nodes.iter().filter(|node| node.ip.is_some()).max_by_key(|node| epoch(node))?;
    let published = published.map_or(0, |ring| ring.epoch);
    newest.ip.filter(|_| epoch(newest).is_some_and(|epoch| epoch > published))
}

/// The members of `ring` that were settled in it when the status was last written: an operator that has just begun has
/// not heard those who are gone.
fn settled_before(cluster: &SessionCluster, ring: &Ring) -> BTreeSet<String> {
    let told = cluster.status.as_ref().and_then(|status| status.ring.as_ref());
    let of_this_ring = told.filter(|told| u64::try_from(told.epoch) == Ok(ring.epoch));
    let members = of_this_ring.iter().flat_map(|told| &told.members);
    members.filter(|member| member.settled).map(|member| member.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use cloakroom_crds::SessionClusterStatus;
    use serde_json::json;

    use super::*;
    use crate::{fixtures, scene::ring};

    #[test]
    fn a_node_is_asked_for_its_ring_if_that_is_the_newest() {
        let observed = crate::scene::scene(4, &["0", "1 at 6", "2 alone"]);
        let answers = observed.heard.into_iter().filter_map(|(name, heard)| Some((name, heard.report?)));
        let (nodes, answers) = (nodes("shop", &observed.pods), answers.collect());
        for (published, expected) in
            [(None, Some([10, 0, 0, 1])), (Some("5: 0A"), Some([10, 0, 0, 1])), (Some("6: 0A"), None)]
        {
            let published = published.map(ring);
            assert_eq!(newest(&nodes, &answers, published.as_ref()), expected.map(IpAddr::from));
        }
    }

    #[test]
    fn what_was_written_of_another_ring_says_nothing_of_this_one() {
        let member = |name: &str, settled| json!({ "name": name, "state": "Active", "settled": settled });
        let status = json!({ "ring": {
            "epoch": 4, "settled": false, "members": [member("shop-0", true), member("shop-1", false)],
        }});
        let mut cluster = fixtures::cluster("{}");
        assert_eq!(settled_before(&cluster, &ring("4: 0A 1A")), BTreeSet::new());
        cluster.status = Some(serde_json::from_value::<SessionClusterStatus>(status).unwrap());
        assert_eq!(settled_before(&cluster, &ring("4: 0A 1A")), ["shop-0".to_owned()].into());
        assert_eq!(settled_before(&cluster, &ring("5: 0A 1A")), BTreeSet::new());
    }
}

//! The operator waits for its resource definition instead of ending.

use cloakroom_e2e::testbed::{Sandbox, eventually, install, operator, sandbox, small};

const CRD: &str = "sessionclusters.cloakroom.dev";

#[tokio::test]
async fn a_missing_definition_is_waited_for() {
    sandbox("without-crd", async |at: &Sandbox| {
        if at.cluster.host().is_none() {
            println!("not here: every SessionCluster goes with the definition, and some may be somebody's");
            return;
        }
        operator::restored(at, async || {
            operator::kubectl(at, &["delete", "crd", CRD, "--timeout=120s"]);
            operator::replace(at);
            eventually("it names what is missing", async || {
                let logs = operator::try_kubectl(at, &["logs", install::OPERATOR, "--tail=20"])?;
                if logs.contains(CRD) { Ok(()) } else { Err(logs) }
            })
            .await;
            assert_eq!(operator::ready(at), "False");
        })
        .await;
        operator::settle(at);
        assert_eq!(operator::restarts(at), "0");
        at.serving("shop", &small(1)).await;
    })
    .await;
}

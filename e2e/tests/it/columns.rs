//! What people see in a terminal.

use cloakroom_e2e::testbed::{Sandbox, sandbox, small};

#[tokio::test]
async fn kubectl_shows_and_explains() {
    sandbox("columns", async |at: &Sandbox| {
        at.serving("shop", &small(1)).await;
        let shown = at.kubectl(&["get", "scl"]);
        let mut lines = shown.lines();
        let heads: Vec<_> = lines.next().expect("a head").split_whitespace().collect();
        assert_eq!(heads, ["NAME", "READY", "DESIRED", "SESSIONS", "EPOCH", "AGE"]);
        let values: Vec<_> = lines.next().expect("a line").split_whitespace().collect();
        assert_eq!(values[..3], ["shop", "1", "1"]);
        assert!(at.kubectl(&["get", "sessions"]).contains("shop"), "the category lists it");

        // No field is without a word about it.
        for field in [
            "spec",
            "spec.storage",
            "spec.state",
            "spec.hotTier",
            "spec.monitoring",
            "spec.podTemplate",
            "status",
        ] {
            let explained = at.kubectl(&["explain", &format!("sessionclusters.{field}")]);
            assert!(!explained.contains("<no description>"), "{field}: {explained}");
        }
        at.kubectl(&["wait", "--for=condition=Ready", "scl/shop", "--timeout=60s"]);
    })
    .await;
}

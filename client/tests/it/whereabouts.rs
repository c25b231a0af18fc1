//! The tool says where a session is: as the ring has it, without asking for the session.

use std::sync::Arc;

use cloakroom_client::Session;
use cloakroom_ring::{Placement, Ring};

use crate::tool::run;

const RING: &str = r#"{"cluster": "demo", "epoch": 7, "members": [
    {"name": "demo-0", "address": "10.0.0.1:42425", "state": "Active"},
    {"name": "demo-1", "address": "10.0.0.2:42425", "clients": "10.0.0.2:5000", "state": "Active"},
    {"name": "demo-2", "address": "10.0.0.3:42425", "state": "Active"}], "unsettled": [], "lossy": false}"#;
const ADDRESSES: [&str; 3] = ["10.0.0.1:42424", "10.0.0.2:5000", "10.0.0.3:42424"];

#[test]
fn the_owner_and_those_behind_it_are_those_of_the_ring() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), RING).unwrap();
    let file = file.path().to_str().unwrap();
    let placement = Placement::new(Arc::new(Ring::from_json(RING).unwrap()), "nobody");
    let mut owners = Vec::new();
    for id in ["a", "b", "c", "d", "e"] {
        let session = Session::new("/LM/W3SVC/1/ROOT", id).unwrap();
        let order = placement.order(session.key_hash());
        owners.push(order[0]);
        let named = |nth: usize| format!("demo-{} ({})", order[nth], ADDRESSES[order[nth]]);
        let expected = format!(
            "{} owns the session in this cluster, by the ring of epoch 7\nwithout it: {}\nthen: {}\n",
            named(0),
            named(1),
            named(2)
        );
        assert_eq!(run(&["--ring-file", file, "where", id]), (0, expected, String::new()));

        let (code, out, _) = run(&["--ring-file", file, "where", id, "--output", "json"]);
        let server = |nth: usize| serde_json::json!({"name": format!("demo-{}", order[nth]), "address": ADDRESSES[order[nth]]});
        let expected =
            serde_json::json!({"owner": server(0), "standIns": [server(1), server(2)], "epoch": 7});
        assert_eq!((code, serde_json::from_str(&out).unwrap()), (0, expected));
    }
    owners.sort_unstable();
    owners.dedup();
    assert_eq!(owners, [0, 1, 2], "the ids are of all nodes");
}

#[test]
fn without_a_ring_it_is_said_what_shows_one() {
    let (code, _, error) = run(&["--server", "127.0.0.1:1", "where", "s"]);
    assert!(code == 1 && error.contains("name a node's admin port with --admin"), "{error}");
    let (code, _, error) = run(&["--admin", "127.0.0.1:1", "--deadline", "2", "where", "s"]);
    assert!(code == 1 && error.contains("admin port"), "{error}");
}

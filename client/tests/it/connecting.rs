//! `docs/connecting.md` says what is so: its commands are understood, and its table of owners is the one that nodes compute.

use std::process::Command;
use std::sync::Arc;

use cloakroom_client::Session;
use cloakroom_ring::{Placement, Ring};

use crate::tool::ended;

const PAGE: &str = include_str!("../../../docs/connecting.md");
const APP: &str = "/LM/W3SVC/1/ROOT";
const RING: &str = r#"{"cluster": "shop", "epoch": 1, "members": [
    {"name": "shop-0", "address": "10.0.0.1:42425", "state": "Active"},
    {"name": "shop-1", "address": "10.0.0.2:42425", "state": "Active"},
    {"name": "shop-2", "address": "10.0.0.3:42425", "state": "Active"}], "unsettled": [], "lossy": false}"#;

/// A row of the table for this session.
fn row(id: &str) -> String {
    let placement = Placement::new(Arc::new(Ring::from_json(RING).unwrap()), "nobody");
    let hash = Session::new(APP, id).unwrap().key_hash();
    let order = placement.order(hash);
    format!("| `{id}` | `{hash:#018x}` | `shop-{}` | `shop-{}`, `shop-{}` |", order[0], order[1], order[2])
}

#[test]
fn owners_are_those_that_nodes_compute() {
    for id in ["2bqykim1k3vdv2nwlfzxylyv", "k1im0mymglivv5rttkwn4fle", "hello", "a"] {
        assert!(PAGE.lines().any(|line| line == row(id)), "the page lacks: {}", row(id));
    }
    for name in ["shop-0", "shop-1", "shop-2"] {
        let hash = cloakroom_ring::key_hash(name.as_bytes());
        assert!(PAGE.contains(&format!("`{hash:#018x}`")), "the page lacks {hash:#018x} of {name}");
    }
}

#[test]
fn commands_are_understood() {
    let mut tried = 0;
    for line in PAGE.lines() {
        let Some(args) = line.strip_prefix("kubectl cloakroom ").or_else(|| line.strip_prefix("cloakroom "))
        else {
            continue;
        };
        // What comes before it must be right for it to be heard.
        let mut tool = Command::new(env!("CARGO_BIN_EXE_cloakroom"));
        let (code, out, error) = ended(tool.args(args.split(' ')).arg("--help"), b"");
        assert!(code == 0 && out.contains("Usage: cloakroom"), "{line}: {error}");
        tried += 1;
    }
    assert!(tried >= 9, "{tried} commands");
}

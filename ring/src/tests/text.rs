//! Rings as text, which is also how nodes send them to each other.

use proptest::prelude::*;

use super::{chosen, members, ring};
use crate::{MEMBERS_MAX, NAME_BYTES_MAX, Ring, TEXT_BYTES_MAX, UNSETTLED_MAX};

/// What the operator publishes and people write: rings of this form must stay readable.
const TEXT: &str = r#"{
  "cluster": "c0ffee00-1111-4222-8333-944455556666",
  "epoch": 7,
  "members": [
    {
      "name": "shop-0",
      "podUID": "8d6a2c1e-0000-4e6d-9d0f-3c8b4a5f6e7d",
      "address": "10.0.0.1:42425",
      "state": "Active"
    },
    {
      "name": "shop-1",
      "podUID": "",
      "address": "[2001:db8::7]:42425",
      "clients": "[2001:db8::7]:4242",
      "state": "Draining"
    }
  ],
  "unsettled": [
    {
      "epoch": 6,
      "members": [
        {
          "name": "shop-1",
          "state": "Active",
          "settled": true
        }
      ]
    }
  ],
  "lossy": false
}"#;

#[test]
fn the_text_is_the_same_in_both_directions() {
    let ring = Ring::from_json(TEXT).unwrap();
    assert_eq!(ring.member("shop-1").unwrap().address, "[2001:db8::7]:42425".parse().unwrap());
    assert_eq!(ring.to_json(), TEXT);
}

/// Where clients reach a member at `address` whose `clients` are as given.
#[track_caller]
fn check_clients(address: &str, clients: Option<&str>, expected: &str) {
    let mut ring = ring(1, "a", &[]);
    ring.members[0].address = address.parse().unwrap();
    ring.members[0].clients = clients.map(|clients| clients.parse().unwrap());
    let read = Ring::from_json(&ring.to_json()).unwrap();
    assert_eq!(read.members[0].clients(), expected.parse().unwrap());
}

#[test]
fn clients_reach_a_member_where_it_says_or_else_where_its_peers_do() {
    check_clients("10.0.0.1:42425", None, "10.0.0.1:42424");
    check_clients("[2001:db8::7]:9", None, "[2001:db8::7]:42424");
    check_clients("10.0.0.1:42425", Some("192.0.2.1:80"), "192.0.2.1:80");
}

#[test]
fn what_a_person_may_leave_out_and_what_a_later_release_may_add() {
    let short = r#"{"cluster": "shop", "epoch": 2, "later": {}, "members":
        [{"name": "a", "address": "10.0.0.1:42425", "state": "Active", "later": 1}],
        "unsettled": [{"epoch": 1, "members": [{"name": "b", "state": "Active"}]}]}"#;
    assert_eq!(Ring::from_json(short).unwrap(), ring(2, "a", &[(1, "b")]));
}

#[track_caller]
fn check_refused(from: &str, to: &str, message: &str) {
    assert!(TEXT.contains(from));
    let error = Ring::from_json(&TEXT.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[test]
fn a_refusal_says_what_to_write() {
    check_refused("\"epoch\": 7", "\"epoch\": 0", "epoch 0: write a number from 1 to");
    check_refused("\"epoch\": 7", "\"epoch\": -1", "invalid value: integer `-1`");
    check_refused("\"epoch\": 7,", "", "missing field `epoch` at line");
    check_refused(
        "\"epoch\": 7",
        "\"epoch\": 6",
        "unsettled ring of epoch 6 after epoch 6: write them newest",
    );
    check_refused("shop-1", "shop-0", "two members named \"shop-0\": give each node a name of its own");
    check_refused("10.0.0.1:42425", "shop-0.nodes:42425", "invalid socket address syntax");
    check_refused("10.0.0.1:42425", "0.0.0.0:42425", "leads nowhere: write the IP address and port");
    check_refused("[2001:db8::7]:4242\"", "[::]:4242\"", "and 10.0.0.1:42424 by clients (clients)");
    check_refused("Draining", "Leaving", "unknown variant `Leaving`, expected `Active` or `Draining`");
    check_refused("c0ffee00", " ", "cluster \" -1111-4222-8333-944455556666\": write 1 to 253 ASCII letters");
    check_refused("\"members\"", "\"nodes\"", "missing field `members`");
    check_refused("{", "", "the ring is unreadable: ");
    let long = " ".repeat(TEXT_BYTES_MAX + 1);
    assert!(Ring::from_json(&long).unwrap_err().to_string().contains("this is something else"));
}

#[test]
fn the_largest_ring_fits() {
    let name = |number: usize| format!("{number:0>NAME_BYTES_MAX$} ");
    let names: String = (0..MEMBERS_MAX).map(name).collect();
    let mut largest = ring(UNSETTLED_MAX as u64 + 1, &names, &[]);
    for member in &mut largest.members {
        member.pod_uid = "u".repeat(NAME_BYTES_MAX);
        member.address = "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:42425".parse().unwrap();
        member.clients = Some("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:42424".parse().unwrap());
        member.state = crate::State::Draining;
    }
    let former = (1..=UNSETTLED_MAX as u64).rev();
    largest.unsettled = former.map(|epoch| crate::Earlier { epoch, ..largest.as_earlier() }).collect();
    let read = Ring::from_json(&largest.to_json()).map_err(|error| error.to_string());
    assert!(read.unwrap() == largest, "the largest ring became another one");
}

proptest! {
    #[test]
    fn text_gives_the_ring_back(
        chain in prop::collection::vec((any::<[u8; 8]>(), any::<bool>()), 1..6),
    ) {
        let mut ring = ring(1, "n0", &[]);
        for (choices, settled) in chain {
            ring = ring.next(members(&chosen(&choices)), |name| settled && name < "n4");
        }
        let line = ring.to_json_line();
        prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
        prop_assert_eq!(Ring::from_json(&line), Ok(ring.clone()));
        prop_assert_eq!(Ring::from_json(&ring.to_json()), Ok(ring));
    }
}

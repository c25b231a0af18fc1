//! The operator's way to a newer ring.

use cloakroom_ring::State::Active;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::admin::ask;
use super::group::Group;

fn signature(key: &[u8], body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(body.as_bytes());
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("Cloakroom-Signature: {digits}\r\n")
}

#[test]
fn only_a_newer_ring_with_the_right_signature_is_acted_on() {
    let mut group = Group::start(1);
    let current = group.publish(&[(0, Active)]);
    let admin = group.members[0].admin.clone();
    let put = |headers: &str, body: &str| ask(&admin, "PUT", "/ring", headers, body);
    let newer = current.next(current.members.clone(), |_| true).to_json();
    let key = [7; 32];

    assert_eq!(put("", &newer).0, 401);
    assert_eq!(put(&signature(&[8; 32], &newer), &newer).0, 401);
    assert_eq!(put(&signature(&key, &current.to_json()), &newer).0, 401);
    let (status, message) = put(&signature(&key, "{}"), "{}");
    assert_eq!(status, 400, "{message}");
    assert_eq!(put(&signature(&key, &newer), &newer).0, 200);
    assert_eq!(put(&signature(&key, &newer), &newer).0, 200, "again is no error");
    let old = current.to_json();
    assert_eq!(put(&signature(&key, &old), &old).0, 409);
    let (status, shown) = ask(&admin, "GET", "/ring", "", "");
    assert_eq!((status, shown), (200, newer));
}

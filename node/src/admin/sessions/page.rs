//! A list of sessions as JSON.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;

use crate::cluster::Partial;
use crate::listing::{Listed, Listing};

/// Bytes of a hash that are shown: two sessions of a cluster hardly share them.
const HASH_BYTES: usize = 8;

/// The whole answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    /// Sessions that could be listed, more than there are below if the limit cut them off.
    total: u64,
    /// Why some of this node's share may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<String>,
    sessions: Vec<Row>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    bytes: u64,
    timeout_minutes: u32,
    remaining_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<Lock>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Lock {
    age_seconds: u64,
    /// Whoever knows it can write, so it is shown to those only who see the id as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    cookie: Option<i32>,
}

impl Page {
    pub(super) fn of(listing: &Listing, partial: Option<Partial>, ids: bool, hash_key: &[u8]) -> Self {
        let sessions = listing.sessions.iter().map(|session| Row::of(session, ids, hash_key));
        let partial = partial.map(|partial| partial.to_string());
        Self { total: listing.total, partial, sessions: sessions.collect() }
    }
}

impl Row {
    fn of(session: &Listed, ids: bool, hash_key: &[u8]) -> Self {
        let name = Name::of(&session.key);
        let lock = session
            .lock
            .map(|lock| Lock { age_seconds: lock.age.as_secs(), cookie: ids.then_some(lock.cookie) });
        Self {
            hash: hash(hash_key, &session.key),
            app: name.app,
            id: ids.then_some(name.id),
            bytes: session.body_bytes,
            timeout_minutes: session.timeout.minutes(),
            remaining_seconds: session.remaining.as_secs(),
            lock,
        }
    }
}

/// A key taken apart as clients put it together: `APP(HASH)/ID`.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    /// The application; `None` if the key has another form, which then is the id as a whole.
    app: Option<String>,
    id: String,
}

impl Name {
    fn of(key: &[u8]) -> Self {
        let key = String::from_utf8_lossy(key);
        let parts = key.rsplit_once(")/").and_then(|(front, id)| Some((front.rsplit_once('(')?.0, id)));
        match parts {
            Some((app, id)) => Self { app: Some(app.to_owned()), id: id.to_owned() },
            None => Self { app: None, id: key.into_owned() },
        }
    }
}

/// The session's name for those who need not know its id.
fn hash(hash_key: &[u8], key: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(hash_key).expect("any length is a key");
    // So that no signature of a ring or a request is ever one of these.
    mac.update(b"session\n");
    mac.update(key);
    mac.finalize().into_bytes()[..HASH_BYTES].iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

#[cfg(test)]
mod tests {
    use cloakroom_protocol::aspnet::{key_into, target};

    use super::Name;

    #[test]
    fn keys_are_taken_apart_as_clients_put_them_together() {
        for (app, id) in [
            ("/LM/W3SVC/1/ROOT", "2bqykim1k3vdv2nwlfzxylyv"),
            ("/LM/W3SVC/1/ROOT/a(b)/c", "id"),
            ("/läden", "a(b"),
        ] {
            let mut key = Vec::new();
            key_into(target(app, id).unwrap().as_bytes(), &mut key);
            assert_eq!(Name::of(&key), Name { app: Some(app.to_owned()), id: id.to_owned() });
        }
        for key in ["", "anything", "a)/b", "(/b"] {
            assert_eq!(Name::of(key.as_bytes()), Name { app: None, id: key.to_owned() }, "{key}");
        }
    }
}

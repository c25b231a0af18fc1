//! The smallest server: decoder, `step` over a map, encoder, and a clock that tests move.

use std::collections::BTreeMap;

use cloakroom_protocol::aspnet::{
    AnswerStyle, Decoder, Limits, Meaning, answer_head, bad_request, key_into, lock_date,
};
use cloakroom_session::{Effect, Entry, FIRST_COOKIE, Input, Outcome, Time, Timeout, invariant, step};

/// Any moment with 18 digits will do for the start of session time.
const START_UNIX_MILLIS: i64 = 1_700_000_000_000;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Server {
    pub(crate) now: Time,
    store: BTreeMap<Vec<u8>, (Entry, Vec<u8>)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    decoder: Decoder,
    unread: Vec<u8>,
    pending: Option<Pending>,
    pub(crate) sent: Vec<u8>,
    pub(crate) closed: bool,
}

/// A request whose body is still arriving.
#[derive(Clone, Debug)]
struct Pending {
    key: Vec<u8>,
    meaning: Meaning,
    body_bytes: usize,
}

impl Server {
    /// Takes in bytes and answers every request that they complete.
    pub(crate) fn receive(&mut self, connection: &mut Connection, bytes: &[u8]) {
        connection.unread.extend_from_slice(bytes);
        while !connection.closed && self.serve_one(connection) {}
    }

    fn serve_one(&mut self, connection: &mut Connection) -> bool {
        if connection.pending.is_none() && !next_head(connection) {
            return false;
        }
        let Some(pending) =
            connection.pending.take_if(|pending| pending.body_bytes <= connection.unread.len())
        else {
            return false;
        };
        let body: Vec<u8> = connection.unread.drain(..pending.body_bytes).collect();
        self.answer(pending, body, &mut connection.sent);
        true
    }

    fn answer(&mut self, Pending { key, meaning, .. }: Pending, body: Vec<u8>, out: &mut Vec<u8>) {
        let style = AnswerStyle::default();
        let Meaning::Command(command) = meaning else {
            return bad_request(out, &style);
        };
        let input =
            Input { now: self.now, cookie_step: 1, first_cookie: FIRST_COOKIE, lifetime_max: Timeout::MAX };
        let entry = self.store.get(&key).map(|(entry, _)| *entry);
        let step = step(input, entry, command);
        assert_eq!(invariant::broken(input, entry, command, &step), None);
        if step.timed_out {
            self.store.remove(&key);
        }
        match step.effect {
            Effect::None => {}
            Effect::Touch(entry, _) => {
                self.store.get_mut(&key).expect("a touched session is stored").0 = entry;
            }
            Effect::Put(entry) => drop(self.store.insert(key.clone(), (entry, body))),
            Effect::Remove => drop(self.store.remove(&key)),
        }
        let content = match step.outcome {
            Outcome::Found { .. } | Outcome::Acquired { .. } => self.store[&key].1.as_slice(),
            _ => &[],
        };
        let now_unix_millis = START_UNIX_MILLIS.saturating_add_unsigned(self.now.as_millis());
        answer_head(out, &style, &step.outcome, content.len(), |age| {
            lock_date(now_unix_millis.saturating_sub_unsigned(age), 3600)
        });
        out.extend_from_slice(content);
    }
}

fn next_head(connection: &mut Connection) -> bool {
    match connection.decoder.head(&connection.unread, &Limits::default()) {
        Ok(None) => false,
        Ok(Some(head)) => {
            let mut key = Vec::new();
            key_into(head.target, &mut key);
            let body_bytes = head.body_bytes.try_into().expect("a body fits the address space");
            connection.pending = Some(Pending { key, meaning: head.meaning, body_bytes });
            let head_bytes = head.head_bytes;
            connection.unread.drain(..head_bytes);
            true
        }
        Err(_) => {
            bad_request(&mut connection.sent, &AnswerStyle::default());
            connection.closed = true;
            false
        }
    }
}

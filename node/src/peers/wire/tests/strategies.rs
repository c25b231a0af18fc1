//! Any message.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_ring::{Member, Ring, State};
use cloakroom_session::{Command, CookieField, Outcome, Timeout};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::Message;
use crate::peers::message::{Answered, Ask, Forward, Question, Reply};
use crate::store::{Backed, Held, Parcel, Row, Stored};

/// Bodies up to this size and beyond: some fit into a frame, some do not.
const LARGE: usize = 200 * 1024;

pub(super) fn message() -> impl Strategy<Value = Message> {
    prop_oneof![question().prop_map(Message::Question), answered().prop_map(Message::Answer)]
}

fn question() -> impl Strategy<Value = Question> {
    let ask = prop_oneof![
        any::<u64>().prop_map(|settled| Ask::Beacon { settled }),
        ring().prop_map(Ask::Adopt),
        (any::<u8>(), command(), duration(), any::<bool>(), stored())
            .prop_map(|(hops, command, patience, abroad, subject)| {
                Forward { hops, command, patience, abroad, subject }
            })
            .prop_map(Ask::Forward),
        vec(any::<u8>(), 0..100).prop_map(|key| Ask::Take { key: Bytes::from(key) }),
        vec(parcel(short()), 0..20).prop_map(Ask::Push),
        vec(parcel(stored().boxed()), 1).prop_map(Ask::Push),
    ];
    (any::<u64>(), ask).prop_map(|(epoch, ask)| Question { epoch, ask })
}

fn answered() -> impl Strategy<Value = Answered> {
    let reply = prop_oneof![
        any::<u64>().prop_map(|settled| Reply::Beacon { settled }),
        Just(Reply::Adopted),
        (outcome(), option::of(stored())).prop_map(|(outcome, body)| Reply::Forwarded { outcome, body }),
        row(stored().boxed()).prop_map(|row| Reply::Held(Held::Row(row))),
        any::<u64>().prop_map(|epoch| Reply::Held(Held::Tombstone { epoch })),
        Just(Reply::Held(Held::Nothing)),
        Just(Reply::Pushed),
        ring().prop_map(Reply::Stale),
        Just(Reply::Behind),
        duration().prop_map(|after| Reply::Retry { after }),
        Just(Reply::Unavailable),
    ];
    (any::<u64>(), reply).prop_map(|(epoch, reply)| Answered { epoch, reply })
}

fn ring() -> impl Strategy<Value = Arc<Ring>> {
    let member = (any::<[u8; 4]>(), 1_u16.., any::<bool>()).prop_map(|(ip, port, active)| {
        let address = SocketAddr::from(([10, ip[1], ip[2], ip[3]], port));
        let state = if active { State::Active } else { State::Draining };
        Member { name: address.to_string(), pod_uid: String::new(), address, clients: None, state }
    });
    let members = vec(member, 1..8).prop_map(|mut members| {
        members.sort_by(|one, other| one.name.cmp(&other.name));
        members.dedup_by(|one, other| one.name == other.name);
        members
    });
    (1_u64..=cloakroom_ring::EPOCH_MAX, members).prop_map(|(epoch, members)| {
        Arc::new(Ring { cluster: "shop".to_owned(), epoch, members, unsettled: Vec::new(), lossy: false })
    })
}

fn command() -> impl Strategy<Value = Command> {
    let set = (timeout(), any::<bool>(), cookie());
    prop_oneof![
        Just(Command::Get),
        Just(Command::Acquire),
        cookie().prop_map(|cookie| Command::Release { cookie }),
        set.prop_map(|(timeout, uninitialised, cookie)| Command::Set { timeout, uninitialised, cookie }),
        cookie().prop_map(|cookie| Command::Remove { cookie }),
        Just(Command::Touch),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let acquired = (any::<bool>(), timeout(), any::<i32>());
    prop_oneof![
        (any::<bool>(), timeout()).prop_map(|(initialise, timeout)| Outcome::Found { initialise, timeout }),
        acquired.prop_map(|(initialise, timeout, cookie)| Outcome::Acquired { initialise, timeout, cookie }),
        any::<bool>().prop_map(|initialise| Outcome::Released { initialise }),
        Just(Outcome::Stored),
        Just(Outcome::Removed),
        Just(Outcome::Touched),
        Just(Outcome::Absent),
        any::<(i32, u64)>().prop_map(|(cookie, age_millis)| Outcome::Locked { cookie, age_millis }),
        any::<bool>().prop_map(|initialise| Outcome::Refused { initialise }),
    ]
}

fn cookie() -> impl Strategy<Value = CookieField> {
    prop_oneof![Just(CookieField::Missing), Just(CookieField::Bad), any::<i32>().prop_map(CookieField::Value)]
}

fn timeout() -> impl Strategy<Value = Timeout> {
    (0..=Timeout::MAX.minutes()).prop_map(|minutes| Timeout::from_minutes(minutes).unwrap())
}

fn duration() -> impl Strategy<Value = Duration> {
    (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(seconds, nanos)| Duration::new(seconds, nanos))
}

fn parcel(content: BoxedStrategy<Stored>) -> impl Strategy<Value = Parcel> {
    let key = vec(any::<u8>(), 0..100).prop_map(|key| Stored::new(&key, b""));
    prop_oneof![
        row(content).prop_map(Parcel::Row),
        (key, any::<u64>(), duration()).prop_map(|(key, epoch, age)| Parcel::Tombstone { key, epoch, age }),
    ]
}

fn row(content: BoxedStrategy<Stored>) -> impl Strategy<Value = Row> {
    let rest = (any::<(u64, bool, i32)>(), timeout(), option::of(duration()), duration(), backed());
    (content, rest).prop_map(
        |(content, ((epoch, uninitialised, cookie), timeout, locked, remaining, backed))| Row {
            content,
            epoch,
            timeout,
            uninitialised,
            cookie,
            locked,
            remaining,
            backed,
        },
    )
}

fn backed() -> impl Strategy<Value = Backed> {
    let recovered = any::<u64>().prop_map(|stored| Backed::Recovered { stored });
    prop_oneof![Just(Backed::Flushed), Just(Backed::Unflushed), recovered]
}

fn stored() -> impl Strategy<Value = Stored> {
    prop_oneof![
        4 => short(),
        // Random bytes by the hundred thousand take their time; what matters is that each place differs.
        1 => (0..u32::MAX / 2, 0..LARGE).prop_map(|(seed, bytes)| {
            let body: Vec<u8> = (seed..).flat_map(u32::to_le_bytes).take(bytes).collect();
            Stored::new(b"a key", &body)
        }),
    ]
}

fn short() -> BoxedStrategy<Stored> {
    (vec(any::<u8>(), 0..50), vec(any::<u8>(), 0..500))
        .prop_map(|(key, body)| Stored::new(&key, &body))
        .boxed()
}

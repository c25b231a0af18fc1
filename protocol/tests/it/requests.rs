//! The client's requests: captured bytes, and what the server side reads in them.

use cloakroom_protocol::aspnet::{Decoder, Limits, Meaning, Request, target};
use cloakroom_protocol::transcript::{Exchange, groups};
use cloakroom_session::{Command, CookieField, Timeout};
use proptest::prelude::*;

const APP: &str = "/LM/W3SVC/2/ROOT";

fn minutes(minutes: u32) -> Timeout {
    Timeout::from_minutes(minutes).unwrap()
}

fn check(vector: &str, session_id: &str, request: Request<'_>) {
    let exchange = groups()
        .into_iter()
        .flat_map(|group| group.exchanges)
        .find(|Exchange { id, .. }| id == vector)
        .unwrap();
    let mut out = Vec::new();
    request.encode(&mut out, "localhost", &target(APP, session_id).unwrap());
    assert_eq!(out.escape_ascii().to_string(), exchange.sends.escape_ascii().to_string(), "{vector}");
}

#[test]
fn are_those_of_captured_traffic() {
    let a = "bpr4mimb2vjnvtn2jc4yp3uo";
    let empty = b"\x14\0\0\0\0\0\xff";
    check("V01", a, Request::Acquire);
    check("V02", a, Request::Set { timeout: minutes(20), uninitialised: true, cookie: 0, body: empty });
    check("V05", a, Request::Get);
    check("V06", a, Request::Touch);
    check("V12", a, Request::Release { cookie: 2 });
    check("V25", "k1im0mymglivv5rttkwn4fle", Request::Remove { cookie: 4 });
    let body = b"\x01\0\0\0\0\0\xff";
    let set = Request::Set { timeout: minutes(1), uninitialised: false, cookie: 2, body };
    check("V107", "nnnnnnnnnnnnnnnnnnnnnn01", set);
}

#[test]
fn name_the_session_as_captured_traffic_does() {
    let expected = "%2fLM%2fW3SVC%2f2%2fROOT(oXvpnxcuEWqKAgOETha32JavYZ6eCqrpTN5%2fHxWS854%3d)%2f";
    assert_eq!(target(APP, "k1im").unwrap(), format!("{expected}k1im"));
    assert_eq!(target(&APP[1..], "x").unwrap().split('(').next(), Some("%2fLM%2fW3SVC%2f2%2fROOT"));
    assert!(target(APP, "a b~'*!").unwrap().ends_with("%2fa+b%7e%27*!"));
    assert_eq!(
        target(APP, "").unwrap_err().to_string(),
        "a session id has 1 to 80 characters, this one has 0"
    );
    assert!(target(APP, &"\u{e9}".repeat(80)).is_ok());
    assert!(target(APP, &"e".repeat(81)).is_err());
}

prop_compose! {
    fn any_cookie()(cookie in 0..=i32::MAX) -> i32 { cookie }
}

fn requests(body: &[u8]) -> impl Strategy<Value = (Request<'_>, Command)> {
    let value = CookieField::Value;
    prop_oneof![
        Just((Request::Get, Command::Get)),
        Just((Request::Acquire, Command::Acquire)),
        Just((Request::Touch, Command::Touch)),
        any_cookie().prop_map(move |cookie| (
            Request::Release { cookie },
            Command::Release { cookie: value(cookie) }
        )),
        any_cookie()
            .prop_map(move |cookie| (Request::Remove { cookie }, Command::Remove { cookie: value(cookie) })),
        (0..=525_600_u32, any::<bool>(), any_cookie()).prop_map(move |(timeout, uninitialised, cookie)| {
            let timeout = minutes(timeout);
            let command = Command::Set { timeout, uninitialised, cookie: value(cookie) };
            (Request::Set { timeout, uninitialised, cookie, body }, command)
        }),
    ]
}

const BODY: &[u8] = b"\r\n\r\nGET x HTTP/1.1\r\n\r\n";

proptest! {
    #[test]
    fn mean_the_same_to_the_server((request, command) in requests(BODY), id in "\\PC{1,80}") {
        let target = target(APP, &id).unwrap();
        let mut bytes = Vec::new();
        request.encode(&mut bytes, "localhost", &target);
        let head = Decoder::default().head(&bytes, &Limits::default()).unwrap().unwrap();
        prop_assert_eq!(head.meaning, Meaning::Command(command));
        prop_assert_eq!(head.target, target.as_bytes());
        let body = &bytes[head.head_bytes..];
        prop_assert_eq!(u32::try_from(body.len()).unwrap(), head.body_bytes);
        prop_assert!(body.is_empty() || body == BODY);
    }
}

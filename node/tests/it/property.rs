//! The node on the wire against the pure step over a map: same commands, same bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use cloakroom_protocol::aspnet::{AnswerStyle, answer_head};
use cloakroom_session::{
    Command, CookieField, Effect, Entry, FIRST_COOKIE, Input, Outcome, Time, Timeout, step,
};
use proptest::prelude::*;

use crate::node::Node;

const LIFETIME_MAX: Timeout = Timeout::MAX;

#[derive(Clone, Debug)]
struct Request {
    key: usize,
    command: Command,
    body_bytes: usize,
    pause_seconds: u64,
}

prop_compose! {
    fn any_request()(
        key in 0..5usize,
        command in any_command(),
        body_bytes in 1..9000usize,
        pause_seconds in prop_oneof![6 => Just(0), 1 => 1..40u64, 1 => 50..130u64],
    ) -> Request {
        Request { key, command, body_bytes, pause_seconds }
    }
}

fn any_cookie() -> impl Strategy<Value = CookieField> {
    prop_oneof![Just(CookieField::Missing), Just(CookieField::Bad), (0..6i32).prop_map(CookieField::Value)]
}

fn any_command() -> impl Strategy<Value = Command> {
    let timeout = prop_oneof![
        Just(Timeout::DEFAULT),
        (1..3u32).prop_map(|n| Timeout::from_minutes(n).expect("in range"))
    ];
    prop_oneof![
        2 => Just(Command::Get),
        3 => Just(Command::Acquire),
        1 => Just(Command::Touch),
        2 => any_cookie().prop_map(|cookie| Command::Release { cookie }),
        5 => (timeout, prop::bool::weighted(0.2), any_cookie())
            .prop_map(|(timeout, uninitialised, cookie)| Command::Set { timeout, uninitialised, cookie }),
        1 => any_cookie().prop_map(|cookie| Command::Remove { cookie }),
    ]
}

fn cookie_line(cookie: CookieField) -> String {
    match cookie {
        CookieField::Missing => String::new(),
        CookieField::Bad => "LockCookie:-7\r\n".to_owned(),
        CookieField::Value(value) => format!("LockCookie:{value}\r\n"),
    }
}

fn bytes_of(key: &str, command: Command, body: &[u8]) -> Vec<u8> {
    let (method, fields) = match command {
        Command::Get => ("GET", String::new()),
        Command::Acquire => ("GET", "Exclusive: acquire\r\n".to_owned()),
        Command::Release { cookie } => ("GET", format!("Exclusive: release\r\n{}", cookie_line(cookie))),
        Command::Set { timeout, uninitialised, cookie } => (
            "PUT",
            format!(
                "Timeout:{}\r\nContent-Length:{}\r\nExtraFlags:{}\r\n{}",
                timeout.minutes(),
                body.len(),
                u8::from(uninitialised),
                cookie_line(cookie)
            ),
        ),
        Command::Remove { cookie } => ("DELETE", cookie_line(cookie)),
        Command::Touch => ("HEAD", String::new()),
    };
    let mut bytes = format!("{method} {key} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n").into_bytes();
    if matches!(command, Command::Set { .. }) {
        bytes.extend_from_slice(body);
    }
    bytes
}

/// The answer with what depends on the wall clock taken out.
fn comparable(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    text.lines().filter(|line| !line.starts_with("LockDate: ")).collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_node_answers_as_the_step_does(requests in proptest::collection::vec(any_request(), 1..60)) {
        // The clock runs ahead by hours; no connection is idle for that.
        let node = Node::with(|config| config.limits.idle_timeout = Duration::from_secs(1 << 30));
        let mut client = node.client();
        let mut model: BTreeMap<usize, (Entry, Vec<u8>)> = BTreeMap::new();
        let mut now = Time::ZERO;
        for (tag, request) in requests.into_iter().enumerate() {
            // A millisecond more, so that time moves between any two commands.
            let pause = Duration::from_millis(request.pause_seconds * 1000 + 1);
            node.advance(pause);
            now = now.plus_millis(u64::try_from(pause.as_millis()).unwrap());
            let body: Vec<u8> = (0..request.body_bytes).map(|at| u8::try_from((at * at + tag) % 253).unwrap()).collect();
            let input = Input { now, cookie_step: 1, first_cookie: FIRST_COOKIE, lifetime_max: LIFETIME_MAX };
            let expected = step(input, model.get(&request.key).map(|(entry, _)| *entry), request.command);
            let seen = model.get(&request.key).map(|(_, body)| body.clone()).unwrap_or_default();
            if expected.timed_out {
                model.remove(&request.key);
            }
            match expected.effect {
                Effect::None => {}
                Effect::Touch(entry, _) => model.get_mut(&request.key).unwrap().0 = entry,
                Effect::Put(entry) => drop(model.insert(request.key, (entry, body.clone()))),
                Effect::Remove => drop(model.remove(&request.key)),
            }
            let carries = matches!(expected.outcome, Outcome::Found { .. } | Outcome::Acquired { .. });
            let seen = if carries { seen } else { Vec::new() };
            let mut bytes = Vec::new();
            answer_head(&mut bytes, &AnswerStyle::default(), &expected.outcome, seen.len(), |_| 0);
            bytes.extend_from_slice(&seen);

            let got = client.bytes_for(&bytes_of(&format!("/key-{}", request.key), request.command, &body));
            prop_assert_eq!(comparable(&got), comparable(&bytes));
        }
    }
}

//! Every golden conversation, whole and cut at every byte.

use cloakroom_protocol::transcript::{Comparison, Exchange, groups};

use crate::server::{Connection, Server};

/// Plays an exchange in `pieces`, checks the answer and gives it.
fn check(server: &mut Server, exchange: &Exchange, pieces: &[&[u8]]) -> Vec<u8> {
    let mut connection = Connection::default();
    for piece in pieces {
        server.receive(&mut connection, piece);
    }
    let Connection { sent, closed, .. } = connection;
    let shown = sent.escape_ascii();
    assert_eq!(exchange.answer.compare(&sent), Comparison::Whole, "{} answered {shown}", exchange.id);
    assert_eq!(closed, exchange.server_closes, "{} closes", exchange.id);
    sent
}

#[test]
fn are_answered_byte_for_byte_however_they_arrive() {
    for group in groups() {
        let mut server = Server::default();
        for exchange in &group.exchanges {
            server.now = server.now.plus_millis(exchange.advance_secs * 1000);
            let before = server.clone();
            let whole = check(&mut server, exchange, &[&exchange.sends]);
            for at in 1..exchange.sends.len() {
                let (start, end) = exchange.sends.split_at(at);
                let mut cut = before.clone();
                assert_eq!(check(&mut cut, exchange, &[start, end]), whole, "{} cut at {at}", exchange.id);
                assert_eq!(cut, server, "{} cut at {at}", exchange.id);
            }
            let mut trickled = before;
            let bytes: Vec<&[u8]> = exchange.sends.chunks(1).collect();
            assert_eq!(check(&mut trickled, exchange, &bytes), whole, "{} byte by byte", exchange.id);
            assert_eq!(trickled, server, "{} byte by byte", exchange.id);
        }
    }
}

#[test]
fn are_all_there() {
    let ids: Vec<String> =
        groups().into_iter().flat_map(|group| group.exchanges).map(|exchange| exchange.id).collect();
    let expected: Vec<String> = (1..=115).map(|number| format!("V{number:02}")).collect();
    assert_eq!(ids, expected);
}

#[test]
fn tell_the_age_of_a_lock_in_whole_seconds_and_its_date_in_local_ticks() {
    let group = groups().into_iter().find(|group| group.name == "g").unwrap();
    let mut server = Server::default();
    let answers: Vec<String> = group
        .exchanges
        .iter()
        .map(|exchange| {
            server.now = server.now.plus_millis(exchange.advance_secs * 1000);
            check(&mut server, exchange, &[&exchange.sends]).escape_ascii().to_string()
        })
        .filter(|answer| answer.starts_with("423"))
        .collect();
    // 2023-11-14 22:13:20 UTC, one hour ahead.
    assert!(answers[0].contains("LockDate: 638356004000000000\\r\\nLockAge: 110\\r"), "{}", answers[0]);
    assert!(answers[1].contains("LockDate: 638356005100000000\\r\\nLockAge: 0\\r"), "{}", answers[1]);
}

#[test]
fn are_compared_to_the_byte() {
    let exchange =
        groups().into_iter().flat_map(|group| group.exchanges).find(|exchange| exchange.id == "V04").unwrap();
    let answer = |date: &str, age: &str| {
        format!(
            "423 Locked\r\nX-AspNet-Version: 4.0.30319\r\nLockDate: {date}\r\nLockAge: {age}\r\nLockCookie: 2\r\n\
             Cache-Control: private\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let compare = |answer: &str| exchange.answer.compare(answer.as_bytes());
    let whole = answer("638356004000000000", "0");
    assert_eq!(compare(&whole), Comparison::Whole);
    for end in 0..whole.len() {
        assert_eq!(compare(&whole[..end]), Comparison::Prefix, "{end} bytes");
    }
    assert_eq!(compare(&(whole.clone() + "x")), Comparison::Differs { at: whole.len() });
    assert_eq!(compare(&whole.replace("423", "424")), Comparison::Differs { at: 2 });
    assert_eq!(compare(&answer("63835600400000000", "0")), Comparison::Differs { at: 68 });
    assert_eq!(compare(&answer("6383560040000000000", "0")), Comparison::Differs { at: 69 });
    assert_eq!(compare(&answer("638356004000000000", "x")), Comparison::Differs { at: 80 });
    assert_eq!(compare(&answer("638356004000000000", "110")), Comparison::Whole);
}

//! Arbitrary bytes: nothing panics, nothing reads past its frame, and cuts change nothing.
//!
//! These run in seconds with the other tests, from the corpus beside them and at random. The same
//! targets take a coverage-guided engine (`cargo bolero test fuzz::requests`) for hours.

use cloakroom_protocol::aspnet::{AnswerDecoder, Decoder, Limits, key_into};

const ITERATIONS: usize = 20_000;

const LIMITS: Limits = Limits { head_bytes: 512, target_bytes: 128, headers: 12, body_bytes: 4096 };

/// Feeds `input` whole and byte by byte; both must give the same, at the same byte at the latest.
fn check<T: PartialEq + std::fmt::Debug>(
    input: &[u8],
    mut whole: impl FnMut(&[u8]) -> Option<T>,
    mut trickled: impl FnMut(&[u8]) -> Option<T>,
) -> Option<T> {
    let first = (0..=input.len()).find_map(|seen| trickled(&input[..seen]));
    let whole = whole(input);
    assert_eq!(first, whole);
    whole
}

/// Decodes a request and checks what must hold of any.
fn check_request(input: &[u8]) {
    let (mut whole, mut trickled) = (Decoder::default(), Decoder::default());
    let end = |decoder: &mut Decoder, bytes: &[u8]| {
        let verdict = decoder.head(bytes, &LIMITS).transpose()?;
        Some(verdict.map(|head| (head.target.to_vec(), head.meaning, head.head_bytes, head.body_bytes)))
    };
    let verdict = check(input, |bytes| end(&mut whole, bytes), |bytes| end(&mut trickled, bytes));
    match verdict {
        None => assert!(input.len() < LIMITS.head_bytes),
        Some(Err(_)) => {}
        Some(Ok((target, _, head_bytes, body_bytes))) => {
            assert!(head_bytes <= input.len().min(LIMITS.head_bytes) && input[..head_bytes].ends_with(b"\n"));
            assert!(
                !target.is_empty() && target.len() <= LIMITS.target_bytes && body_bytes <= LIMITS.body_bytes
            );
        }
    }
}

#[test]
fn requests() {
    bolero::check!().with_iterations(ITERATIONS).for_each(check_request);
}

/// What requests are made of, and what spoils them; random choices get deeper than random bytes.
const FRAGMENTS: &[&str] = &[
    "GET ",
    "PUT ",
    "DELETE ",
    "HEAD ",
    "POST ",
    "%2fLM",
    "//",
    "+",
    "%u00e9",
    " HTTP/1.1",
    " HTTP/1.0",
    "\r\n",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "\0",
    " ",
    ":",
    "Host: localhost",
    "Exclusive: acquire",
    "Exclusive: release",
    "Timeout:20",
    "Content-Length:7",
    "Content-Length:",
    "ExtraFlags:1",
    "LockCookie:2",
    "Lock-Cookie: -1",
    "Transfer-Encoding: x",
    "9",
];

#[test]
fn requests_of_fragments() {
    bolero::check!().with_type::<Vec<u8>>().with_iterations(ITERATIONS).for_each(|choices| {
        let fragments = choices.iter().map(|choice| FRAGMENTS[usize::from(*choice) % FRAGMENTS.len()]);
        check_request(fragments.collect::<String>().as_bytes());
    });
}

#[test]
fn answers() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        let (mut whole, mut trickled) = (AnswerDecoder::default(), AnswerDecoder::default());
        let end = |decoder: &mut AnswerDecoder, bytes: &[u8]| decoder.head(bytes, &LIMITS).transpose();
        let verdict = check(input, |bytes| end(&mut whole, bytes), |bytes| end(&mut trickled, bytes));
        match verdict {
            None => assert!(input.len() < LIMITS.head_bytes),
            Some(Err(_)) => {}
            Some(Ok(head)) => {
                assert!(
                    head.head_bytes <= input.len().min(LIMITS.head_bytes)
                        && head.body_bytes <= LIMITS.body_bytes
                );
                assert!((100..1000).contains(&head.status));
            }
        }
    });
}

#[test]
fn keys() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        let mut key = Vec::new();
        key_into(input, &mut key);
        // No escape is shorter than what it stands for, so a key never outgrows its target.
        assert!(key.len() <= input.len());
        assert!(!key.is_empty() || input.is_empty());
    });
}

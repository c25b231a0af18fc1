//! Who may look at sessions: whoever is on this machine, and whoever knows the cluster's key.

use std::net::{IpAddr, SocketAddr};

use axum::http::{
    HeaderMap, StatusCode,
    header::{HOST, ORIGIN},
};

use super::{AdminState, Refusal, challenges::Challenges};
use crate::admin::ring::{SIGNATURE, signed};

/// Names the challenge, in the answer that gives it out and in the request that is signed with it.
pub(super) const CHALLENGE: &str = "cloakroom-challenge";

const WEB_PAGE: &str =
    "sessions are not for web pages: ask with a tool, by the address of this node or localhost";

/// Lets the caller of `request` (method and target) pass, or says what is to be signed: the request, the challenge and the
/// body, one behind the other with a line feed between them.
pub(super) fn check(
    state: &AdminState,
    caller: SocketAddr,
    request: &str,
    headers: &HeaderMap,
    body: &str,
) -> Result<(), Refusal> {
    if caller.ip().to_canonical().is_loopback() {
        return if is_of_a_web_page(headers) {
            Err(Refusal::new(StatusCode::FORBIDDEN, WEB_PAGE))
        } else {
            Ok(())
        };
    }
    let Some(key) = state.member.get().and_then(|member| member.key.as_deref()) else {
        let why = "sessions are shown only to callers on the machine or in the pod that the node runs on: call it there";
        return Err(Refusal::new(StatusCode::FORBIDDEN, why));
    };
    prove(key, &state.sessions.challenges, request, headers, body)
}

/// Whether a web page may have made the request, in the browser of somebody who is on this machine or has forwarded a port
/// to it. Browsers say where a page comes from when it sends something; and a page that reads answers must have had its own
/// name lead here, which then is the host.
fn is_of_a_web_page(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).map(|host| host.to_str().unwrap_or("?"));
    headers.contains_key(ORIGIN) || host.is_some_and(|host| !is_address(host))
}

/// An address or `localhost`, with or without a port.
fn is_address(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    address.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost")
}

fn prove(
    key: &[u8],
    challenges: &Challenges,
    request: &str,
    headers: &HeaderMap,
    body: &str,
) -> Result<(), Refusal> {
    let challenge = headers.get(CHALLENGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = format!("{request}\n{challenge}\n{body}");
    // In this order: a challenge is used up only by who knows the key.
    if signed(key, headers, &message) && challenges.use_up(challenge) {
        return Ok(());
    }
    let why = format!(
        "call from the node's machine or pod, or sign with the key of this cluster ({SIGNATURE}: hexadecimal HMAC-SHA256 \
         of method and target, the {CHALLENGE} of this answer, and the body, each but the last with a line feed behind it)"
    );
    let challenge = Some(challenges.issue());
    Err(Refusal { challenge, ..Refusal::new(StatusCode::UNAUTHORIZED, why) })
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use sha2::Sha256;

    use super::*;

    const KEY: &[u8] = b"the key of the cluster";

    fn headers(key: &[u8], challenge: &str, message: &str) -> HeaderMap {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(message.as_bytes());
        let signature: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, signature.parse().unwrap());
        headers.insert(CHALLENGE, challenge.parse().unwrap());
        headers
    }

    #[test]
    fn a_signature_is_good_for_one_request_and_no_other() {
        let challenges = Challenges::default();
        let prove = |request: &str, headers: &HeaderMap, body: &str| {
            prove(KEY, &challenges, request, headers, body).map_err(|refusal| refusal.challenge.unwrap())
        };
        let request = "GET /sessions/locked?ids=true";
        let challenge = prove(request, &HeaderMap::new(), "").unwrap_err();
        let good = headers(KEY, &challenge, &format!("{request}\n{challenge}\n"));
        for (request, headers, body) in [
            ("GET /sessions/locked?ids=false", &good, ""),
            (request, &good, "{}"),
            (request, &headers(b"another key", &challenge, &format!("{request}\n{challenge}\n")), ""),
            (request, &headers(KEY, "", &format!("{request}\n\n")), ""),
        ] {
            assert!(prove(request, headers, body).is_err(), "{request} {headers:?} {body}");
        }
        assert_eq!(prove(request, &good, ""), Ok(()), "others did not use up the challenge");
        assert!(prove(request, &good, "").is_err(), "played back");
    }

    #[test]
    fn a_web_page_in_a_browser_on_this_machine_is_no_caller() {
        for (name, value, refused) in [
            (HOST, "127.0.0.1:9424", false),
            (HOST, "127.0.0.1", false),
            (HOST, "[::1]:9424", false),
            (HOST, "localhost:9424", false),
            (HOST, "rebound.example:9424", true),
            (HOST, "localhost.example", true),
            (HOST, "", true),
            (ORIGIN, "http://rebound.example", true),
            (ORIGIN, "null", true),
        ] {
            let headers = HeaderMap::from_iter([(name.clone(), value.parse().unwrap())]);
            assert_eq!(is_of_a_web_page(&headers), refused, "{name}: {value}");
        }
        assert!(!is_of_a_web_page(&HeaderMap::new()));
    }
}

//! `/ring`: the ring in force, and the operator's way to a newer one.

use axum::{
    Extension,
    extract::{ConnectInfo, Query, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use cloakroom_ring::Ring;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use tokio_util::sync::CancellationToken;

use super::AdminState;
use super::ring_stream::{self, WATCHERS_MAX, Watcher};
use crate::cluster::Refused;

pub use cloakroom_node_config::RING_SIGNATURE as SIGNATURE;

const ALONE: &str = "this node is alone: it was started without --ring-file\n";

/// What may be added to the page's name.
#[derive(Deserialize)]
pub(super) struct Options {
    /// The rings that follow are shown as well.
    #[serde(default)]
    watch: bool,
}

/// The ring as JSON; 404 before the first.
pub(super) async fn show(
    State(state): State<AdminState>,
    Query(options): Query<Options>,
    Extension(stop): Extension<CancellationToken>,
) -> Response {
    let Some(member) = state.member.get() else {
        return (StatusCode::NOT_FOUND, ALONE).into_response();
    };
    let Some(ring) = member.cluster.ring() else {
        return (StatusCode::NOT_FOUND, "no ring has reached this node yet\n").into_response();
    };
    if !options.watch {
        return ([(CONTENT_TYPE, "application/json")], ring.to_json()).into_response();
    }
    let Some(watcher) = Watcher::admit(&state.metrics) else {
        let full = format!("{WATCHERS_MAX} watch this node already; watch another one\n");
        return (StatusCode::SERVICE_UNAVAILABLE, full).into_response();
    };
    let lines = ring_stream::body(std::sync::Arc::clone(&member.cluster), watcher, stop);
    ([(CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
}

/// Acts on the ring in the body.
pub(super) async fn change(
    State(state): State<AdminState>,
    ConnectInfo(caller): ConnectInfo<std::net::SocketAddr>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let Some(member) = state.member.get() else { return (StatusCode::NOT_FOUND, ALONE.to_owned()) };
    let trusted = match &member.key {
        Some(key) => signed(key, &headers, &body),
        // Nothing could be proved, so only whoever may also change the files.
        None => caller.ip().to_canonical().is_loopback(),
    };
    if !trusted {
        let why = format!(
            "not signed with the key of this cluster ({SIGNATURE}: hexadecimal HMAC-SHA256 of the body)\n"
        );
        return (StatusCode::UNAUTHORIZED, why);
    }
    let ring = match Ring::from_json(&body) {
        Ok(ring) => ring,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")),
    };
    match member.cluster.adopt(&ring).await {
        Ok(()) => (StatusCode::OK, format!("acting on epoch {}\n", ring.epoch)),
        Err(refused @ Refused::Bad(_)) => (StatusCode::BAD_REQUEST, format!("{refused}\n")),
        Err(refused @ Refused::Io(_)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{refused}\n")),
        Err(refused) => (StatusCode::CONFLICT, format!("{refused}\n")),
    }
}

/// Whether the headers show what only who knows the key can have made of `message`.
pub(super) fn signed(key: &[u8], headers: &HeaderMap, message: &str) -> bool {
    let shown = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).and_then(unhex);
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(message.as_bytes());
    // Compares in constant time.
    shown.is_some_and(|shown| mac.verify_slice(&shown).is_ok())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

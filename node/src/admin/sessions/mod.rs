//! `/sessions/…`: which sessions hold locks, which are large, and the breaking of a lock.
//!
//! For people who look after a cluster, and nobody else: they must be on this machine or know the cluster's key. A list
//! names sessions by a keyed hash, and by their ids only if asked to; contents are never shown. What lets somebody act as a
//! session's user or against them, its id or the end of its lock, is told to the log, without the id.

mod breaking;
mod caller;
mod challenges;
mod page;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::sync::OnceLock;

use axum::{
    Json,
    extract::{ConnectInfo, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::AdminState;
use crate::{gateway::Gateway, listing::By};
use challenges::Challenges;
use page::Page;

pub(super) use breaking::break_lock;

/// Sessions in one list.
const LIMIT_MAX: usize = 1000;

/// What the pages about sessions need of the node.
pub struct Sessions {
    /// None before the node serves.
    gateway: OnceLock<Gateway>,
    /// One list at a time: each is a walk over all sessions.
    listing: Semaphore,
    challenges: Challenges,
    /// Keys the hashes of ids where the node has no key of a cluster.
    secret: [u8; 32],
}

impl Sessions {
    /// Before the node serves. `secret` is random.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        let (gateway, challenges) = (OnceLock::new(), Challenges::default());
        Self { gateway, listing: Semaphore::new(1), challenges, secret }
    }

    /// From now on the pages show what `gateway` serves.
    pub fn serve(&self, gateway: Gateway) {
        // Nobody else sets it.
        drop(self.gateway.set(gateway));
    }

    fn gateway(&self) -> Result<&Gateway, Refusal> {
        let starting =
            || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "this node does not serve sessions yet");
        self.gateway.get().ok_or_else(starting)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// What can be asked of a list.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    limit: Option<usize>,
    ids: bool,
}

/// The longest locked, as JSON.
pub(super) async fn locked(
    state: State<AdminState>,
    caller: ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    answer(show(By::Lock, 100, state, caller, uri, &headers, asked).await)
}

/// The largest, as JSON.
pub(super) async fn largest(
    state: State<AdminState>,
    caller: ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    answer(show(By::Size, 20, state, caller, uri, &headers, asked).await)
}

async fn show(
    by: By,
    default_limit: usize,
    State(state): State<AdminState>,
    ConnectInfo(caller): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: &HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Page>, Refusal> {
    caller::check(&state, caller, &format!("GET {uri}"), headers, "")?;
    let Query(Asked { limit, ids }) = asked.map_err(|_| {
        Refusal::new(StatusCode::BAD_REQUEST, "write ?limit=NUMBER, and &ids=true to see the ids")
    })?;
    let limit = limit.unwrap_or(default_limit);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, format!("a list has a limit of 1 to {LIMIT_MAX}")));
    }
    let gateway = state.sessions.gateway()?;
    let _alone = state.sessions.listing.try_acquire().map_err(|_| {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "this node is making a list for somebody else: ask again in a moment",
        )
    })?;
    let (listing, partial) = gateway
        .list(by, limit)
        .await
        .map_err(|stopped| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, stopped.to_string()))?;
    if ids {
        tracing::warn!(%caller, list = ?by, sessions = listing.sessions.len(), "audit: session ids were shown");
    }
    Ok(Json(Page::of(&listing, partial, ids, hash_key(&state))))
}

/// The same at all nodes of a cluster, so that a session keeps its hash when it moves.
fn hash_key(state: &AdminState) -> &[u8] {
    match state.member.get().and_then(|member| member.key.as_deref()) {
        Some(key) => key,
        None => &state.sessions.secret,
    }
}

/// Why a page is not shown.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: StatusCode,
    why: String,
    /// What is to be signed next time.
    challenge: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into(), challenge: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let challenge = self.challenge.map(|challenge| [(caller::CHALLENGE, challenge)]);
        (self.status, challenge, format!("{}\n", self.why)).into_response()
    }
}

fn answer(result: Result<impl IntoResponse, Refusal>) -> Response {
    result.into_response()
}

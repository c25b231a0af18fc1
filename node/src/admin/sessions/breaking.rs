//! `POST /sessions/break`: takes a lock away from who holds it.
//!
//! It is the release that any client could send which knows the cookie; here it is on record.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse as _, Response},
};
use cloakroom_protocol::aspnet::{key_into, target};
use cloakroom_session::{Command, CookieField, Outcome};
use serde::Deserialize;

use super::{AdminState, Refusal, caller};
use crate::gateway::{Execution, Gateway};
use crate::store::{Answer, Unavailable};

/// Whose lock, and which.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Broken {
    app: String,
    id: String,
    cookie: i32,
}

/// 200 if the session is not locked by that cookie any more, 404 if there is no such session, 409 if it is locked by another
/// one.
pub(in crate::admin) async fn break_lock(
    State(state): State<AdminState>,
    ConnectInfo(caller): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    match checked(&state, caller, &uri.to_string(), &headers, &body).await {
        Ok(told) => format!("{told}\n").into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn checked(
    state: &AdminState,
    caller: SocketAddr,
    target: &str,
    headers: &HeaderMap,
    body: &str,
) -> Result<&'static str, Refusal> {
    caller::check(state, caller, &format!("POST {target}"), headers, body)?;
    let (key, cookie) = wanted(body).map_err(|why| Refusal::new(StatusCode::BAD_REQUEST, why))?;
    let released = release(state.sessions.gateway()?, &key, cookie).await;
    let outcome = released.as_ref().map(|answer| answer.outcome);
    tracing::warn!(%caller, broken = matches!(outcome, Ok(Outcome::Released { .. })), "audit: a lock was to be broken");
    match outcome {
        Ok(Outcome::Released { .. }) => Ok("not locked by that cookie any more"),
        Ok(Outcome::Absent) => Err(Refusal::new(StatusCode::NOT_FOUND, "there is no such session")),
        Ok(Outcome::Locked { cookie, age_millis }) => {
            let seconds = age_millis / 1000;
            let why = format!("another lock holds it, for {seconds} seconds, with cookie {cookie}");
            Err(Refusal::new(StatusCode::CONFLICT, why))
        }
        Ok(_) => Err(Refusal::new(StatusCode::BAD_REQUEST, "that is no lock cookie")),
        Err(unavailable) => {
            let why = format!("{unavailable}: look whether it is still locked before you try again");
            Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why))
        }
    }
}

fn wanted(body: &str) -> Result<(Vec<u8>, i32), String> {
    let Broken { app, id, cookie } = serde_json::from_str(body)
        .map_err(|_| r#"write {"app": "APPLICATION ID", "id": "SESSION ID", "cookie": NUMBER}"#.to_owned())?;
    if cookie < 0 {
        return Err("a lock cookie is a number from 0 to 2147483647".to_owned());
    }
    let target = target(&app, &id).map_err(|error| error.to_string())?;
    let mut key = Vec::new();
    key_into(target.as_bytes(), &mut key);
    Ok((key, cookie))
}

async fn release(gateway: &Gateway, key: &[u8], cookie: i32) -> Result<Answer, Unavailable> {
    let command = Command::Release { cookie: CookieField::Value(cookie) };
    match gateway.execute(key, command, None) {
        Execution::Answered(answer) => Ok(answer),
        Execution::Waiting(waiting) => gateway.finish(waiting, key, command, None).await,
    }
}

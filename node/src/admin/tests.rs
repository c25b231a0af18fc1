//! Requests over a real socket, and what comes back.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use super::{AdminState, Phase, Readiness, Reporter, Sessions, drain, log, serve};
use crate::{metrics::Metrics, telemetry::LogControl};

pub(super) fn state() -> (Reporter, AdminState) {
    let (reporter, readiness) = Readiness::starting("replaying the journal, 40 %");
    let metrics = Arc::new(Metrics::new("1.2.3", 0));
    let (log, layer) = LogControl::new("info").unwrap();
    // The filter belongs to a subscriber for as long as the process runs.
    Box::leak(Box::new(layer));
    (
        reporter,
        AdminState {
            readiness,
            metrics,
            config: "hotTier: 1MiB\n".into(),
            log,
            drain_settle: Duration::ZERO,
            leaving: Arc::default(),
            member: Arc::default(),
            data_dir: std::path::Path::new(".").into(),
            sessions: Arc::new(Sessions::new([7; 32])),
        },
    )
}

/// A node's admin port on a free port of this machine.
async fn open() -> (Reporter, SocketAddr) {
    let (reporter, state) = state();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, state, CancellationToken::new()));
    (reporter, address)
}

/// `request` (method, path) with `body` is answered by a head that has `head` and a body that has `shown`.
async fn check(address: SocketAddr, request: &str, body: &str, head: &str, shown: &str) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (found_head, found_body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(found_head.contains(head), "{request}: {found_head}");
    assert!(found_body.contains(shown), "{request}: {found_body}");
}

#[tokio::test]
async fn probes_follow_the_phase_and_fail_when_the_node_has_ended() {
    let (reporter, address) = open().await;
    check(address, "GET /livez", "", "200 OK", "ok").await;
    check(address, "GET /readyz", "", "503 ", "starting: replaying the journal, 40 %").await;
    reporter.report(Phase::Ready);
    check(address, "GET /readyz", "", "200 OK", "ok").await;
    reporter.report(Phase::Draining);
    check(address, "GET /readyz", "", "503 ", "draining: ").await;
    check(address, "GET /livez", "", "200 OK", "ok").await;
    reporter.report(Phase::Ready);
    drop(reporter);
    check(address, "GET /readyz", "", "503 ", "failed: ").await;
    check(address, "GET /livez", "", "503 ", "failed: ").await;
}

#[tokio::test]
async fn a_drained_node_is_alive_and_never_ready_again() {
    let (reporter, address) = open().await;
    check(address, "GET /drain", "", "405 ", "").await;
    check(address, "GET /status", "", "application/json", r#","phase":"starting"}"#).await;
    reporter.report(Phase::Ready);
    check(address, "GET /status", "", "200 OK", r#""phase":"ready""#).await;
    check(address, "POST /drain", "", "200 OK", "stop the node now").await;
    check(address, "GET /readyz", "", "503 ", "draining: ").await;
    check(address, "GET /livez", "", "200 OK", "ok").await;
    check(address, "GET /status", "", "200 OK", r#""phase":"draining""#).await;
    reporter.report(Phase::Ready);
    check(address, "GET /readyz", "", "503 ", "draining: ").await;
    check(address, "POST /drain", "", "200 OK", "stop the node now").await;
}

#[tokio::test]
async fn a_node_is_drained_from_this_machine_only() {
    let (reporter, state) = state();
    reporter.report(Phase::Ready);
    let peer = ConnectInfo("10.0.0.5:5".parse::<SocketAddr>().unwrap());
    let (status, body) = drain::drain(State(state.clone()), peer).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    assert_eq!(state.readiness.ready(), Ok(()));
}

#[tokio::test]
async fn pages_show_what_the_node_is() {
    let (_reporter, address) = open().await;
    check(address, "GET /", "", "text/plain", "GET /readyz").await;
    check(address, "GET /config", "", "application/yaml", "hotTier: 1MiB\n").await;
    check(
        address,
        "GET /metrics",
        "",
        "application/openmetrics-text; version=1.0.0",
        "cloakroom_build_info{",
    )
    .await;
    check(address, "GET /metrics", "", "200 OK", "# EOF\n").await;
    check(address, "GET /nothing", "", "404 ", "").await;
    check(address, "POST /config", "x", "405 ", "").await;
}

#[tokio::test]
async fn the_log_filter_is_shown_and_changed() {
    let (_reporter, address) = open().await;
    check(address, "GET /log", "", "200 OK", "info\n").await;
    check(address, "PUT /log", "debug\n", "200 OK", "debug\n").await;
    check(address, "PUT /log", "loud", "400 ", "`loud` is not a log filter; write error").await;
    check(address, "GET /log", "", "200 OK", "debug\n").await;
    check(address, "PUT /log", &"x".repeat(5000), "413 ", "").await;
}

#[tokio::test]
async fn the_log_filter_is_changed_from_this_machine_only() {
    for (peer, expected) in [
        ("127.0.0.1:5", StatusCode::OK),
        ("[::1]:5", StatusCode::OK),
        ("[::ffff:127.0.0.1]:5", StatusCode::OK),
        ("10.0.0.5:5", StatusCode::FORBIDDEN),
        ("[2001:db8::1]:5", StatusCode::FORBIDDEN),
    ] {
        let (_reporter, state) = state();
        let peer = ConnectInfo(peer.parse::<SocketAddr>().unwrap());
        let (status, body) = log::change(State(state.clone()), peer, "warn".to_owned()).await;
        assert_eq!(status, expected, "{peer:?}: {body}");
        assert_eq!(state.log.filter(), if expected == StatusCode::OK { "warn" } else { "info" });
    }
}

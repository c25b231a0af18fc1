//! The admin port: what probes and metrics collectors ask.

use std::{io, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    metrics::{self, Metrics},
    phase::Shown,
};

/// What the pages show.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) phase: Shown,
    pub(crate) metrics: Arc<Metrics>,
}

/// Serves the admin port until `stop`, then finishes the requests it has.
///
/// # Errors
/// What the HTTP server reports about its listener.
pub(crate) async fn serve(listener: TcpListener, pages: Pages, stop: CancellationToken) -> io::Result<()> {
    let router = Router::new()
        .route("/", get(index))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(show_metrics))
        .with_state(pages);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn index() -> &'static str {
    "/livez    200 while the process runs\n\
     /readyz   200 while it drives clusters or stands by, else 503 and what it waits for\n\
     /metrics  counters in OpenMetrics text\n"
}

/// Whatever the operator waits for, being started again would not bring it.
async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(pages): State<Pages>) -> (StatusCode, String) {
    let phase = pages.phase.borrow().clone();
    let code = if phase.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, format!("{phase}\n"))
}

async fn show_metrics(State(pages): State<Pages>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], pages.metrics.encode())
}

#[cfg(test)]
mod tests {
    //! Requests over a real socket, and what comes back.

    use std::{net::SocketAddr, sync::Arc};

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };
    use tokio_util::sync::CancellationToken;

    use super::{Pages, serve};
    use crate::{
        kind::Kind,
        metrics::Metrics,
        phase::{self, Phase},
        step::Step,
    };

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn probes_follow_the_phase_and_series_exist_from_the_start() {
        let (teller, phase) = phase::starting();
        let metrics = Arc::new(Metrics::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pages = Pages { phase, metrics: Arc::clone(&metrics) };
        tokio::spawn(serve(listener, pages, CancellationToken::new()));

        for (phase, head, text) in [
            (Phase::Waiting("for rain".to_owned()), " 503 ", "waiting: for rain"),
            (Phase::Standby, " 200 ", "standby"),
            (Phase::Working, " 200 ", "working"),
            (Phase::Stopping, " 503 ", "stopping"),
        ] {
            teller.send_replace(phase);
            let answer = get(address, "/readyz").await;
            assert!(answer.contains(head) && answer.contains(text), "{answer}");
            assert!(get(address, "/livez").await.contains(" 200 "));
        }
        metrics.wrote(Kind::StatefulSet);
        metrics.failed(Step::Apply);
        let page = get(address, "/metrics").await;
        for line in [
            "cloakroom_operator_writes_total{kind=\"StatefulSet\"} 1",
            "cloakroom_operator_writes_total{kind=\"Pod\"} 0",
            "cloakroom_operator_reconcile_errors_total{step=\"apply\"} 1",
            "cloakroom_operator_leader 0",
            "cloakroom_operator_reconcile_seconds_count 0",
            "cloakroom_operator_build_info{version=",
        ] {
            assert!(page.contains(line), "{line} is not in {page}");
        }
    }
}

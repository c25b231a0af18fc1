//! Asks nodes how they are, over their admin port.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use cloakroom_node_config::NodeReport;
use futures_util::StreamExt as _;
use hyper::{
    StatusCode, Uri,
    http::uri::{Authority, Scheme},
};

use crate::{
    http::{Http, NoAnswer},
    nodes::Node,
    ports,
};

/// A node on the same network answers within milliseconds; one that does not is not waited for.
const TIMEOUT: Duration = Duration::from_secs(1);
/// A report is some hundred bytes.
const REPORT_BYTES: usize = 16 * 1024;
/// Of one cluster at a time.
const CONCURRENCY: usize = 16;
/// An answer is not asked for again for this long. Writing a status wakes the reconcile that wrote it, and
/// the number of sessions of a busy cluster is never twice the same.
const FRESH: Duration = Duration::from_secs(10);

/// What the nodes of a cluster last said.
#[derive(Debug, Default)]
pub(crate) struct Reports(BTreeMap<String, Told>);

#[derive(Debug)]
struct Told {
    /// Of the pod: its successor of the same name is another node.
    uid: String,
    at: Instant,
    report: Option<NodeReport>,
}

impl Reports {
    /// Forgets what is old, and who is gone or another by now.
    fn keep(&mut self, ready: &[&Node], now: Instant) {
        self.0.retain(|name, told| {
            let known = ready.iter().any(|node| node.name == *name && node.uid == told.uid);
            known && now.saturating_duration_since(told.at) < FRESH
        });
    }
}

/// Asks nodes.
#[derive(Clone, Debug)]
pub(crate) struct Asker(Http);

/// Why a node has not said how it is.
#[derive(Debug, thiserror::Error)]
enum Unheard {
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("it answered {0}")]
    Refused(StatusCode),
    #[error("the answer is no report: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl Asker {
    pub(crate) fn new() -> Self {
        Self(Http::new(TIMEOUT))
    }

    /// The reports of the ready ones of `nodes`, by pod. Who cannot be asked is absent.
    pub(crate) async fn ask(
        &self,
        nodes: &[Node],
        reports: &mut Reports,
        now: Instant,
    ) -> BTreeMap<String, NodeReport> {
        let ready: Vec<&Node> = nodes.iter().filter(|node| node.ready).collect();
        reports.keep(&ready, now);
        let unasked = ready.iter().filter(|node| !reports.0.contains_key(&node.name));
        let questions: Vec<_> =
            unasked.filter_map(|node| Some(self.clone().question((*node).clone(), node.ip?, now))).collect();
        let answers: Vec<_> =
            futures_util::stream::iter(questions).buffer_unordered(CONCURRENCY).collect().await;
        reports.0.extend(answers);
        reports.0.iter().filter_map(|(name, told)| Some((name.clone(), told.report.clone()?))).collect()
    }

    async fn question(self, node: Node, ip: IpAddr, at: Instant) -> (String, Told) {
        let report = self.ask_one(SocketAddr::new(ip, ports::ADMIN_PORT)).await;
        let report = report.inspect_err(|why| tracing::debug!(pod = node.name, %ip, "not heard: {why}")).ok();
        (node.name, Told { uid: node.uid, at, report })
    }

    async fn ask_one(&self, address: SocketAddr) -> Result<NodeReport, Unheard> {
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(authority(address)).path_and_query("/status");
        let uri = uri.build().expect("an address and a fixed path make a URI");
        let (status, body) = self.0.get(uri, REPORT_BYTES).await?;
        if status != StatusCode::OK {
            return Err(Unheard::Refused(status));
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

fn authority(address: SocketAddr) -> Authority {
    address.to_string().parse().expect("an address and a port are an authority")
}

#[cfg(test)]
mod tests {
    //! What nodes answer, what is made of it, and for how long.

    use std::time::{Duration, Instant};

    use cloakroom_node_config::{NodePhase, NodeReport};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::{Asker, FRESH, REPORT_BYTES, Reports, Told};
    use crate::{clock, nodes::Node};

    /// A node that answers with `head` and `body` is heard as `said`.
    async fn check(head: &str, body: &str, said: Result<u64, &str>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            assert!(request[..read].starts_with(b"GET /status HTTP/1.1\r\n"));
            // The asker may have hung up on an answer that is too long.
            let _ = stream.write_all(answer.as_bytes()).await;
        });
        let heard = Asker::new().ask_one(address).await.map(|report| report.sessions.unwrap());
        match (heard, said) {
            (Ok(heard), Ok(said)) => assert_eq!(heard, said),
            (Err(why), Err(said)) => assert!(why.to_string().contains(said), "{why}"),
            (heard, _) => panic!("{head}: {heard:?}"),
        }
    }

    #[tokio::test]
    async fn only_a_report_is_a_report() {
        let report = r#"{"version": "1.2.3", "phase": "ready", "sessions": 7}"#;
        check("200 OK", report, Ok(7)).await;
        check("503 Service Unavailable", report, Err("it answered 503")).await;
        check("200 OK", "<html>", Err("no report")).await;
        check("200 OK", &" ".repeat(REPORT_BYTES + 1), Err("too long")).await;
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let why = Asker::new().ask_one(nobody).await.unwrap_err().to_string();
        assert!(why.contains("cannot connect: ") && why.contains("refused"), "{why}");
    }

    #[test]
    fn an_answer_is_kept_while_it_is_fresh_and_its_pod_the_same() {
        let node = |name: &str, uid: &str| Node {
            name: name.to_owned(),
            ordinal: 0,
            uid: uid.to_owned(),
            ip: None,
            state_port: None,
            ready: true,
            leaving: false,
            revision: None,
        };
        let now = clock::monotonic();
        let told = |uid: &str, at: Instant| Told {
            uid: uid.to_owned(),
            at,
            report: Some(NodeReport { version: String::new(), phase: NodePhase::Ready, sessions: None }),
        };
        let later = now + FRESH;
        let kept = |uid: &str, at: Instant, ready: &[&Node]| {
            let mut reports = Reports([("shop-0".to_owned(), told(uid, at))].into());
            reports.keep(ready, later);
            !reports.0.is_empty()
        };
        let (same, other) = (node("shop-0", "a"), node("shop-1", "b"));
        assert!(kept("a", now + Duration::from_secs(1), &[&other, &same]));
        assert!(!kept("a", now, &[&same]), "old");
        assert!(!kept("before", later, &[&same]), "another pod of the name");
        assert!(!kept("a", later, &[&other]), "not ready any more");
    }
}

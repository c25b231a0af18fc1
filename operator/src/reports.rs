//! Asks nodes how they are, over their admin port.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use cloakroom_node_config::NodeReport;
use cloakroom_ring::Ring;
use futures_util::StreamExt as _;
use hyper::StatusCode;

use crate::{
    http::{Http, NoAnswer, uri},
    nodes::Node,
    ports,
};

/// A node on the same network answers within milliseconds; one that does not is not waited for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(1);
/// A report is some hundred bytes, and a line for each member that is silent.
const REPORT_BYTES: usize = 16 * 1024;
/// As long as a ring may be.
const RING_BYTES: usize = cloakroom_ring::TEXT_BYTES_MAX;
/// Of one cluster at a time.
const CONCURRENCY: usize = 16;
/// An answer is not asked for again for this long, nor is a number of sessions replaced: that of a busy cluster is never twice the
/// same, and each other number is a status to write.
const AT_REST: Duration = Duration::from_secs(10);
/// The same while sessions move or somebody is silent: several changes that come at once need one round of questions.
const IN_MOTION: Duration = Duration::from_millis(250);

/// What the nodes of a cluster last said.
#[derive(Debug, Default)]
pub(crate) struct Reports(BTreeMap<String, Told>);

#[derive(Clone, Debug)]
struct Told {
    /// Of the pod: its successor of the same name is another node.
    uid: String,
    /// What the pod's probe said at that time.
    ready: bool,
    at: Instant,
    /// When its sessions were counted.
    counted: Instant,
    report: Option<NodeReport>,
}

impl Told {
    /// With the number of sessions that was told `before`, for as long as that is to be shown.
    fn counted_as(mut self, before: &Self) -> Self {
        let same = before.uid == self.uid && before.ready == self.ready;
        let recent = self.at.saturating_duration_since(before.counted) < AT_REST;
        let told = before.report.as_ref().and_then(|report| report.sessions).filter(|_| same && recent);
        if let (Some(report), Some(sessions)) = (&mut self.report, told) {
            report.sessions = Some(sessions);
            self.counted = before.counted;
        }
        self
    }
}

impl Reports {
    /// Forgets what is older than `fresh`, and whose pod is gone, another, or in another condition by now.
    fn keep(&mut self, nodes: &[Node], fresh: Duration, now: Instant) {
        self.0.retain(|name, told| {
            let same = |node: &Node| node.name == *name && node.uid == told.uid && node.ready == told.ready;
            let known = nodes.iter().any(same);
            known && now.saturating_duration_since(told.at) < fresh
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

    /// For requests to nodes.
    pub(crate) fn http(&self) -> &Http {
        &self.0
    }

    /// What `nodes` answer, ready or not, by pod. Who cannot be asked is absent.
    pub(crate) async fn ask(
        &self,
        nodes: &[Node],
        in_motion: bool,
        reports: &mut Reports,
        now: Instant,
    ) -> BTreeMap<String, NodeReport> {
        let before = reports.0.clone();
        reports.keep(nodes, if in_motion { IN_MOTION } else { AT_REST }, now);
        let unasked = nodes.iter().filter(|node| !reports.0.contains_key(&node.name));
        let questions: Vec<_> =
            unasked.filter_map(|node| Some(self.clone().question(node.clone(), node.ip?, now))).collect();
        let answers: Vec<_> =
            futures_util::stream::iter(questions).buffer_unordered(CONCURRENCY).collect().await;
        let counted = |(name, told): (String, Told)| match before.get(&name) {
            Some(before) => (name, told.counted_as(before)),
            None => (name, told),
        };
        reports.0.extend(answers.into_iter().map(counted));
        reports.0.iter().filter_map(|(name, told)| Some((name.clone(), told.report.clone()?))).collect()
    }

    /// The ring that the node at `ip` acts on; `None` if it does not say.
    pub(crate) async fn ring(&self, ip: IpAddr) -> Option<Ring> {
        let (status, body) =
            self.0.get(uri(SocketAddr::new(ip, ports::ADMIN_PORT), "/ring"), RING_BYTES).await.ok()?;
        let text = str::from_utf8(&body).ok().filter(|_| status == StatusCode::OK)?;
        Ring::from_json(text).ok()
    }

    async fn question(self, node: Node, ip: IpAddr, at: Instant) -> (String, Told) {
        let report = self.ask_one(SocketAddr::new(ip, ports::ADMIN_PORT)).await;
        let report = report.inspect_err(|why| tracing::debug!(pod = node.name, %ip, "not heard: {why}")).ok();
        (node.name, Told { uid: node.uid, ready: node.ready, at, counted: at, report })
    }

    async fn ask_one(&self, address: SocketAddr) -> Result<NodeReport, Unheard> {
        let (status, body) = self.0.get(uri(address, "/status"), REPORT_BYTES).await?;
        if status != StatusCode::OK {
            return Err(Unheard::Refused(status));
        }
        Ok(serde_json::from_slice(&body)?)
    }
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

    use super::{AT_REST, Asker, IN_MOTION, REPORT_BYTES, Reports, Told};
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
            ready: true,
            at,
            counted: at,
            report: Some(NodeReport {
                version: String::new(),
                phase: NodePhase::Ready,
                sessions: None,
                ring: None,
                volume: None,
                backing: None,
                data_centres: Vec::new(),
            }),
        };
        let later = now + AT_REST;
        let kept = |uid: &str, at: Instant, fresh: Duration, nodes: &[Node]| {
            let mut reports = Reports([("shop-0".to_owned(), told(uid, at))].into());
            reports.keep(nodes, fresh, later);
            !reports.0.is_empty()
        };
        let (same, other) = (node("shop-0", "a"), node("shop-1", "b"));
        let unready = Node { ready: false, ..same.clone() };
        let both = [other, same];
        let recently = now + Duration::from_secs(1);
        assert!(kept("a", recently, AT_REST, &both));
        assert!(!kept("a", recently, IN_MOTION, &both), "old while sessions move");
        assert!(!kept("a", now, AT_REST, &both), "old");
        assert!(!kept("before", later, AT_REST, &both), "another pod of the name");
        assert!(!kept("a", later, AT_REST, &both[..1]), "gone");
        assert!(!kept("a", later, AT_REST, &[unready]), "its probe says something else");
    }

    #[test]
    fn a_number_of_sessions_is_shown_for_a_while() {
        let began = clock::monotonic();
        let told = |uid: &str, after: Duration, sessions: Option<u64>| Told {
            uid: uid.to_owned(),
            ready: true,
            at: began + after,
            counted: began + after,
            report: Some(NodeReport {
                version: String::new(),
                phase: NodePhase::Ready,
                sessions,
                ring: None,
                volume: None,
                backing: None,
                data_centres: Vec::new(),
            }),
        };
        let second = Duration::from_secs(1);
        let first = told("a", Duration::ZERO, Some(7));
        let shown = |told: &Told| told.report.as_ref().and_then(|report| report.sessions);
        let soon = told("a", 3 * second, Some(9)).counted_as(&first);
        assert_eq!((shown(&soon), soon.at), (Some(7), began + 3 * second));
        let later = told("a", AT_REST, Some(11)).counted_as(&soon);
        assert_eq!(
            shown(&later),
            Some(11),
            "as long as the first number, not longer for having been repeated"
        );
        assert_eq!(shown(&told("b", second, Some(1)).counted_as(&first)), Some(1), "another pod");
        let counting = told("a", Duration::ZERO, None);
        assert_eq!(
            shown(&told("a", second, Some(3)).counted_as(&counting)),
            Some(3),
            "it had not counted yet"
        );
    }
}

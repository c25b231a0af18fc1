//! Tells nodes of the ring at once. They also have it as a mounted file, which may be a minute old, and from each other.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use cloakroom_node_config::RING_SIGNATURE;
use cloakroom_ring::Ring;
use futures_util::StreamExt as _;
use hyper::{StatusCode, body::Bytes};

use crate::{
    build::Facts,
    http::{Http, NoAnswer, uri},
    peer_key::PeerKey,
    ports,
};

/// An answer is a sentence.
const ANSWER_BYTES: usize = 4 * 1024;
/// Of one cluster at a time.
const CONCURRENCY: usize = 16;

/// Why a node did not take a ring.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("it answered {0}: {1}")]
    Refused(StatusCode, String),
}

/// The nodes that answer and act on an earlier ring than `ring`, or on none.
pub(crate) fn behind(ring: &Ring, facts: &Facts) -> Vec<(String, IpAddr)> {
    let is_behind = |name: &str| {
        let said = facts.report(name).and_then(|report| report.ring.as_ref());
        said.is_some_and(|said| said.epoch < ring.epoch)
    };
    let behind = facts.nodes.iter().filter(|node| is_behind(&node.name));
    behind.filter_map(|node| Some((node.name.clone(), node.ip?))).collect()
}

/// Sends `ring` to `nodes`. Who does not take it is sent it again in the next reconcile, as long as it is behind.
pub(crate) async fn push(http: &Http, key: &PeerKey, ring: &Ring, nodes: Vec<(String, IpAddr)>) {
    let text = Arc::new(ring.to_json());
    let signature = Arc::new(key.signature(text.as_bytes()));
    let sending = nodes.into_iter().map(|(name, ip)| {
        let (text, signature) = (Arc::clone(&text), Arc::clone(&signature));
        async move {
            let address = SocketAddr::new(ip, ports::ADMIN_PORT);
            if let Err(why) = push_one(http, address, &text, &signature).await {
                tracing::warn!(pod = name, %ip, epoch = ring.epoch, "did not take the ring: {why}");
            }
        }
    });
    let sending: Vec<_> = sending.collect();
    futures_util::stream::iter(sending).buffer_unordered(CONCURRENCY).collect::<()>().await;
}

async fn push_one(http: &Http, address: SocketAddr, text: &str, signature: &str) -> Result<(), NotTaken> {
    let body = Bytes::copy_from_slice(text.as_bytes());
    let headers = [(RING_SIGNATURE, signature)];
    let (status, said) = http.put(uri(address, "/ring"), &headers, body, ANSWER_BYTES).await?;
    // It has a later one: somebody else was faster.
    if status.is_success() || status == StatusCode::CONFLICT {
        return Ok(());
    }
    Err(NotTaken::Refused(status, String::from_utf8_lossy(&said).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    //! What is sent, to a node that answers as it is told.

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        reports::TIMEOUT,
        scene::{ring, scene},
    };

    #[test]
    fn whoever_acts_on_an_earlier_ring_is_told() {
        let observed = scene(5, &["0", "1 at 4", "2 at 0", "3 alone", "4 at 4 silent 1"]);
        let facts = Facts::of("shop".to_owned(), 5, &observed);
        let behind = behind(&ring("5: 0A 1A"), &facts);
        let expected =
            [("shop-1".to_owned(), [10, 0, 0, 1].into()), ("shop-2".to_owned(), [10, 0, 0, 2].into())];
        assert_eq!(behind, expected);
    }

    async fn check(head: &str, body: &str, expected: Result<(), &str>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let node = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"{ring}") {
                stream.read_buf(&mut request).await.unwrap();
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        });
        let taken = push_one(&Http::new(TIMEOUT), address, "{ring}", "5a").await;
        match (taken, expected) {
            (Ok(()), Ok(())) => {}
            (Err(why), Err(said)) => assert!(why.to_string().contains(said), "{why}"),
            (taken, _) => panic!("{head}: {taken:?}"),
        }
        let request = node.await.unwrap();
        assert!(request.starts_with("PUT /ring HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\ncloakroom-signature: 5a\r\n"), "{request}");
    }

    #[tokio::test]
    async fn a_node_takes_a_ring_or_says_why_not() {
        check("200 OK", "", Ok(())).await;
        check("409 Conflict", "mine is later", Ok(())).await;
        check(
            "401 Unauthorized",
            "the signature is wrong\n",
            Err("it answered 401 Unauthorized: the signature is wrong"),
        )
        .await;
    }
}

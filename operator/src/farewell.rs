//! The last word to the nodes of a cluster that is deleted.
//!
//! Its pods are asked to go at once, and each would wait for a ring in which it is Draining, for all the time that a
//! hand-over may take. The resource and its key are gone by then, so what it takes to say it is remembered.

use std::net::IpAddr;

use cloakroom_ring::Ring;

use crate::{build::last_ring, http::Http, peer_key::PeerKey, push::push};

/// What it takes.
#[derive(Clone, Debug)]
pub(crate) struct Farewell {
    /// The ring that is published.
    pub(crate) ring: Ring,
    pub(crate) key: PeerKey,
    /// Names and addresses of the pods.
    pub(crate) nodes: Vec<(String, IpAddr)>,
}

impl Farewell {
    /// Tells all nodes that all of them leave. Who is not reached waits for as long as a hand-over may take, and loses
    /// nothing.
    pub(crate) async fn say(self, http: &Http) {
        let Self { ring, key, nodes } = self;
        push(http, &key, &last_ring(&ring), nodes).await;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use cloakroom_ring::Ring;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        ports, reports,
        scene::{ring, short},
    };

    #[tokio::test]
    async fn every_node_is_told_that_all_leave() {
        // The port is fixed, so each process that runs this has an address of its own.
        let [.., high, low] = std::process::id().to_be_bytes();
        let ip = Ipv4Addr::new(127, 77, high, low | 1);
        let listener = TcpListener::bind((ip, ports::ADMIN_PORT)).await.unwrap();
        let key = PeerKey::new([7; 32]);
        let farewell = Farewell {
            ring: ring("4: 0A 1D"),
            key: key.clone(),
            nodes: vec![("shop-0".to_owned(), ip.into())],
        };
        let saying = tokio::spawn(async move { farewell.say(&Http::new(reports::TIMEOUT)).await });
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut request, mut told) = (Vec::new(), None);
        while told.is_none() {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "it ends early");
            let text = String::from_utf8_lossy(&request).into_owned();
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
            told = body.and_then(|body| Some((Ring::from_json(&body).ok()?, key.signature(body.as_bytes()))));
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        saying.await.unwrap();
        let (ring, signature) = told.unwrap();
        assert_eq!(short(&ring), "5: 0D 1D | 4");
        assert!(String::from_utf8(request).unwrap().contains(&signature), "it is signed");
    }
}

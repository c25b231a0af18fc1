//! One node's `/ring`, open for what comes.

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use cloakroom_ring::Ring;

use super::super::DiscoveryError;
use super::lines::Lines;

pub(super) struct Stream {
    admin_port: String,
    body: Incoming,
    lines: Lines,
}

impl Stream {
    pub(super) async fn open(admin_port: &str) -> Result<Self, DiscoveryError> {
        let failed = |error: &dyn std::error::Error| DiscoveryError::Unheard(error.to_string());
        let socket = TcpStream::connect(admin_port).await.map_err(|error| failed(&error))?;
        let (mut requests, connection) =
            http1::handshake(TokioIo::new(socket)).await.map_err(|error| failed(&error))?;
        // Ends when nobody reads the body any more.
        tokio::spawn(connection);
        let request = Request::get("/ring?watch=true")
            .header(HOST, admin_port)
            .body(Empty::<Bytes>::new())
            .map_err(|error| failed(&error))?;
        let answer = requests.send_request(request).await.map_err(|error| failed(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(DiscoveryError::Unheard(format!("it answers {}", answer.status())));
        }
        Ok(Self { admin_port: admin_port.to_owned(), body: answer.into_body(), lines: Lines::default() })
    }

    /// The next ring, or nothing but a sign of life. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Result<Option<Ring>, DiscoveryError> {
        let bad = |source| DiscoveryError::BadRing { from: self.admin_port.clone(), source };
        loop {
            match self.lines.next().map_err(bad)? {
                Some(line) if line.is_empty() => return Ok(None),
                Some(line) => return Ring::from_json(&line).map(Some).map_err(bad),
                None => {}
            }
            match self.body.frame().await {
                Some(Ok(frame)) => frame.data_ref().into_iter().for_each(|bytes| self.lines.push(bytes)),
                Some(Err(error)) => return Err(DiscoveryError::Unheard(error.to_string())),
                None => return Err(DiscoveryError::Unheard("it has ended".to_owned())),
            }
        }
    }
}

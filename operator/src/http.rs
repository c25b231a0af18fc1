//! One small request: what nodes are asked and told with, and what `check` asks an operator with.

use std::{net::SocketAddr, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request, StatusCode, Uri,
    body::Bytes,
    http::uri::{Authority, Scheme},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// Asks over HTTP, without keeping connections: seconds pass between two questions, and pods go away.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client<HttpConnector, Full<Bytes>>,
    timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// Not within the time that there is.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// Nobody there, or not speaking HTTP.
    #[error("cannot connect: {}", cause(.0))]
    Connection(#[from] hyper_util::client::legacy::Error),
    /// The body ended early or is longer than it may be.
    #[error("the answer broke off or is too long: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
}

impl Http {
    /// A client that gives each answer `timeout`, from connecting to its last byte.
    pub(crate) fn new(timeout: Duration) -> Self {
        let client =
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(HttpConnector::new());
        Self { client, timeout }
    }

    /// The answer to a GET, its body of at most `limit` bytes.
    ///
    /// # Errors
    /// [`NoAnswer`]; an answer that is no success is an answer.
    pub(crate) async fn get(&self, uri: Uri, limit: usize) -> Result<(StatusCode, Bytes), NoAnswer> {
        let request =
            Request::get(uri).body(Full::default()).expect("a URI and an empty body make a request");
        self.send(request, limit).await
    }

    /// The answer to a PUT, its body of at most `limit` bytes.
    ///
    /// # Errors
    /// As of [`Http::get`].
    pub(crate) async fn put(
        &self,
        uri: Uri,
        headers: &[(&'static str, &str)],
        body: Bytes,
        limit: usize,
    ) -> Result<(StatusCode, Bytes), NoAnswer> {
        let request =
            headers.iter().fold(Request::put(uri), |request, (name, value)| request.header(*name, *value));
        let request = request.body(Full::new(body)).expect("a URI, plain headers and a body make a request");
        self.send(request, limit).await
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
        limit: usize,
    ) -> Result<(StatusCode, Bytes), NoAnswer> {
        let asking = async {
            let (head, body) = self.client.request(request).await?.into_parts();
            let body = Limited::new(body, limit).collect().await.map_err(NoAnswer::Body)?;
            Ok((head.status, body.to_bytes()))
        };
        tokio::time::timeout(self.timeout, asking).await.unwrap_or(Err(NoAnswer::Timeout(self.timeout)))
    }
}

/// A page of somebody who listens at `address`.
pub(crate) fn uri(address: SocketAddr, path: &'static str) -> Uri {
    let authority: Authority = address.to_string().parse().expect("an address and a port are an authority");
    let uri = Uri::builder().scheme(Scheme::HTTP).authority(authority).path_and_query(path);
    uri.build().expect("an address and a fixed path make a URI")
}

/// The library's own text stops at "client error (Connect)".
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

//! One small GET: what nodes are asked with, and what `check` asks an operator with.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, StatusCode, Uri, body::Bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// Asks over HTTP, without keeping connections: seconds pass between two questions, and pods go away.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client<HttpConnector, Empty<Bytes>>,
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
        let asking = async {
            let request =
                Request::get(uri).body(Empty::new()).expect("a URI and an empty body make a request");
            let (head, body) = self.client.request(request).await?.into_parts();
            let body = Limited::new(body, limit).collect().await.map_err(NoAnswer::Body)?;
            Ok((head.status, body.to_bytes()))
        };
        tokio::time::timeout(self.timeout, asking).await.unwrap_or(Err(NoAnswer::Timeout(self.timeout)))
    }
}

/// The library's own text stops at "client error (Connect)".
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

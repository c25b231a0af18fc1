//! Questions to the admin port of a node.
//!
//! On the node's own machine they are answered as they are. From elsewhere they are signed with the key of the cluster, over
//! a challenge that the node gives out, so that nobody can play back what was recorded on the way.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use sha2::Sha256;

const SIGNATURE: &str = "cloakroom-signature";
const CHALLENGE: &str = "cloakroom-challenge";
/// A thousand sessions with long ids.
const ANSWER_BYTES_MAX: usize = 4 << 20;
const KEY_BYTES_MAX: u64 = 4096;
/// A node makes one list at a time.
const PAUSE: Duration = Duration::from_millis(300);

/// A node's admin port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdminPort {
    /// What the node is called in what is printed.
    pub(crate) node: String,
    /// `host:port`.
    pub(crate) address: String,
}

/// Asks admin ports.
#[derive(Clone)]
pub(crate) struct Asker {
    http: Client<HttpConnector, Full<Bytes>>,
    key: Option<Vec<u8>>,
    deadline: Duration,
}

/// What a node answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    challenge: Option<String>,
}

impl Asker {
    pub(crate) fn new(key_file: Option<&Path>, deadline: Duration) -> anyhow::Result<Self> {
        let key = key_file.map(read_key).transpose()?;
        let http = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Ok(Self { http, key, deadline })
    }

    /// The answer of one node, whatever its status.
    pub(crate) async fn ask(
        &self,
        port: &AdminPort,
        method: &Method,
        target: &str,
        body: &str,
    ) -> anyhow::Result<Answer> {
        match tokio::time::timeout(self.deadline, self.ask_patiently(port, method, target, body)).await {
            Ok(answer) => answer,
            Err(_) => bail!("no answer within {} s", self.deadline.as_secs()),
        }
    }

    async fn ask_patiently(
        &self,
        port: &AdminPort,
        method: &Method,
        target: &str,
        body: &str,
    ) -> anyhow::Result<Answer> {
        loop {
            let mut answer = self.send(port, method, target, body, None).await?;
            if let (StatusCode::UNAUTHORIZED, Some(key), Some(challenge)) =
                (answer.status, &self.key, &answer.challenge)
            {
                let message = format!("{method} {target}\n{challenge}\n{body}");
                let signed = (signature(key, &message), challenge.clone());
                answer = self.send(port, method, target, body, Some(signed)).await?;
            }
            match answer.status {
                StatusCode::TOO_MANY_REQUESTS => pause().await,
                StatusCode::UNAUTHORIZED if self.key.is_none() => {
                    bail!(
                        "it answers callers from elsewhere only if they have the cluster's key: add --peer-key-file FILE"
                    )
                }
                StatusCode::UNAUTHORIZED => bail!("the key in --peer-key-file is not the one of its cluster"),
                _ => return Ok(answer),
            }
        }
    }

    async fn send(
        &self,
        port: &AdminPort,
        method: &Method,
        target: &str,
        body: &str,
        signed: Option<(String, String)>,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{target}", port.address));
        if let Some((signature, challenge)) = signed {
            request = request.header(SIGNATURE, signature).header(CHALLENGE, challenge);
        }
        let request = request
            .body(Full::from(body.to_owned()))
            .with_context(|| format!("{} is not a host and a port, such as 10.0.0.7:9424", port.address))?;
        let (head, body) =
            self.http.request(request).await.map_err(|error| anyhow!(innermost(&error)))?.into_parts();
        let challenge = head.headers.get(CHALLENGE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| anyhow!("its answer broke off: {error}"))?.to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status: head.status, body, challenge })
    }
}

impl Answer {
    /// What it answered instead of what it was asked for.
    pub(crate) fn refusal(&self) -> anyhow::Error {
        let said = self.body.lines().next().unwrap_or_default();
        match self.status {
            StatusCode::NOT_FOUND => {
                anyhow!("it has no such page: is it the admin port of a node of this release?")
            }
            status => anyhow!("it answered {}: {}", status.as_u16(), said.escape_debug()),
        }
    }
}

fn read_key(path: &Path) -> anyhow::Result<Vec<u8>> {
    let unreadable = || format!("cannot read the cluster's key from {}", path.display());
    let bytes = std::fs::metadata(path).with_context(unreadable)?.len();
    if bytes > KEY_BYTES_MAX {
        bail!(
            "{} has {bytes} bytes, which no key has: name the file that the nodes' peerKeyFile is",
            path.display()
        );
    }
    let key = std::fs::read(path).with_context(unreadable)?;
    // As nodes do: editors end files with a line feed.
    Ok(key.trim_ascii_end().to_owned())
}

fn signature(key: &[u8], message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("keys of every length are keys");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The library's own text stops at "client error (Connect)".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a node that is busy with another list gives no sign when it is done"
)]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// RFC 4231, test case 2: nodes verify by the same standard.
    #[test]
    fn signatures_are_those_of_the_standard() {
        assert_eq!(
            signature(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}

//! Redis and Valkey: a hash per session, and one small script for each question.
//!
//! A script is one step for everybody else, on one key, so the same ones serve a lone server, the master that
//! Sentinels name, and a Redis Cluster.

mod address;
mod batch;
mod dial;
mod fault;
mod link;
mod record;
mod scripts;

use std::{fmt, time::Duration};

use cloakroom_node_config as config;
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use redis::Value;

use super::connect::ConnectError;
use super::{BackingStore, Fault, Flush, Kept, Mark, Stored, Swap, Swapped};
use dial::Dial;
use link::Link;
use record::Written;
use scripts::{SCRIPTS, Script};

/// A Redis or Valkey that keeps sessions.
pub(super) struct Redis {
    prefix: Vec<u8>,
    timeout: Duration,
    link: Link,
}

impl Redis {
    /// Begins to connect, and goes on with that behind the caller's back. Needs a tokio runtime round it.
    ///
    /// # Errors
    /// The settings make no sense.
    pub(super) fn new(
        prefix: &str,
        timeout: Duration,
        settings: &config::Redis,
    ) -> Result<Self, ConnectError> {
        let link = Link::new(Dial::new(settings, timeout)?, timeout);
        Ok(Self { prefix: prefix.as_bytes().to_vec(), timeout, link })
    }

    /// What `script` says about the session `key`.
    async fn run(&self, script: &Script, key: &[u8], words: &[&[u8]]) -> Result<Value, Fault> {
        let mut live = self.link.live().await?;
        let key = [&self.prefix, key].concat();
        let asked = tokio::time::timeout(self.timeout, script.run(&mut live.connection, &key, words));
        let fault = match asked.await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => fault::of(&error, live.connection.asks_again()),
            Err(_) => fault::too_late(self.timeout),
        };
        if fault::doubts(&fault) {
            self.link.doubt(&live, &fault);
        }
        Err(fault)
    }

    async fn put(&self, key: &[u8], mark: Mark, written: &Written<'_>) -> Result<Stored, Fault> {
        let (compared, head) = (record::mark(mark), record::head(mark, 0));
        let words = written.words(compared.as_bytes(), head.as_bytes());
        record::stored(&self.run(SCRIPTS.put(written.what), key, &words).await?)
    }
}

impl BackingStore for Redis {
    fn engine(&self) -> &'static str {
        "Redis"
    }

    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>> {
        async move {
            let answer = if epoch == 0 {
                self.run(&SCRIPTS.read, key, &[]).await?
            } else {
                self.run(&SCRIPTS.claim, key, &[record::number(epoch).as_bytes()]).await?
            };
            record::kept(key, answer)
        }
        .boxed()
    }

    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>> {
        async move {
            let expected = swap.expected.map(record::mark).unwrap_or_default();
            let head = record::head(swap.mark, swap.attempt);
            let written = Written::of(swap.change);
            let words = written.words(expected.as_bytes(), head.as_bytes());
            record::swapped(&self.run(SCRIPTS.swap(written.what), key, &words).await?)
        }
        .boxed()
    }

    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>> {
        async move {
            let mut results = Vec::with_capacity(batch.len());
            for part in batch::cut(batch) {
                // The connection sends what is asked at once in one go, and a cluster is asked member by member.
                let puts = part.iter().map(async |flush| {
                    self.put(flush.parcel.key(), flush.mark, &Written::parcel(&flush.parcel)).await
                });
                results.extend(join_all(puts).await);
            }
            results
        }
        .boxed()
    }

    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>> {
        async move { self.put(key, mark, &Written::end()).await }.boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async move { self.run(&SCRIPTS.probe, b"", &[]).await.map(|_| ()) }.boxed()
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>> {
        // The engine drops what has expired by itself.
        async { Ok(0) }.boxed()
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("link", &self.link).finish_non_exhaustive()
    }
}

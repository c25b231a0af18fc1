//! PostgreSQL as the backing store: one table, one row for each session or tombstone.
//!
//! A comparison and the change that depends on it are one statement, which the server runs as one transaction under
//! the lock of one row; so is what is stored as strong as the server's own settings make a commit
//! (`synchronous_commit`, synchronous replicas). Nothing is kept in the server's session besides prepared statements.

mod batch;
mod columns;
mod connector;
mod fault;
mod flush;
mod lines;
mod schema;
mod statements;
mod swap;
mod sweep;
mod tls;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cloakroom_node_config::Postgres as Settings;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use self::connector::{Connection, Connector};
use self::lines::Lines;
use super::{BackingStore, Fault, FaultKind, Flush, Kept, Mark, Stored, Swap, Swapped};
use crate::store::{self, Parcel};

/// The sessions of one cluster in a PostgreSQL server.
#[derive(Debug)]
pub(super) struct Postgres {
    cluster: String,
    timeout: Duration,
    lines: Lines,
}

impl Postgres {
    /// Begins to connect in the background; the server may be away. `cluster` separates the sessions from those of
    /// other clusters in the same table, `timeout` bounds each call. Needs a tokio runtime.
    pub(super) fn new(cluster: &str, timeout: Duration, settings: &Settings) -> Self {
        let lines = Lines::new(Connector::new(settings, timeout), settings.connections);
        Self { cluster: cluster.to_owned(), timeout, lines }
    }

    /// Asks on some connection, for at most the timeout.
    async fn ask<T, F>(&self, question: impl FnOnce(Arc<Connection>) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let asked = OnceLock::new();
        let answer = async {
            let lease = self.lines.lease().await?;
            question(Arc::clone(asked.get_or_init(|| Arc::clone(lease.connection())))).await
        };
        tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(|_| {
            let Some(connection) = asked.get() else {
                let message = format_args!("no connection was free within {:?}", self.timeout);
                return Err(Fault::new(FaultKind::Unreachable, message));
            };
            connection.given_up.cancel();
            Err(Fault::new(FaultKind::NoAnswer, format_args!("none within {:?}", self.timeout)))
        })
    }

    async fn read(&self, key: &[u8]) -> Result<Option<Kept>, Fault> {
        self.ask(async |on| {
            let row =
                on.client.query_one(&on.statements.read, &[&self.cluster, &key]).await.map_err(answered)?;
            match (row.get(0), row.get::<_, Option<i64>>(1)) {
                (true, _) => Err(schema::read_only_server()),
                (false, None) => Ok(None),
                (false, Some(_)) => columns::kept(key, &row, 1, None).map(Some),
            }
        })
        .await
    }

    async fn seal(&self, key: &[u8], epoch: u64) -> Result<Option<Kept>, Fault> {
        self.ask(async |on| {
            let parameters: [Parameter<'_>; 3] = [&self.cluster, &key, &epoch.cast_signed()];
            let row = on.client.query_opt(&on.statements.claim, &parameters).await.map_err(answered)?;
            row.map(|row| columns::kept(key, &row, 1, Some(row.get::<_, i64>(0).cast_unsigned()))).transpose()
        })
        .await
    }
}

impl BackingStore for Postgres {
    fn engine(&self) -> &'static str {
        "PostgreSQL"
    }

    fn claim<'a>(&'a self, key: &'a [u8], epoch: u64) -> BoxFuture<'a, Result<Option<Kept>, Fault>> {
        if epoch == 0 { self.read(key).boxed() } else { self.seal(key, epoch).boxed() }
    }

    fn cas<'a>(&'a self, key: &'a [u8], swap: Swap<'a>) -> BoxFuture<'a, Result<Swapped, Fault>> {
        self.swap(key, swap).boxed()
    }

    fn store<'a>(&'a self, batch: &'a [Flush]) -> BoxFuture<'a, Vec<Result<Stored, Fault>>> {
        self.flush(batch).boxed()
    }

    fn remove<'a>(&'a self, key: &'a [u8], mark: Mark) -> BoxFuture<'a, Result<Stored, Fault>> {
        let key = store::Stored::new(key, &[]);
        let flush = Flush { mark, parcel: Parcel::Tombstone { key, epoch: mark.epoch, age: Duration::ZERO } };
        async move { self.flush(&[flush]).await.pop().expect("one result for one item") }.boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), Fault>> {
        let probe = self.ask(async |on| {
            let row = on.client.query_one(&on.statements.probe, &[]).await.map_err(answered)?;
            if row.get(0) { Err(schema::read_only_server()) } else { Ok(()) }
        });
        probe.boxed()
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, Fault>> {
        self.sweep_some().boxed()
    }
}

/// What a statement takes.
type Parameter<'a> = &'a (dyn tokio_postgres::types::ToSql + Sync);

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn answered(error: tokio_postgres::Error) -> Fault {
    fault::answered(&error)
}

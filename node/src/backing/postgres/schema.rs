//! The tables in the server: made and brought up to date by whichever node comes first.
//!
//! A version, once released, never changes: what comes later is a further entry of [`MIGRATIONS`], and the tables of
//! every released version are kept as a fixture of the tests.

use tokio_postgres::{Client, Transaction};

use super::fault;
use crate::backing::{Fault, FaultKind};

/// What leads from each version to the next; the first begins with nothing.
///
/// `sessions`: bodies above some hundred bytes lie apart and uncompressed, so that a lock or a renewal writes a short
/// row only; pages are filled to 70 % and nothing but the key is indexed, so that its new version fits beside the old
/// one and no index changes. Sessions are replaced all the time: vacuum comes early.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE {schema}.sessions (
        epoch int8 NOT NULL,
        version int8 NOT NULL,
        attempt int8,
        expires timestamptz NOT NULL,
        locked_since timestamptz,
        timeout int4 NOT NULL,
        cookie int4 NOT NULL,
        uninitialised bool NOT NULL,
        cluster text COLLATE \"C\" NOT NULL,
        key bytea NOT NULL,
        body bytea,
        PRIMARY KEY (cluster, key)
    ) WITH (
        fillfactor = 70, toast_tuple_target = 512,
        autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05
    );
    ALTER TABLE {schema}.sessions
        ALTER COLUMN cluster SET STORAGE PLAIN, ALTER COLUMN key SET STORAGE PLAIN,
        ALTER COLUMN body SET STORAGE EXTERNAL;
    CREATE TABLE {schema}.sweep (next_block int8 NOT NULL);
    INSERT INTO {schema}.sweep VALUES (0);
    CREATE TABLE {schema}.version (number int4 NOT NULL);
    INSERT INTO {schema}.version VALUES (0)"];

/// The first whose tables can be walked through block by block.
const OLDEST_SERVER: i32 = 14;

/// Separates these locks from those of other programs in the same database: `cloa` in ASCII.
const LOCK_CLASS: i32 = 0x636c_6f61;

/// A schema in a database.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    name: String,
    quoted: String,
}

impl Schema {
    /// `name` is a plain identifier: the configuration admits nothing else.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), quoted: format!("\"{name}\"") }
    }

    /// As it is written in a statement.
    pub(super) fn quoted(&self) -> &str {
        &self.quoted
    }

    /// Returns once the tables are those of this release, in a server that is no replica.
    pub(super) async fn ensure(&self, client: &mut Client) -> Result<(), Fault> {
        self.look_at_server(client).await?;
        let transaction = client.transaction().await.map_err(|error| fault::answered(&error))?;
        let found = self.version(&transaction).await?;
        if self.missing(found)?.is_empty() {
            return Ok(());
        }
        self.migrate(&transaction).await?;
        transaction.commit().await.map_err(|error| fault::answered(&error))
    }

    async fn look_at_server(&self, client: &Client) -> Result<(), Fault> {
        let row = client
            .query_one(
                "SELECT current_setting('server_version_num')::int4 / 10000,
                    pg_is_in_recovery()",
                &[],
            )
            .await
            .map_err(|error| fault::answered(&error))?;
        let (version, replica): (i32, bool) = (row.get(0), row.get(1));
        if version < OLDEST_SERVER {
            let message = format!("this is PostgreSQL {version}; use {OLDEST_SERVER} or later");
            return Err(Fault::new(FaultKind::Refused, message));
        }
        if replica {
            return Err(read_only_server());
        }
        Ok(())
    }

    /// One node migrates, the others wait for it here and then find nothing to do.
    async fn migrate(&self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        let answered = |error| fault::answered(&error);
        transaction
            .execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", &[&LOCK_CLASS, &self.name])
            .await
            .map_err(answered)?;
        let found = self.version(transaction).await?;
        let missing = self.missing(found)?;
        if found == 0 {
            self.create(transaction).await?;
        }
        for migration in missing {
            let sql = migration.replace("{schema}", &self.quoted);
            transaction.batch_execute(&sql).await.map_err(answered)?;
        }
        let update = format!("UPDATE {}.version SET number = $1", self.quoted);
        transaction.execute(&update, &[&latest()]).await.map_err(answered)?;
        Ok(())
    }

    /// A role that may not make schemas may have been given one.
    async fn create(&self, transaction: &Transaction<'_>) -> Result<(), Fault> {
        let there = transaction
            .query_one("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", &[&self.name])
            .await
            .map_err(|error| fault::answered(&error))?;
        if there.get(0) {
            return Ok(());
        }
        transaction.batch_execute(&format!("CREATE SCHEMA {}", self.quoted)).await.map_err(|error| {
            let Fault { kind, message } = fault::answered(&error);
            Fault::new(
                kind,
                format_args!(
                    "{message}; let an administrator run: CREATE SCHEMA {} AUTHORIZATION <the user of the node>",
                    self.quoted
                ),
            )
        })
    }

    /// 0 if there are no tables. What is asked is the catalogue itself: names are looked up in a cache, which would
    /// go on without the tables that another node has just made.
    async fn version(&self, transaction: &Transaction<'_>) -> Result<i32, Fault> {
        let answered = |error| fault::answered(&error);
        let there = transaction
            .query_one(
                "SELECT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE n.nspname = $1 AND c.relname = 'version')",
                &[&self.name],
            )
            .await
            .map_err(answered)?;
        if !there.get::<_, bool>(0) {
            return Ok(0);
        }
        let number = format!("SELECT number FROM {}.version", self.quoted);
        Ok(transaction.query_one(&number, &[]).await.map_err(answered)?.get(0))
    }

    fn missing(&self, found: i32) -> Result<&'static [&'static str], Fault> {
        usize::try_from(found).ok().and_then(|done| MIGRATIONS.get(done..)).ok_or_else(|| {
            Fault::new(
                FaultKind::Refused,
                format_args!(
                    "the tables in schema {} have version {found}, this release knows {} and earlier: \
                     run the release that made them, or name another schema",
                    self.quoted,
                    latest()
                ),
            )
        })
    }
}

/// For a replica, a server that is told to be read-only, and one that became so.
pub(super) fn read_only_server() -> Fault {
    Fault::new(FaultKind::ReadOnly, "the server is a replica or read-only; name the primary")
}

fn latest() -> i32 {
    i32::try_from(MIGRATIONS.len()).expect("there are not that many releases")
}

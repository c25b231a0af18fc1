//! What is asked of the server. Each statement is one transaction on one primary key, or on a batch of them in
//! ascending order: two batches never wait for each other in a circle.
//!
//! `now()` is the server's clock; a session that has expired is not there, whether or not it has been swept.

use tokio_postgres::{Client, Error, Statement};

/// What `columns::kept` reads.
macro_rules! found {
    () => {
        "s.epoch, s.version, s.timeout, s.uninitialised, s.cookie, now(), s.locked_since, s.expires, s.body"
    };
}

/// One row always. A replica does not know what its primary has by now, so it is no source even for reading.
const READ: &str = concat!(
    "SELECT pg_is_in_recovery(), ",
    found!(),
    " FROM (VALUES (1)) AS one (row) LEFT JOIN {schema}.sessions AS s
        ON s.cluster = $1 AND s.key = $2 AND s.expires > now()"
);

/// The row is locked before it is changed, for the epoch that was there.
const CLAIM: &str = concat!(
    "UPDATE {schema}.sessions AS s SET epoch = greatest(s.epoch, $3)
        FROM (SELECT h.epoch FROM {schema}.sessions AS h
            WHERE h.cluster = $1 AND h.key = $2 AND h.expires > now() FOR UPDATE) AS held (epoch)
        WHERE s.cluster = $1 AND s.key = $2 RETURNING held.epoch, ",
    found!()
);

/// $3 and $4 are the mark that the caller built on. $13: the body stays, and as it is stored apart from the row, it is
/// not even read.
const SWAP: &str = "
    UPDATE {schema}.sessions AS s SET
        epoch = $5, version = $6, attempt = $7, timeout = $8, uninitialised = $9, cookie = $10,
        locked_since = now() - $11::int8 * interval '1 microsecond',
        expires = now() + $12::int8 * interval '1 microsecond',
        body = CASE WHEN $13 THEN s.body ELSE $14 END
    WHERE s.cluster = $1 AND s.key = $2 AND s.epoch = $3 AND s.version = $4 AND s.expires > now()";

const CREATE: &str = "
    INSERT INTO {schema}.sessions AS s
        (cluster, key, epoch, version, attempt, timeout, uninitialised, cookie, locked_since, expires, body)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() - $9::int8 * interval '1 microsecond',
        now() + $10::int8 * interval '1 microsecond', $11)
    ON CONFLICT (cluster, key) DO UPDATE SET
        epoch = excluded.epoch, version = excluded.version, attempt = excluded.attempt, timeout = excluded.timeout,
        uninitialised = excluded.uninitialised, cookie = excluded.cookie, locked_since = excluded.locked_since,
        expires = excluded.expires, body = excluded.body
    WHERE s.expires <= now()";

/// Whether a change that was asked before is what is there. It begins after the change failed to find what it was
/// built on, and so sees what that was waiting for.
const DONE: &str = "
    SELECT EXISTS (SELECT FROM {schema}.sessions AS s
        WHERE s.cluster = $1 AND s.key = $2 AND s.epoch = $3 AND s.version = $4 AND s.attempt = $5 AND s.expires > now())";

const STORE: &str = "
    INSERT INTO {schema}.sessions AS s
        (cluster, key, epoch, version, attempt, timeout, uninitialised, cookie, locked_since, expires, body)
    SELECT $1, key, epoch, version, NULL, timeout, uninitialised, cookie,
        now() - lock_age * interval '1 microsecond', now() + remaining * interval '1 microsecond', body
    FROM unnest($2::bytea[], $3::int8[], $4::int8[], $5::int4[], $6::bool[], $7::int4[], $8::int8[], $9::int8[],
        $10::bytea[]) AS batch (key, epoch, version, timeout, uninitialised, cookie, lock_age, remaining, body)
    ON CONFLICT (cluster, key) DO UPDATE SET
        epoch = excluded.epoch, version = excluded.version, attempt = NULL, timeout = excluded.timeout,
        uninitialised = excluded.uninitialised, cookie = excluded.cookie, locked_since = excluded.locked_since,
        expires = excluded.expires, body = excluded.body
    WHERE (s.epoch, s.version) < (excluded.epoch, excluded.version) OR s.expires <= now()";

const MARKS: &str = "
    SELECT s.key, s.epoch, s.version FROM {schema}.sessions AS s
    WHERE s.cluster = $1 AND s.key = ANY ($2) AND s.expires > now()";

const PROBE: &str = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool";

/// Deletes what has expired in the next $1 blocks of the table, and remembers where to go on, for all nodes. Walking
/// over the blocks needs no index on `expires`, which each request would have to change. The row of `sweep` is the
/// turn: who finds it locked does nothing. Rows in use are passed over.
const SWEEP: &str = "
    WITH slice AS MATERIALIZED (
        SELECT next_block, pg_relation_size('{schema}.sessions') / current_setting('block_size')::int8 AS blocks
        FROM {schema}.sweep FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM {schema}.sessions WHERE ctid = ANY (ARRAY(
            SELECT s.ctid FROM {schema}.sessions AS s
            WHERE s.ctid >= (SELECT format('(%s,0)', next_block)::tid FROM slice)
                AND s.ctid < (SELECT format('(%s,0)', next_block + $1::int8)::tid FROM slice)
                AND s.expires <= now()
            FOR UPDATE SKIP LOCKED))
        RETURNING 1
    ), moved AS (
        UPDATE {schema}.sweep AS turn
        SET next_block = CASE WHEN slice.next_block + $1 < slice.blocks THEN slice.next_block + $1 ELSE 0 END
        FROM slice RETURNING turn.next_block
    )
    SELECT (SELECT count(*) FROM gone), (SELECT next_block FROM moved)";

/// All of them, prepared on one connection.
pub(super) struct Statements {
    pub read: Statement,
    pub claim: Statement,
    pub swap: Statement,
    pub create: Statement,
    pub done: Statement,
    pub store: Statement,
    pub marks: Statement,
    pub probe: Statement,
    pub sweep: Statement,
}

impl Statements {
    /// One round trip: what is polled together is sent together. `schema` is quoted.
    pub(super) async fn prepare(client: &Client, schema: &str) -> Result<Self, Error> {
        let prepare = async |sql: &str| client.prepare(&sql.replace("{schema}", schema)).await;
        let (read, claim, swap, create, done, store, marks, probe, sweep) = tokio::try_join!(
            prepare(READ),
            prepare(CLAIM),
            prepare(SWAP),
            prepare(CREATE),
            prepare(DONE),
            prepare(STORE),
            prepare(MARKS),
            prepare(PROBE),
            prepare(SWEEP),
        )?;
        Ok(Self { read, claim, swap, create, done, store, marks, probe, sweep })
    }
}

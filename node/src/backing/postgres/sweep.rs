//! Deleting what has expired, a slice of the table at a time.

use super::{Postgres, answered};
use crate::backing::Fault;

/// Blocks of the table in one statement: half a mebibyte, some thousand sessions at most.
const SLICE: i64 = 64;
/// Slices in one call. Without anything to delete, one of them costs the server less than a millisecond.
const SLICES: usize = 64;

impl Postgres {
    /// Up to 32 MiB of the table without its bodies, or to its end. Nodes take turns.
    pub(super) async fn sweep_some(&self) -> Result<u64, Fault> {
        let mut deleted = 0;
        for _ in 0..SLICES {
            let (slice, next) = self.sweep_slice().await?;
            deleted += slice;
            if matches!(next, None | Some(0)) {
                break;
            }
        }
        Ok(deleted)
    }

    /// How many were deleted, and the block to go on with: 0 at the end of the table, none if it is another's turn.
    async fn sweep_slice(&self) -> Result<(u64, Option<i64>), Fault> {
        self.ask(async |on| {
            let row = on.client.query_one(&on.statements.sweep, &[&SLICE]).await.map_err(answered)?;
            Ok((row.get::<_, i64>(0).cast_unsigned(), row.get(1)))
        })
        .await
    }
}

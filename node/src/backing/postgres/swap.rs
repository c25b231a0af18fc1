//! Compare-and-set of one session.

use super::columns::Columns;
use super::connector::Connection;
use super::{Parameter, Postgres, answered};
use crate::backing::{Change, Fault, Mark, Swap, Swapped, TOMBSTONE_KEPT};

impl Postgres {
    pub(super) async fn swap(&self, key: &[u8], swap: Swap<'_>) -> Result<Swapped, Fault> {
        let columns = match swap.change {
            Change::Whole(row) | Change::WithoutBody(row) => Columns::of_row(row),
            Change::Tombstone => Columns::of_tombstone(TOMBSTONE_KEPT),
        };
        self.ask(async |on| {
            let changed = match swap.expected {
                Some(expected) => self.replace(&on, key, expected, swap, columns).await?,
                None => self.create(&on, key, swap, columns).await?,
            };
            let done = changed == 1 || self.was_done(&on, key, swap).await?;
            Ok(if done { Swapped::Done } else { Swapped::Changed })
        })
        .await
    }

    async fn replace(
        &self,
        on: &Connection,
        key: &[u8],
        expected: Mark,
        swap: Swap<'_>,
        columns: Columns<'_>,
    ) -> Result<u64, Fault> {
        let body_stays = matches!(swap.change, Change::WithoutBody(_));
        let body = columns.body.filter(|_| !body_stays);
        let parameters: [Parameter<'_>; 14] = [
            &self.cluster,
            &key,
            &expected.epoch.cast_signed(),
            &expected.version.cast_signed(),
            &swap.mark.epoch.cast_signed(),
            &swap.mark.version.cast_signed(),
            &swap.attempt.cast_signed(),
            &columns.timeout,
            &columns.uninitialised,
            &columns.cookie,
            &columns.lock_age,
            &columns.remaining,
            &body_stays,
            &body,
        ];
        on.client.execute(&on.statements.swap, &parameters).await.map_err(answered)
    }

    async fn create(
        &self,
        on: &Connection,
        key: &[u8],
        swap: Swap<'_>,
        columns: Columns<'_>,
    ) -> Result<u64, Fault> {
        let parameters: [Parameter<'_>; 11] = [
            &self.cluster,
            &key,
            &swap.mark.epoch.cast_signed(),
            &swap.mark.version.cast_signed(),
            &swap.attempt.cast_signed(),
            &columns.timeout,
            &columns.uninitialised,
            &columns.cookie,
            &columns.lock_age,
            &columns.remaining,
            &columns.body,
        ];
        on.client.execute(&on.statements.create, &parameters).await.map_err(answered)
    }

    /// Whether it was asked before, and done then.
    async fn was_done(&self, on: &Connection, key: &[u8], swap: Swap<'_>) -> Result<bool, Fault> {
        let parameters: [Parameter<'_>; 5] = [
            &self.cluster,
            &key,
            &swap.mark.epoch.cast_signed(),
            &swap.mark.version.cast_signed(),
            &swap.attempt.cast_signed(),
        ];
        let row = on.client.query_one(&on.statements.done, &parameters).await.map_err(answered)?;
        Ok(row.get(0))
    }
}

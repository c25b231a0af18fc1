//! Storing many sessions, each if it is newer than what is there.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use super::batch::Batch;
use super::{Parameter, Postgres, answered, columns};
use crate::backing::{Fault, FaultKind, Flush, Mark, Stored};

/// Statements under way at once for one caller: their bodies lie in memory twice.
const AT_ONCE: usize = 4;

impl Postgres {
    pub(super) async fn flush(&self, flushes: &[Flush]) -> Vec<Result<Stored, Fault>> {
        let batches: Vec<_> =
            Batch::cut(flushes).into_iter().map(|batch| self.flush_batch(flushes, batch)).collect();
        let done: Vec<_> = stream::iter(batches).buffered(AT_ONCE).collect().await;
        done.into_iter().flatten().collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// Each item's place, and what became of it. That all are stored is the rule, and told by the number of rows alone.
    async fn flush_batch(&self, flushes: &[Flush], batch: Batch<'_>) -> Vec<(usize, Result<Stored, Fault>)> {
        let all = |result: Result<Stored, Fault>| {
            batch.places.iter().map(|&place| (place, result.clone())).collect::<Vec<_>>()
        };
        match self.upsert(&batch).await {
            Ok(stored) if stored == batch.keys.len() => return all(Ok(Stored::Stored)),
            Ok(_) => {}
            Err(fault) => return all(Err(fault)),
        }
        match self.marks(&batch).await {
            Ok(marks) => {
                let verdict = |&place: &usize| {
                    let Flush { mark, parcel } = &flushes[place];
                    (place, verdict(*mark, marks.get(parcel.key())))
                };
                batch.places.iter().map(verdict).collect()
            }
            Err(fault) => all(Err(Fault { kind: FaultKind::NoAnswer, ..fault })),
        }
    }

    async fn upsert(&self, batch: &Batch<'_>) -> Result<usize, Fault> {
        self.ask(async |on| {
            let parameters: [Parameter<'_>; 10] = [
                &self.cluster,
                &batch.keys,
                &batch.epochs,
                &batch.versions,
                &batch.timeouts,
                &batch.uninitialised,
                &batch.cookies,
                &batch.lock_ages,
                &batch.remaining,
                &batch.bodies,
            ];
            let rows = on.client.execute(&on.statements.store, &parameters).await.map_err(answered)?;
            Ok(usize::try_from(rows).expect("no more rows than items"))
        })
        .await
    }

    async fn marks(&self, batch: &Batch<'_>) -> Result<BTreeMap<Vec<u8>, Mark>, Fault> {
        self.ask(async |on| {
            let parameters: [Parameter<'_>; 2] = [&self.cluster, &batch.keys];
            let rows = on.client.query(&on.statements.marks, &parameters).await.map_err(answered)?;
            rows.iter().map(|row| Ok((row.get(0), columns::mark(row, 1)?))).collect()
        })
        .await
    }
}

/// What became of an item, by what is there now. It was stored or refused for what was there then; if that has
/// expired since, asking again is right in both cases.
fn verdict(mine: Mark, there: Option<&Mark>) -> Result<Stored, Fault> {
    match there {
        Some(&there) if there == mine => Ok(Stored::Stored),
        Some(&there) if there > mine => Ok(Stored::Refused(there)),
        _ => Err(Fault::new(FaultKind::NoAnswer, "what was there expired meanwhile")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_mark_tells() {
        let mark = |epoch, version| Mark { epoch, version };
        for (there, expected) in [
            (Some(mark(2, 5)), Some(Stored::Stored)),
            (Some(mark(2, 6)), Some(Stored::Refused(mark(2, 6)))),
            (Some(mark(3, 1)), Some(Stored::Refused(mark(3, 1)))),
            (Some(mark(1, 9)), None),
            (None, None),
        ] {
            assert_eq!(verdict(mark(2, 5), there.as_ref()).ok(), expected, "{there:?}");
        }
    }
}

//! The sessions that a node which writes through remembers, as a list.

use super::Through;
use crate::listing::{By, Listed, Listing, Top};

/// Sessions looked at before requests are let in.
const SLICE: usize = 1024;

impl Through {
    /// The first `limit` of them. They are what this node stored or saw last: others may have changed them since.
    pub async fn list(&self, by: By, limit: usize) -> Listing {
        let now = self.0.now();
        let mut top = Top::new(limit);
        for (seen, (place, known)) in self.0.cache.iter().enumerate() {
            let (entry, content) = (&known.session.entry, &known.session.content);
            let rank = match by {
                By::Lock => entry.locked_since.map(By::age),
                By::Size => Some(content.body().len() as u64),
            };
            if let Some(rank) = rank.filter(|_| !entry.expired(now)) {
                top.offer(rank, place);
            }
            if (seen + 1).is_multiple_of(SLICE) {
                tokio::task::yield_now().await;
            }
        }
        let (total, places) = top.finish();
        let found = places.into_iter().filter_map(|place| self.0.cache.peek(place));
        let listed = found.map(|known| {
            let content = &known.session.content;
            Listed::of(content.key(), content.body().len() as u64, &known.session.entry, now)
        });
        Listing::of(by, total, listed.collect())
    }
}

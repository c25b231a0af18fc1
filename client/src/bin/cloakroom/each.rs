//! The same for each of many nodes, a few at a time.

use std::io::{IsTerminal as _, stderr};
use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Each may be a process and a connection.
const AT_ONCE: usize = 8;

/// What `ask` comes to for each item, in their order. A terminal is shown how far it is.
pub(crate) async fn each<I, T, F>(items: Vec<I>, ask: impl Fn(I) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (all, turns) = (items.len(), Arc::new(Semaphore::new(AT_ONCE)));
    let told = all > 1 && stderr().is_terminal();
    let mut asking = JoinSet::new();
    for (nth, item) in items.into_iter().enumerate() {
        let (turns, asked) = (Arc::clone(&turns), ask(item));
        asking.spawn(async move {
            let _turn = turns.acquire().await;
            (nth, asked.await)
        });
    }
    let mut done = Vec::with_capacity(all);
    while let Some(ended) = asking.join_next().await {
        done.push(ended.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic())));
        if told {
            eprint!("\r{} of {all} nodes", done.len());
        }
    }
    if told {
        // Nothing of it stays.
        eprint!("\r\x1b[K");
    }
    done.sort_by_key(|(nth, _)| *nth);
    done.into_iter().map(|(_, one)| one).collect()
}

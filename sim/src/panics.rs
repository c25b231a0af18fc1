//! Panics of tasks that nobody waits for: the runtime swallows them, and a run with one has failed.

use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Remembers the panics of every thread from now on, instead of printing them.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let noted = SEEN.try_with(|seen| seen.borrow_mut().push(info.to_string())).is_ok();
            if !noted {
                before(info);
            }
        }));
    });
    SEEN.take();
}

/// The panics of this thread since it began to watch.
pub(crate) fn seen() -> Vec<String> {
    SEEN.take()
}

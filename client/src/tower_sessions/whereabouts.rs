//! What is known during one request of where the visitor's session lives: the layer hands the cookie in, the store asks
//! and tells, and the layer takes out what is to be sealed.
//!
//! It travels beside the request, in a task-local value, because tower-sessions hands a store nothing of the request.
//! Where there is no layer, or a handler asks from a task of its own, nothing is known and nothing is kept.

use std::{cell::RefCell, sync::Arc, time::Duration};

use cloakroom_location::{Binding, Home, KeyRing, Location};

tokio::task_local! {
    static WHEREABOUTS: RefCell<Whereabouts>;
}

/// What one request brought and learned.
pub(super) struct Whereabouts {
    /// Of the cookie.
    pub(super) name: Arc<str>,
    pub(super) max_age: Duration,
    pub(super) keys: Arc<KeyRing>,
    /// At the beginning of the request, in seconds since 1970.
    pub(super) now: u64,
    /// As it came from the visitor; nobody has opened it.
    pub(super) cookie: Option<String>,
    /// The session that was asked for last.
    pub(super) last: Option<Last>,
}

/// A session that was asked for.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) app: Arc<str>,
    pub(super) session: String,
    pub(super) fate: Fate,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is there, and lives here if that is known.
    Lives(Option<Home>),
    /// It was removed.
    Gone,
}

/// What the visitor's cookie is to become.
#[derive(Clone, Copy, PartialEq, Eq)]
// Not elsewhere: a session's id is as good as a password.
#[cfg_attr(test, derive(Debug))]
pub(super) enum Cookie<'a> {
    /// What it is.
    Same,
    /// This home, for this session.
    Sealed { home: Home, app: &'a str, session: &'a str },
    /// Nothing.
    Removed,
}

/// Runs `request` with `whereabouts`, and returns what they are then.
pub(super) async fn along<F: Future>(whereabouts: Whereabouts, request: F) -> (F::Output, Whereabouts) {
    let cell = RefCell::new(whereabouts);
    let mut scope = Box::pin(WHEREABOUTS.scope(cell, request));
    let output = scope.as_mut().await;
    let whereabouts = scope.as_mut().take_value().expect("it is taken once").into_inner();
    (output, whereabouts)
}

/// Where that session lives, as far as the visitor's cookie says.
pub(super) fn home(app: &str, session: &str) -> Option<Home> {
    WHEREABOUTS.try_with(|here| here.borrow().home(app, session)).ok().flatten()
}

/// Remembers what became of that session.
pub(super) fn learned(app: &Arc<str>, session: &str, fate: Fate) {
    let last = Last { app: app.clone(), session: session.to_owned(), fate };
    // Without a layer nobody wants to know.
    let _ = WHEREABOUTS.try_with(|here| here.borrow_mut().last = Some(last));
}

impl Whereabouts {
    fn open(&self, app: &str, session: &str) -> Option<Location> {
        let binding = Binding { cookie: &self.name, app, session };
        self.keys.open(self.now, self.cookie.as_deref()?, &binding, self.max_age)
    }

    fn home(&self, app: &str, session: &str) -> Option<Home> {
        match &self.last {
            // Learned in this request, so it is newer than the cookie.
            Some(Last { app: its, session: id, fate: Fate::Lives(home) })
                if **its == *app && id == session =>
            {
                home.or_else(|| self.open(app, session).map(|location| location.home))
            }
            _ => self.open(app, session).map(|location| location.home),
        }
    }

    /// What the cookie is to become at the end of the request.
    pub(super) fn cookie(&self) -> Cookie<'_> {
        match &self.last {
            None => Cookie::Same,
            Some(Last { fate: Fate::Gone, .. }) if self.cookie.is_some() => Cookie::Removed,
            Some(Last { fate: Fate::Gone | Fate::Lives(None), .. }) => Cookie::Same,
            Some(Last { app, session, fate: Fate::Lives(Some(home)) }) => match self.open(app, session) {
                // Not renewed while it is good: a stale one must come to an end, and nobody confirms it.
                Some(location) if location.home == *home => Cookie::Same,
                _ => Cookie::Sealed { home: *home, app, session },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    //! What was brought, what was learned, and what the cookie becomes.

    use std::{sync::Arc, time::Duration};

    use cloakroom_location::{Binding, DataCentre, Home, KeyRing, Location};

    use super::{Cookie, Fate, Last, Whereabouts, along, home, learned};

    const NOW: u64 = 1_790_000_000;
    const HOUR: u64 = 3600;

    fn at(number: u8, swing: u16) -> Home {
        Home { data_centre: DataCentre::new(number).unwrap(), swing }
    }

    fn keys() -> KeyRing {
        KeyRing::generate(NOW, std::array::from_fn(|at| u8::try_from(at).unwrap()))
    }

    /// A request whose visitor brought the cookie of `session`, `age` old.
    fn brought(session: &str, home: Home, age: u64) -> Whereabouts {
        let binding = Binding { cookie: "loc", app: "shop", session };
        let location = Location { home, issued: NOW - age };
        Whereabouts { cookie: Some(keys().seal(NOW, [1; 24], &location, &binding)), ..nothing() }
    }

    fn nothing() -> Whereabouts {
        Whereabouts {
            name: "loc".into(),
            max_age: Duration::from_secs(10 * HOUR),
            keys: Arc::new(keys()),
            now: NOW,
            cookie: None,
            last: None,
        }
    }

    fn sealed(home: Home) -> Cookie<'static> {
        Cookie::Sealed { home, app: "shop", session: "s" }
    }

    #[track_caller]
    fn check(whereabouts: Whereabouts, fate: Option<Fate>, expected: Cookie<'_>) {
        let last = fate.map(|fate| Last { app: "shop".into(), session: "s".to_owned(), fate });
        let whereabouts = Whereabouts { last, ..whereabouts };
        assert_eq!(whereabouts.cookie(), expected);
    }

    #[test]
    fn only_what_changed_is_sealed() {
        let here = Some(Fate::Lives(Some(at(1, 0))));
        check(nothing(), here, sealed(at(1, 0)));
        check(brought("s", at(1, 0), 0), here, Cookie::Same);
        check(brought("s", at(1, 0), 10 * HOUR), here, Cookie::Same);
        check(brought("s", at(1, 0), 10 * HOUR + 1), here, sealed(at(1, 0)));
        check(brought("s", at(2, 0), 0), here, sealed(at(1, 0)));
        check(brought("s", at(1, 1), 0), here, sealed(at(1, 0)));
        check(brought("other", at(1, 0), 0), here, sealed(at(1, 0)));
    }

    /// A visitor who brings a cookie of before a swing makes the detour that it names, and is given the new home as soon
    /// as somebody tells of it; the one that was learned counts, not the one that was brought.
    #[test]
    fn a_replayed_cookie_names_a_place_and_nothing_more() {
        let replayed = || brought("s", at(1, 0), 0);
        assert_eq!(replayed().home("shop", "s"), Some(at(1, 0)));
        check(replayed(), Some(Fate::Lives(Some(at(1, 0)))), Cookie::Same);
        check(replayed(), Some(Fate::Lives(Some(at(2, 1)))), sealed(at(2, 1)));
        check(brought("t", at(1, 0), 0), Some(Fate::Lives(Some(at(2, 1)))), sealed(at(2, 1)));
    }

    #[test]
    fn what_nobody_knows_is_not_sealed() {
        for fate in [None, Some(Fate::Lives(None))] {
            check(nothing(), fate, Cookie::Same);
            check(brought("s", at(1, 0), 0), fate, Cookie::Same);
        }
        check(nothing(), Some(Fate::Gone), Cookie::Same);
        check(brought("s", at(1, 0), 0), Some(Fate::Gone), Cookie::Removed);
    }

    #[tokio::test]
    async fn the_store_hears_of_the_cookie_and_what_was_learned_later() {
        let app = Arc::from("shop");
        let (homes, whereabouts) = along(brought("s", at(1, 0), 0), async {
            let first = [home("shop", "s"), home("shop", "t"), home("bank", "s")];
            learned(&app, "s", Fate::Lives(Some(at(2, 1))));
            (first, [home("shop", "s"), home("shop", "t")])
        })
        .await;
        assert_eq!(homes, ([Some(at(1, 0)), None, None], [Some(at(2, 1)), None]));
        assert_eq!(whereabouts.cookie(), sealed(at(2, 1)));
    }

    #[tokio::test]
    async fn without_a_layer_nothing_is_known() {
        learned(&Arc::from("shop"), "s", Fate::Lives(Some(at(2, 1))));
        assert_eq!(home("shop", "s"), None);
    }
}

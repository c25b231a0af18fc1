//! The model: what one session is, and what each event makes of it.

use crate::history::{Action, Event, Seen};

/// A session and, if it was given up or rewound, what may come back as long as nobody changes what there is instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State {
    session: Option<Session>,
    given_up: Option<Session>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Session {
    value: u64,
    lock: Lock,
    /// The highest cookie that anybody was told of: later ones are higher.
    highest: i32,
    /// The latest cookie that was only seen by others, never told to whom it was granted.
    unheard: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lock {
    Free,
    Held(i32),
    /// Held by nobody who knows of it: the node gives it back when it notices, seen by none.
    Nobodys(i32),
    /// Free, or as it was at some time before a crash.
    Unsure,
}

impl Lock {
    fn may_be_free(self) -> bool {
        !matches!(self, Self::Held(_))
    }

    /// Whether it may be the lock with that cookie, which somebody knows.
    fn may_be(self, cookie: i32) -> bool {
        matches!(self, Self::Held(held) if held == cookie) || self == Self::Unsure
    }
}

impl State {
    /// What is left after `event`; `None` if it cannot have happened here. `asked_for` says whether
    /// somebody had asked for the lock by then.
    pub(super) fn after(self, event: Event, asked_for: bool) -> Option<Self> {
        match event {
            Event::Asked(_, Seen::Paused) => Some(self),
            Event::Asked(action, seen) => match self.session {
                None => self.after_absent(action, seen),
                Some(session) => self.after_present(session, action, seen, asked_for),
            },
            Event::Crashed => Some(Self {
                session: self.session.map(Session::unsure),
                given_up: self.given_up.map(Session::unsure),
            }),
            Event::GivenUp => Some(Self { session: None, given_up: self.newest() }),
            Event::Rewound(value) => {
                let newest = self.newest()?;
                Some(Self { session: value.map(|value| newest.rewound(value)), given_up: Some(newest) })
            }
            Event::Returned => {
                self.given_up.is_some().then_some(Self { session: self.given_up, given_up: None })
            }
        }
    }

    /// What was there before anything was given up or rewound.
    fn newest(self) -> Option<Session> {
        self.given_up.or(self.session.map(Session::unsure))
    }

    fn after_present(self, session: Session, action: Action, seen: Seen, asked_for: bool) -> Option<Self> {
        let after = session.after(action, seen, asked_for)?;
        // What somebody reads or keeps alive may still be replaced by what is newer.
        let changed = !matches!(action, Action::Get | Action::Touch) && !matches!(seen, Seen::Locked(_));
        Some(Self { session: after, given_up: self.given_up.filter(|_| !changed) })
    }

    fn after_absent(self, action: Action, seen: Seen) -> Option<Self> {
        match (action, seen) {
            (Action::Set { value, .. }, Seen::Stored | Seen::Nothing) => Some(Self {
                session: Some(Session { value, lock: Lock::Free, highest: 0, unheard: 0 }),
                // What is newer stays.
                given_up: None,
            }),
            (Action::Set { .. }, _) => None,
            (_, Seen::Absent) => Some(self),
            _ => None,
        }
    }
}

impl Session {
    /// With a lock that may have been forgotten.
    fn unsure(self) -> Self {
        Self { lock: Lock::Unsure, ..self }
    }

    /// With the content of an earlier moment, when it may have been another session of that key, with lower cookies.
    fn rewound(self, value: u64) -> Self {
        Self { value, highest: 0, unheard: 0, ..self }
    }

    /// The session after a command that found it: outer `None` if it cannot have been answered like this.
    fn after(self, action: Action, seen: Seen, asked_for: bool) -> Option<Option<Self>> {
        let lock = self.lock;
        let allowed = |cookie: i32| lock.may_be_free() || lock.may_be(cookie);
        Some(match (action, seen) {
            (action, Seen::Locked(held)) if action != Action::Touch && action.cookie() != held => {
                if lock == Lock::Nobodys(held) {
                    return Some(Some(self));
                }
                // Granted, and the answer was lost on its way.
                if held > self.highest && lock.may_be_free() && asked_for {
                    return Some(Some(Self {
                        lock: Lock::Nobodys(held),
                        highest: held,
                        unheard: held,
                        ..self
                    }));
                }
                let known = held <= self.highest && lock.may_be(held);
                // Nobody was told of it before the crash, and the node may yet give it back.
                let lock = if held == self.unheard { Lock::Nobodys(held) } else { Lock::Held(held) };
                known.then_some(Some(Self { lock, ..self }))?
            }
            (Action::Get, Seen::Found(value)) if value == self.value && lock.may_be_free() => {
                Some(Self { lock: Lock::Free, ..self })
            }
            (Action::Acquire, Seen::Acquired { value, cookie }) => {
                let fits = value == self.value && lock.may_be_free() && cookie > self.highest;
                fits.then_some(Some(Self { lock: Lock::Held(cookie), highest: cookie, ..self }))?
            }
            (Action::Release { cookie }, Seen::Released | Seen::Nothing) if allowed(cookie) => {
                Some(Self { lock: Lock::Free, ..self })
            }
            (Action::Set { value, cookie }, Seen::Stored | Seen::Nothing) if allowed(cookie) => {
                Some(Self { value, lock: Lock::Free, ..self })
            }
            (Action::Remove { cookie }, Seen::Removed | Seen::Nothing) if allowed(cookie) => None,
            (Action::Touch, Seen::Touched) => Some(self),
            _ => return None,
        })
    }
}

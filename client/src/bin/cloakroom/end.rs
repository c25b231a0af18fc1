//! How a command ends, and what is said of it.

use cloakroom_client::Lock;

/// The number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Done = 0,
    /// Some nodes gave no answer; standard error says which.
    Incomplete = 1,
    Absent = 3,
    Locked = 4,
}

pub(crate) fn locked(lock: Lock) -> End {
    eprintln!("locked by somebody else for {} seconds, with cookie {}", lock.age_seconds, lock.cookie);
    End::Locked
}

pub(crate) fn absent() -> End {
    eprintln!("there is no such session");
    End::Absent
}

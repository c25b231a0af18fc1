//! What the generator asks of a server and what it can hear back, free of any wire format.

/// The operations of a session store, in the terms of MS-ASP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Write a new session.
    Create,
    /// Read and lock.
    GetExclusive,
    /// Write and unlock.
    SetAndRelease,
    /// Unlock without writing.
    Release,
    /// Read without locking.
    Get,
    /// Renew the timeout.
    Touch,
    /// Delete a session whose lock is held.
    Delete,
}

/// One request for one session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// What to do.
    pub(crate) operation: Operation,
    /// Which session.
    pub(crate) session: u64,
    /// The lock held, or for [`Operation::GetExclusive`] a fresh number for servers that let the
    /// client name its lock.
    pub(crate) lock: u32,
    /// For writes the version to write, for reads the oldest one that may come back.
    pub(crate) version: u32,
    /// Length of the body to write, in bytes; 0 for requests without a body.
    pub(crate) length: usize,
}

impl Request {
    /// A request that carries no body.
    #[must_use]
    pub(crate) const fn bare(operation: Operation, session: u64, version: u32) -> Self {
        Self { operation, session, lock: 0, version, length: 0 }
    }

    /// A write of `version`, `length` bytes long.
    #[must_use]
    pub(crate) const fn write(operation: Operation, session: u64, version: u32, length: usize) -> Self {
        Self { operation, session, lock: 0, version, length }
    }

    /// The same request under a lock.
    #[must_use]
    pub(crate) const fn locked(mut self, lock: u32) -> Self {
        self.lock = lock;
        self
    }
}

/// What a server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply<'a> {
    /// A session's body.
    Body {
        /// The bytes stored.
        bytes: &'a [u8],
        /// The lock granted, where the server names it.
        lock: Option<u32>,
    },
    /// Done; nothing to return.
    Done,
    /// No such session.
    Absent,
    /// Somebody else holds the lock.
    Locked,
}

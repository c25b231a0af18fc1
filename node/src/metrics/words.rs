//! The closed label sets: every value that a label can take, as a type.
//!
//! A label that clients could fill would let them grow the metrics without bound.

use cloakroom_session as session;

/// A label with a fixed list of values.
pub trait Word: Copy {
    /// The label's name.
    const LABEL: &'static str;
    /// Its values, in the order of [`Word::index`].
    const WORDS: &'static [&'static str];

    /// The position of this value in [`Word::WORDS`].
    fn index(self) -> usize;
}

macro_rules! words {
    ($($(#[$about:meta])* $name:ident as $label:literal { $($(#[$meaning:meta])* $value:ident = $word:literal,)+ })+) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$meaning])* $value,)+
        }

        impl Word for $name {
            const LABEL: &'static str = $label;
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn index(self) -> usize {
                self as usize
            }
        }
    )+};
}

words! {
    /// What was asked.
    Operation as "operation" {
        /// Read without locking.
        Get = "get",
        /// Read and lock.
        Acquire = "acquire",
        /// Unlock without writing.
        Release = "release",
        /// Write.
        Set = "set",
        /// Delete.
        Remove = "remove",
        /// Keep alive.
        Touch = "touch",
    }

    /// Where the session was found.
    Tier as "tier" {
        /// In the hot tier.
        Memory = "memory",
        /// In memory because it waits for the disk.
        Pending = "pending",
        /// Read from the disk tier.
        Disk = "disk",
        /// Nowhere, or not looked for.
        None = "none",
    }

    /// What was answered.
    Outcome as "outcome" {
        /// Read without locking.
        Found = "found",
        /// Read and locked.
        Acquired = "acquired",
        /// Unlocked.
        Released = "released",
        /// Written.
        Stored = "stored",
        /// Deleted.
        Removed = "removed",
        /// Kept alive.
        Touched = "touched",
        /// No such session.
        Absent = "absent",
        /// Somebody else holds the lock.
        Locked = "locked",
        /// The request could not be carried out as it was written, or there was no room.
        Refused = "refused",
    }

    /// Why a session that was stored cannot be read.
    Lost as "reason" {
        /// Its record fails the checksum.
        Corrupt = "corrupt",
        /// The segment file that held it is gone.
        MissingSegment = "missing_segment",
    }

    /// Why a connection was turned away.
    ConnectionRefused as "reason" {
        /// `limits.connections` are open.
        Limit = "limit",
        /// `limits.connectionsPerSource` are open from this address.
        SourceLimit = "source_limit",
        /// The process has no file descriptor left.
        Fds = "fds",
    }

    /// Why a connection ended.
    ConnectionClosed as "reason" {
        /// The client closed it.
        Client = "client",
        /// Silent for `limits.idleTimeout`.
        Idle = "idle",
        /// The head took longer than `limits.headTimeout`.
        HeadTimeout = "head_timeout",
        /// The body came slower than `limits.bodyBytesPerSecond`.
        BodyTimeout = "body_timeout",
        /// The client took nothing of an answer for `limits.writeStall`.
        WriteStall = "write_stall",
        /// What came was not the protocol, so the next request's place is unknown.
        Fault = "fault",
        /// The node is stopping.
        Drain = "drain",
        /// The network or the node failed.
        Error = "error",
    }

    /// Why a new session was not stored.
    CreationRefused as "reason" {
        /// The data directory is full.
        DiskFull = "disk_full",
        /// Its key's hash belongs to another live session.
        Collision = "collision",
    }

    /// Why a request was held and then given up: its connection was closed without an answer.
    Unanswered as "reason" {
        /// It was held for as long as a client waits.
        TooSlow = "too_slow",
        /// The journal had stopped.
        Stopped = "stopped",
        /// The session cannot be read from disk.
        Unreadable = "unreadable",
        /// A new session could not be taken.
        Refused = "refused",
    }

    /// What answered a read from the disk tier.
    ColdRead as "source" {
        /// The operating system had the bytes in memory.
        PageCache = "page_cache",
        /// The volume.
        Device = "device",
    }

    /// Which file was written.
    Written as "file" {
        /// Journal segments.
        Journal = "journal",
        /// The index's checkpoint.
        Checkpoint = "checkpoint",
    }
}

impl From<&session::Command> for Operation {
    fn from(command: &session::Command) -> Self {
        match command {
            session::Command::Get => Self::Get,
            session::Command::Acquire => Self::Acquire,
            session::Command::Release { .. } => Self::Release,
            session::Command::Set { .. } => Self::Set,
            session::Command::Remove { .. } => Self::Remove,
            session::Command::Touch => Self::Touch,
        }
    }
}

impl From<&session::Outcome> for Outcome {
    fn from(outcome: &session::Outcome) -> Self {
        match outcome {
            session::Outcome::Found { .. } => Self::Found,
            session::Outcome::Acquired { .. } => Self::Acquired,
            session::Outcome::Released { .. } => Self::Released,
            session::Outcome::Stored => Self::Stored,
            session::Outcome::Removed => Self::Removed,
            session::Outcome::Touched => Self::Touched,
            session::Outcome::Absent => Self::Absent,
            session::Outcome::Locked { .. } => Self::Locked,
            session::Outcome::Refused { .. } => Self::Refused,
        }
    }
}

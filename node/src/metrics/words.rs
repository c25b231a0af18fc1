//! The closed label sets: every value that a label can take, as a type.
//!
//! A label that clients could fill would let them grow the metrics without bound.

use cloakroom_session as session;

use crate::peers::{Answered, Ask, NoAnswer};

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
        /// At the node that owns it.
        Peer = "peer",
        /// In the backing store.
        Backing = "backing",
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

    /// Why a session that was stored cannot be given any more.
    Lost as "reason" {
        /// Its record fails the checksum.
        Corrupt = "corrupt",
        /// The segment file that held it is gone.
        MissingSegment = "missing_segment",
        /// The node that had it is no member of the cluster any more.
        Excluded = "excluded",
        /// The last change before its node was lost or cut off had not reached the backing store, and another was made since.
        Superseded = "superseded",
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
        /// No encryption was agreed on, or not within `limits.headTimeout`.
        Handshake = "handshake",
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
        /// The node that owns the session did not say what became of it.
        Elsewhere = "elsewhere",
        /// Too few of the other nodes answered.
        CutOff = "cut_off",
        /// The backing store did not say what became of it.
        BackingStore = "backing_store",
    }

    /// What the backing store is asked.
    BackingAsk as "operation" {
        /// To read a session, and to let no earlier owner store it any more.
        Claim = "claim",
        /// To change a session that is as it was.
        Swap = "swap",
        /// To take sessions that are newer.
        Store = "store",
        /// To remember that a session was removed.
        Remove = "remove",
        /// Whether it is there.
        Probe = "probe",
        /// To drop what has expired.
        Sweep = "sweep",
    }

    /// What came of it.
    BackingResult as "result" {
        /// It was done.
        Done = "done",
        /// What is there is newer, or not what was expected.
        Newer = "newer",
        /// The engine was not reached.
        Unreachable = "unreachable",
        /// It was asked and did not answer.
        NoAnswer = "no_answer",
        /// The engine takes no writes.
        ReadOnly = "read_only",
        /// The engine has no room.
        Full = "full",
        /// The engine refused.
        Refused = "refused",
    }

    /// What came of a request that was passed on.
    Forwarded as "result" {
        /// The owner answered.
        Answered = "answered",
        /// It was asked under another ring than the asker's, or could not answer now.
        Elsewhere = "elsewhere",
        /// The owner could not be reached.
        NotSent = "not_sent",
        /// The owner was asked and did not answer.
        Unknown = "unknown",
    }

    /// Why this data centre became the home of a session.
    Swung as "why" {
        /// Its former home did not answer.
        Lost = "lost",
        /// It was taken over there before, and its former home has answered again for `dataCentre.swingBackAfter`.
        Back = "back",
        /// Its former home is no data centre that this one knows.
        Unknown = "unknown",
    }

    /// What came of a request that was passed on to another data centre.
    GatewayResult as "result" {
        /// It was answered there.
        Answered = "answered",
        /// The session does not live there any more; nothing was decided.
        Elsewhere = "elsewhere",
        /// It could not be answered there truthfully.
        Unavailable = "unavailable",
        /// It was not passed on: the data centre could not be reached.
        NotSent = "not_sent",
        /// It was passed on, and what became of it is not known.
        Unknown = "unknown",
    }

    /// What became of a question that came from another data centre.
    GatewayAnswer as "result" {
        /// It was answered.
        Answered = "answered",
        /// Nothing was decided: the asker must look again.
        Elsewhere = "elsewhere",
        /// It could not be answered truthfully.
        Unavailable = "unavailable",
        /// It is nothing that data centres ask each other.
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

    /// What another node was asked.
    PeerAsk as "ask" {
        /// Are you there?
        Beacon = "beacon",
        /// Go on with this ring.
        Adopt = "adopt",
        /// Serve a client's command.
        Forward = "forward",
        /// Hand one session over.
        Take = "take",
        /// Take sessions over.
        Push = "push",
    }

    /// What became of a question to another node.
    PeerResult as "result" {
        /// It was answered.
        Answered = "answered",
        /// It never left.
        NotSent = "not_sent",
        /// It left and was not answered in time.
        Unknown = "unknown",
    }

    /// Why a link between two nodes did not come about.
    HelloRefused as "reason" {
        /// The other speaks another version of the peer protocol.
        Version = "version",
        /// The other belongs to another cluster.
        Cluster = "cluster",
        /// The other is not the node that was expected, or has this node's own name.
        Name = "name",
        /// The other has another peer key.
        Key = "key",
        /// Without a peer key, the other is on another machine.
        NotLoopback = "not_loopback",
        /// Too many links are open.
        Crowded = "crowded",
        /// The other refused this node.
        ByPeer = "by_peer",
        /// What came was not the peer protocol.
        NotAPeer = "not_a_peer",
        /// It took too long.
        TooSlow = "too_slow",
        /// No certificate of the cluster's authority, or no TLS.
        Tls = "tls",
        /// The connection failed.
        Failed = "failed",
    }
}

impl From<&Ask> for PeerAsk {
    fn from(ask: &Ask) -> Self {
        match ask {
            Ask::Beacon { .. } => Self::Beacon,
            Ask::Adopt(_) => Self::Adopt,
            Ask::Forward(_) => Self::Forward,
            Ask::Take { .. } => Self::Take,
            Ask::Push(_) => Self::Push,
        }
    }
}

impl From<&Result<Answered, NoAnswer>> for PeerResult {
    fn from(result: &Result<Answered, NoAnswer>) -> Self {
        match result {
            Ok(_) => Self::Answered,
            Err(NoAnswer::NotSent) => Self::NotSent,
            Err(NoAnswer::Unknown) => Self::Unknown,
        }
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

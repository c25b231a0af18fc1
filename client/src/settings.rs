//! Every time limit and bound of a client, with its default: the one place to look when a request
//! took too long or gave up too early.

use std::time::Duration;

use cloakroom_location::Patience;

use crate::BuildError;

/// How long a client waits, how often it tries and how much it holds.
///
/// Made by [`Settings::default`] and changed field by field:
///
/// ```
/// use std::time::Duration;
/// use cloakroom_client::Settings;
///
/// let mut settings = Settings::default();
/// settings.total = Duration::from_secs(5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// A connection must come about in this time, TLS included. 500 ms.
    pub connect: Duration,
    /// A connection on which sent bytes stay unacknowledged for this long is lost, however long its answer might
    /// take: the other machine is gone, or the network between, or a node takes no more bytes of a large body. 1.2 s: two
    /// such connections in a row, and another data centre is asked in less than 3 s. Heeded on Linux; elsewhere only
    /// [`answer`](Self::answer) is.
    pub unreachable: Duration,
    /// An answer must be complete in this time. 10 s, as with ASP.NET: nodes hold a request for up to 8 s.
    pub answer: Duration,
    /// A verb ends in this time, all tries and pauses included. 15 s.
    pub total: Duration,
    /// Connections to one node, those in use and those kept. 64.
    pub connections: usize,
    /// How long to wait for one of them if all are in use. 1 s.
    pub connection_wait: Duration,
    /// A connection unused for this long is closed. 30 s; nodes close theirs after 2 min.
    pub idle: Duration,
    /// Tries on one node before the next one is asked. 3.
    pub tries: u32,
    /// The first pause between two tries; each further one is twice as long. 20 ms. Half of every pause is random.
    pub pause: Duration,
    /// The longest pause. 500 ms, the pause of ASP.NET.
    pub pause_max: Duration,
    /// Tries beyond the first, in percent of requests, on average. 10. Only tries count that may have cost a node
    /// work: one whose connection did not come about is free.
    pub retry_percent: u32,
    /// How many such tries may be saved up, and so follow each other at once. A tenth of it is granted every second
    /// whatever the requests are. 500.
    pub retry_reserve: u32,
    /// Failures in a row after which a node is passed over, and of whole rounds after which a cluster is. 3.
    pub failures: u32,
    /// How long it is passed over before one request tries it again. 1 s.
    pub rest: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(500),
            unreachable: Duration::from_millis(1200),
            answer: Duration::from_secs(10),
            total: Duration::from_secs(15),
            connections: 64,
            connection_wait: Duration::from_secs(1),
            idle: Duration::from_secs(30),
            tries: 3,
            pause: Duration::from_millis(20),
            pause_max: Duration::from_millis(500),
            retry_percent: 10,
            retry_reserve: 500,
            failures: 3,
            rest: Duration::from_secs(1),
        }
    }
}

impl Settings {
    pub(crate) fn patience(&self) -> Patience {
        Patience { failures: self.failures, rest: self.rest }
    }

    /// # Errors
    /// [`BuildError::Setting`] for one that leaves nothing to do.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let spans = [
            ("connect", self.connect),
            ("unreachable", self.unreachable),
            ("answer", self.answer),
            ("total", self.total),
            ("idle", self.idle),
            ("pause", self.pause),
            ("pause_max", self.pause_max),
            ("rest", self.rest),
        ];
        let counts = [
            ("connections", self.connections),
            ("tries", self.tries as usize),
            ("failures", self.failures as usize),
        ];
        let empty = spans.into_iter().filter(|(_, span)| span.is_zero()).map(|(name, _)| name);
        match empty.chain(counts.into_iter().filter(|(_, count)| *count == 0).map(|(name, _)| name)).next() {
            Some(name) => Err(BuildError::Setting(name)),
            None => Ok(()),
        }
    }
}

//! The connections of one node, each kept by a task that makes it anew when it ends.
//!
//! A pool that lends a connection to one caller at a time would have as many round trips in flight as connections;
//! here all callers share them, and what they ask at once is pipelined. Nobody waits for a connection to be made: a
//! session waits less long for a node that says that it cannot.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::connector::{Connection, Connector, Driver, ending};
use crate::backing::{Fault, FaultKind};

/// Statements in flight on one connection: enough to bridge a round trip, few enough that none waits long.
const DEPTH: usize = 8;
/// Between two attempts to connect; doubled up to the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// One of the connections.
#[derive(Clone, Debug)]
enum Line {
    /// Not tried yet.
    Starting,
    Up(Arc<Connection>),
    Down(Fault),
}

/// All connections.
#[derive(Debug)]
pub(super) struct Lines {
    lines: watch::Sender<Vec<Line>>,
    room: Arc<Semaphore>,
    /// Ended with this.
    _keepers: JoinSet<()>,
}

/// A place on a connection.
pub(super) struct Lease {
    connection: Arc<Connection>,
    _room: OwnedSemaphorePermit,
}

impl Lines {
    /// Begins to connect, `count` times.
    pub(super) fn new(connector: Connector, count: u32) -> Self {
        let count = usize::try_from(count).expect("a number of connections");
        let lines = watch::Sender::new(vec![Line::Starting; count]);
        let connector = Arc::new(connector);
        let mut keepers = JoinSet::new();
        for number in 0..count {
            keepers.spawn(keep(number, Arc::clone(&connector), lines.clone()));
        }
        Self { lines, room: Arc::new(Semaphore::new(count * DEPTH)), _keepers: keepers }
    }

    /// A place on the least busy connection. Waits while all places are taken, and for the first attempt to connect.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(super) async fn lease(&self) -> Result<Lease, Fault> {
        let room = Arc::clone(&self.room).acquire_owned().await.expect("it is never closed");
        let mut lines = self.lines.subscribe();
        let known = lines.wait_for(|lines| lines.iter().any(|line| !matches!(line, Line::Starting)));
        let lines = known.await.expect("the sender is this one's");
        match least_busy(&lines) {
            Some(connection) => {
                connection.busy.fetch_add(1, Ordering::Relaxed);
                Ok(Lease { connection: Arc::clone(connection), _room: room })
            }
            None => Err(problem(&lines)),
        }
    }
}

impl Lease {
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.connection.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

fn least_busy(lines: &[Line]) -> Option<&Arc<Connection>> {
    let up = lines.iter().filter_map(|line| match line {
        Line::Up(connection) if !connection.client.is_closed() => Some(connection),
        _ => None,
    });
    up.min_by_key(|connection| connection.busy.load(Ordering::Relaxed))
}

fn problem(lines: &[Line]) -> Fault {
    let fault = lines.iter().find_map(|line| match line {
        Line::Down(fault) => Some(fault.clone()),
        _ => None,
    });
    fault.unwrap_or_else(|| Fault::new(FaultKind::Unreachable, "the connection was closed"))
}

/// Makes a connection, again and again.
async fn keep(number: usize, connector: Arc<Connector>, lines: watch::Sender<Vec<Line>>) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        let fault = match connector.connect().await {
            Ok((connection, driver)) => {
                pause = SHORTEST_PAUSE;
                let connection = Arc::new(connection);
                set(&lines, number, Line::Up(Arc::clone(&connection)));
                Fault::new(FaultKind::Unreachable, drive(&connection, driver).await)
            }
            Err(fault) => fault,
        };
        set(&lines, number, Line::Down(fault));
        #[expect(
            clippy::disallowed_methods,
            reason = "a server that is away must not be asked without pause"
        )]
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Until the connection ends, and why it did.
async fn drive(connection: &Connection, driver: Driver) -> String {
    tokio::select! {
        biased;
        end = driver => ending(&end),
        () = connection.given_up.cancelled() => "the server did not answer".to_owned(),
    }
}

/// People are told how the first attempt went, and when the first connection comes and the last one goes.
fn set(lines: &watch::Sender<Vec<Line>>, number: usize, line: Line) {
    lines.send_modify(|lines| {
        let untried = lines.iter().all(|line| matches!(line, Line::Starting));
        let before = any_up(lines);
        lines[number] = line;
        match (before, any_up(lines)) {
            (false, true) => tracing::info!("connected to PostgreSQL"),
            (was_up, false) if was_up || untried => {
                tracing::warn!(problem = %problem(lines), "PostgreSQL is not reached");
            }
            _ => {}
        }
    });
}

fn any_up(lines: &[Line]) -> bool {
    lines.iter().any(|line| matches!(line, Line::Up(_)))
}

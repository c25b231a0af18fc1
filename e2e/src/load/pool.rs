//! The connections of one web server, as ASP.NET pools them: the one that was used last is used first, there may be any
//! number of them, and those that nobody used for five to ten seconds are closed. No request is sent twice.

use std::{cell::RefCell, time::Duration};

use cloakroom_client::{Connection, Error};

/// How often unused connections are closed.
pub(super) const SWEEP: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Pool {
    address: String,
    idle: RefCell<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    /// Each with the number of sweeps before it was given back.
    connections: Vec<(u64, Connection)>,
    sweeps: u64,
}

impl Pool {
    /// To the server at `address`, without connections yet.
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), idle: RefCell::default() }
    }

    /// A connection for one request: a pooled one that is still open, else a new one.
    ///
    /// # Errors
    /// [`Error::Connect`].
    pub(super) async fn take(&self) -> Result<Connection, Error> {
        while let Some(connection) = self.pop() {
            if connection.is_open() {
                return Ok(connection);
            }
        }
        Connection::connect(&self.address).await
    }

    fn pop(&self) -> Option<Connection> {
        self.idle.borrow_mut().connections.pop().map(|(_, connection)| connection)
    }

    /// Takes a connection back whose request was answered.
    pub(super) fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.borrow_mut();
        let sweeps = idle.sweeps;
        idle.connections.push((sweeps, connection));
    }

    /// Closes all that are not in use, as the end of a web server's process does.
    pub(super) fn begin_anew(&self) {
        self.idle.borrow_mut().connections.clear();
    }

    /// Closes what nobody used since the last sweep.
    pub(super) fn sweep(&self) {
        let mut idle = self.idle.borrow_mut();
        let sweeps = idle.sweeps;
        idle.connections.retain(|(given_back, _)| *given_back == sweeps);
        idle.sweeps += 1;
    }
}

#[cfg(test)]
mod tests {
    //! Who is taken, who is closed.

    use tokio::net::{TcpListener, TcpStream};

    use super::Pool;

    async fn server() -> (TcpListener, Pool) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pool = Pool::new(&listener.local_addr().unwrap().to_string());
        (listener, pool)
    }

    async fn accepted(listener: &TcpListener) -> TcpStream {
        listener.accept().await.unwrap().0
    }

    fn idle(pool: &Pool) -> usize {
        pool.idle.borrow().connections.len()
    }

    #[tokio::test]
    async fn the_last_one_used_is_the_next() {
        let (listener, pool) = server().await;
        let (first, second) = (pool.take().await.unwrap(), pool.take().await.unwrap());
        let (_first_end, second_end) = (accepted(&listener).await, accepted(&listener).await);
        pool.give_back(first);
        pool.give_back(second);
        drop(second_end);
        // The second one was closed by the server, so what is taken is the first, and nothing new.
        let taken = pool.take().await.unwrap();
        assert!(taken.is_open());
        assert_eq!(idle(&pool), 0);
    }

    #[tokio::test]
    async fn a_connection_that_the_server_closed_is_replaced() {
        let (listener, pool) = server().await;
        pool.give_back(pool.take().await.unwrap());
        drop(accepted(&listener).await);
        assert!(pool.take().await.unwrap().is_open());
        accepted(&listener).await;
    }

    #[tokio::test]
    async fn what_nobody_used_between_two_sweeps_is_closed() {
        let (_listener, pool) = server().await;
        pool.give_back(pool.take().await.unwrap());
        pool.sweep();
        assert_eq!(idle(&pool), 1);
        pool.give_back(pool.take().await.unwrap());
        pool.sweep();
        assert_eq!(idle(&pool), 1);
        pool.sweep();
        assert_eq!(idle(&pool), 0);
    }
}

//! Single requests, each on a connection of its own: a refusal closes it.

use cloakroom_client::{Connection, Error, Item, Read, Session, Timeout, Written};
use cloakroom_protocol::aspnet;

pub(crate) const APPLICATION: &str = "/LM/W3SVC/1/ROOT";

pub(crate) fn id(number: usize) -> String {
    format!("crash{number:019}")
}

/// The session that goes by `number`.
pub(crate) fn session(number: usize) -> Session {
    Session::new(APPLICATION, &id(number)).expect("a valid id")
}

/// Its key, as nodes know it.
pub(crate) fn key(number: usize) -> Vec<u8> {
    let mut key = Vec::new();
    aspnet::key_into(aspnet::target(APPLICATION, &id(number)).expect("a valid id").as_bytes(), &mut key);
    key
}

/// Runs `future` and what it waits for on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

pub(crate) fn get(address: &str, number: usize) -> Result<Read<Item>, Error> {
    block_on(async { Connection::connect(address).await?.get(&session(number)).await })
}

pub(crate) fn set(address: &str, number: usize, body: &[u8]) -> Result<Written, Error> {
    block_on(async {
        let mut connection = Connection::connect(address).await?;
        connection.set(&session(number), body, Timeout::DEFAULT, None).await
    })
}

pub(crate) fn remove(address: &str, number: usize) -> Result<Written, Error> {
    block_on(async { Connection::connect(address).await?.remove(&session(number), None).await })
}

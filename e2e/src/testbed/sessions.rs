//! Sessions that are stored, and found again with what was stored.

use cloakroom_client::{Connection, Read, Session, Timeout, Written};
use k8s_openapi::api::core::v1::Service;

use super::deadline::eventually;

/// Some sessions with bodies of their own.
pub struct Sessions {
    kind: &'static str,
    count: usize,
}

impl Sessions {
    /// `count` sessions whose ids begin with `kind` (letters).
    pub fn new(kind: &'static str, count: usize) -> Self {
        Self { kind, count }
    }

    fn session(&self, number: usize) -> Session {
        Session::new("/LM/W3SVC/1/ROOT", &format!("{}{number:016}", self.kind)).expect("a valid id")
    }

    fn body(&self, number: usize) -> Vec<u8> {
        format!("{} {number} ", self.kind).repeat(1 + number % 64).into_bytes()
    }

    /// Stores them all at `address`; every write was answered.
    pub async fn store(&self, address: &str) {
        let mut connection = connect(address).await;
        for number in 0..self.count {
            let stored =
                connection.set(&self.session(number), &self.body(number), Timeout::DEFAULT, None).await;
            assert_eq!(stored.expect("it is answered"), Written::Done);
        }
    }

    /// All of them are at `address`, as they were stored.
    pub async fn check(&self, address: &str) {
        let mut connection = connect(address).await;
        for number in 0..self.count {
            match connection.get(&self.session(number)).await.expect("it is answered") {
                Read::Found(item) => assert_eq!(item.body, self.body(number), "session {number}"),
                other => panic!("session {number} of {} is {other:?}", self.count),
            }
        }
    }
}

/// A connection, as soon as somebody listens: the machine's proxy follows the endpoints a moment later.
async fn connect(address: &str) -> Connection {
    eventually(format_args!("{address} accepts connections"), async || {
        Connection::connect(address).await.map_err(|error| error.to_string())
    })
    .await
}

/// Where applications reach `service`.
pub fn address_of(service: &Service) -> String {
    let spec = service.spec.as_ref().expect("a service has one");
    let ip = spec.cluster_ip.as_ref().expect("it has an address of its own");
    let port = spec.ports.iter().flatten().find(|port| port.name.as_deref() == Some("state"));
    format!("{ip}:{}", port.expect("it has the state port").port)
}

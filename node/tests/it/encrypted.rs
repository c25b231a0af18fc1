//! The port for encrypted connections: who may connect to whom, and that sessions are served there as everywhere.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_client::{Connection, Error, Read as Looked, Session, Timeout, Tls, TlsFiles, Written};
use cloakroom_node::metrics::{ConnectionClosed as Closed, ConnectionRefused};
use cloakroom_node_config::StateTls;
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::authority::{Authority, Good, NAME};
use crate::client::Client;
use crate::eventually::eventually;
use crate::node::Node;
use crate::request;

/// A node and what its clients need to know of it.
struct World {
    node: Node,
    /// Of the node's certificate.
    authority: Authority,
    files: TempDir,
}

impl World {
    /// A node that asks for certificates of `clients`.
    fn new(clients: Option<&Authority>, good: Good, connections: u32) -> Self {
        let (authority, files) = (Authority::new(), folder());
        let (cert_file, key_file) = authority.sign(files.path(), good);
        let ca_file = clients.map(|clients| clients.write(files.path()));
        let node = Node::with(|config| {
            let listen = ([127, 0, 0, 1], 0).into();
            config.state_tls = Some(StateTls { listen, cert_file, key_file, ca_file });
            config.limits.connections = connections;
        });
        Self { node, authority, files }
    }

    fn open() -> Self {
        Self::new(None, Good::Still, 100)
    }

    /// What a client has that trusts this node and has nothing to show.
    fn trusting(&self, folder: &TempDir) -> TlsFiles {
        TlsFiles { ca: Some(self.authority.write(folder.path())), ..TlsFiles::default() }
    }

    fn raw(&self) -> Client {
        Client::connect(self.node.encrypted)
    }

    fn closed(&self, reason: Closed) -> u64 {
        self.node.metrics.connections_closed.get(reason)
    }

    #[track_caller]
    fn check_closed(&self, mut client: Client, reason: Closed) {
        client.rest();
        eventually("the close is counted", || self.closed(reason) == 1);
    }

    async fn connect(&self, tls: &Tls) -> Result<Connection, Error> {
        Connection::connect_encrypted(&self.node.encrypted.to_string(), tls).await
    }

    /// Whether a client with these files is served, once.
    fn serves(&self, files: TlsFiles) -> Result<(), Error> {
        let touch = async {
            let mut connection = self.connect(&Tls::new(files).expect("readable files")).await?;
            connection.touch(&session("nobody")).await
        };
        block_on(touch).map(|written| assert_eq!(written, Written::Absent))
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a place for files")
}

/// Runs `future` and what it waits for on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn session(id: &str) -> Session {
    Session::new("/LM/W3SVC/1/ROOT", id).expect("an id")
}

#[test]
fn sessions_are_served_as_everywhere() {
    let world = World::open();
    let tls = Tls::new(world.trusting(&folder())).expect("readable files");
    block_on(converse(&world, &tls));
    eventually("the client has left", || world.closed(Closed::Client) == 3);
}

async fn converse(world: &World, tls: &Tls) {
    let pooled = world.connect(tls).await.expect("the node is trusted");
    let mut connection = world.connect(tls).await.expect("the node is trusted");
    let cart = session("cart");
    assert_eq!(connection.get(&cart).await.expect("an answer"), Looked::Absent);
    // Larger than what any buffer on the way holds, and one that fits into a single record.
    for bytes in [8 << 20, 1] {
        let body = vec![b'x'; bytes];
        let written = connection.set(&cart, &body, Timeout::DEFAULT, None).await.expect("an answer");
        assert_eq!(written, Written::Done);
        let Looked::Found(held) = connection.get_exclusive(&cart).await.expect("an answer") else {
            panic!("it was just written");
        };
        assert!(held.item.body == body, "{bytes} bytes became {}", held.item.body.len());
        assert_eq!(connection.release(&cart, held.cookie).await.expect("an answer"), Written::Done);
    }
    let mut plain = Connection::connect(&world.node.address.to_string()).await.expect("a node");
    assert!(matches!(plain.get(&cart).await, Ok(Looked::Found(item)) if item.body == b"x"));
    assert_eq!(connection.remove(&cart, None).await.expect("an answer"), Written::Done);
    assert!(connection.is_open() && pooled.is_open(), "nothing comes that was not asked for");
}

/// Sends `request`, and reads `bytes` of content behind the head of the answer.
fn exchange(stream: &mut (impl Read + Write), request: &[u8], bytes: usize) {
    stream.write_all(request).expect("the node reads");
    let (mut answer, mut piece) = (Vec::new(), [0; 1024]);
    let head_bytes =
        |answer: &[u8]| answer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
    while head_bytes(&answer).is_none_or(|head| answer.len() < head + bytes) {
        let count = stream.read(&mut piece).expect("more comes in time");
        assert!(count > 0, "the node closed within an answer");
        answer.extend_from_slice(&piece[..count]);
    }
}

#[test]
fn who_reads_slowly_gets_every_byte() {
    let (world, folder) = (World::open(), folder());
    let ca = world.trusting(&folder).ca.expect("it was written");
    let mut authorities = RootCertStore::empty();
    authorities.add(CertificateDer::from_pem_file(ca).expect("a certificate")).expect("of an authority");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("they are there")
        .with_root_certificates(authorities)
        .with_no_client_auth();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    // So small that the node is told to wait before every end.
    socket.set_recv_buffer_size(4096).expect("a size");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    socket.connect(&world.node.encrypted.into()).expect("the node listens");
    let name = NAME.try_into().expect("a name");
    let session = ClientConnection::new(config.into(), name).expect("it fits");
    let mut slow = StreamOwned::new(session, TcpStream::from(socket));
    let mut plain = world.node.client();
    for kib in (16..512).step_by(16) {
        plain.set("key", &vec![b'x'; kib << 10]);
        exchange(&mut slow, &request::get("key"), kib << 10);
    }
}

/// A client is turned away by the node, at the latest when it asks for something.
fn check_turned_away(world: &World, files: TlsFiles, count: u64) {
    world.serves(files).expect_err("it cannot prove who it is");
    eventually("it is counted", || world.closed(Closed::Handshake) == count);
}

#[test]
fn a_node_that_asks_for_certificates_serves_those_who_have_one() {
    let (clients, strangers) = (Authority::new(), Authority::new());
    let world = World::new(Some(&clients), Good::Still, 100);
    let shows = |authority: &Authority, good: Good| {
        let folder = folder();
        let own = Some(authority.sign(folder.path(), good));
        (TlsFiles { cert_and_key: own, ..world.trusting(&folder) }, folder)
    };
    let (right, _kept) = shows(&clients, Good::Still);
    world.serves(right.clone()).expect("it has the right certificate");
    let (empty, kept) = (folder(), shows(&strangers, Good::Still));
    check_turned_away(&world, world.trusting(&empty), 1);
    check_turned_away(&world, kept.0, 2);
    let kept = shows(&clients, Good::NoMore);
    check_turned_away(&world, kept.0, 3);
    world.serves(right).expect("the others have changed nothing for it");
}

/// A client refuses to talk to a node.
fn check_mistrusted(world: &World, files: TlsFiles) {
    let error = world.serves(files).expect_err("the node cannot prove who it is");
    assert!(matches!(error, Error::Connect { .. }) && !error.outcome_unknown(), "{error}");
}

#[test]
fn a_client_asks_nothing_of_a_node_that_it_does_not_trust() {
    let (world, folders) = (World::open(), [folder(), folder()]);
    let named = |name: &str| TlsFiles { server_name: Some(name.to_owned()), ..world.trusting(&folders[0]) };
    world.serves(world.trusting(&folders[0])).expect("its certificate bears its address");
    world.serves(named(NAME)).expect("its certificate bears this name");
    check_mistrusted(&world, named("another.example"));
    let other = TlsFiles { ca: Some(Authority::new().write(folders[1].path())), ..TlsFiles::default() };
    check_mistrusted(&world, other);
    let expired = World::new(None, Good::NoMore, 100);
    check_mistrusted(&expired, expired.trusting(&folders[1]));
}

#[test]
fn replaced_certificates_count_for_the_next_connection_on_both_sides() {
    let (world, folder) = (World::open(), folder());
    block_on(replace(&world, &folder));
}

async fn replace(world: &World, folder: &TempDir) {
    let tls = Tls::new(world.trusting(folder)).expect("readable files");
    let mut open = world.connect(&tls).await.expect("the node is trusted");

    fs::write(world.files.path().join("cert.pem"), "no certificate").expect("a file of ours");
    fs::write(folder.path().join("ca.pem"), "no certificate").expect("a file of ours");
    world.connect(&tls).await.expect("both go on with what was usable");

    let next = Authority::new();
    next.sign(world.files.path(), Good::Still);
    world.connect(&tls).await.expect_err("it is another authority's now");
    next.write(folder.path());
    world.connect(&tls).await.expect("the client knows that one now");
    assert_eq!(open.touch(&session("nobody")).await.expect("it goes on"), Written::Absent);
}

#[test]
fn what_is_no_handshake_is_not_served() {
    let hello = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03";
    for bytes in [&request::get("key")[..], &[0; 64], hello] {
        let world = World::open();
        let mut client = world.raw();
        client.send(bytes);
        world.check_closed(client, Closed::Handshake);
        let received = world.node.metrics.received_bytes.get();
        assert_eq!(received, 0, "nothing of it is taken for a request");
    }
    let world = World::open();
    world.raw().close_sending();
    eventually("who only looks is no failure", || world.closed(Closed::Client) == 1);
}

#[test]
fn a_handshake_has_as_long_as_a_head_and_takes_a_place() {
    let world = World::new(None, Good::Still, 1);
    let mut silent = world.raw();
    eventually("it has the place", || world.node.metrics.connections_open.get() == 1);
    for address in [world.node.address, world.node.encrypted] {
        assert_eq!(Client::connect(address).rest(), b"");
    }
    assert_eq!(world.node.metrics.connections_refused.get(ConnectionRefused::Limit), 2);
    silent.send(b"\x16");
    world.node.advance(Duration::from_secs(6));
    world.check_closed(silent, Closed::Handshake);
}

#[test]
fn a_stopping_node_does_not_wait_for_handshakes() {
    let mut world = World::open();
    let waiting = world.raw();
    eventually("it is accepted", || world.node.metrics.connections_open.get() == 1);
    world.node.stop();
    world.node.stopped();
    world.check_closed(waiting, Closed::Drain);
}

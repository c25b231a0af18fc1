//! Looking up from a name server on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record};
use parking_lot::Mutex;
use tokio::net::UdpSocket;

use super::{Dns, prepare};
use crate::discovery::follow::Look;
use crate::discovery::{DiscoveryError, Servers};

/// A name server with the records that it is given, `name TYPE data` each.
struct NameServer {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
}

#[derive(Default)]
struct Zone {
    records: Vec<Record>,
    /// Answers SRV with the addresses of the targets, as most do.
    additional: bool,
    /// Answers with a failure instead.
    broken: bool,
}

impl NameServer {
    async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let zone = Arc::<Mutex<Zone>>::default();
        let served = Arc::clone(&zone);
        tokio::spawn(async move {
            let mut question = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut question).await {
                let answer = served.lock().answer(&Message::from_vec(&question[..length]).unwrap());
                socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        });
        Self { address, zone }
    }

    fn has(&self, records: &[&str]) {
        self.zone.lock().records = records.iter().map(|record| parse(record)).collect();
    }

    /// A client of it that remembers nothing, so that each look is one.
    fn asked_for(&self, name: &str, port: Option<u16>) -> Dns {
        let mut udp = ConnectionConfig::udp();
        udp.port = self.address.port();
        let server = NameServerConfig::new(self.address.ip(), true, vec![udp]);
        let config = ResolverConfig::from_name_servers(vec![server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        prepare(builder.options_mut());
        builder.options_mut().cache_size = 0;
        Dns::new(builder.build().unwrap(), name.parse().unwrap(), port)
    }
}

impl Zone {
    fn answer(&self, question: &Message) -> Message {
        let query = question.queries[0].clone();
        let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
        answer.add_query(query.clone());
        if self.broken {
            answer.metadata.response_code = ResponseCode::ServFail;
            return answer;
        }
        let of_name = self.records.iter().filter(|record| record.name == *query.name());
        if of_name.clone().next().is_none() {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        for record in of_name.filter(|record| record.record_type() == query.query_type()) {
            answer.add_answer(record.clone());
            if let RData::SRV(service) = &record.data
                && self.additional
            {
                let told = self.records.iter().filter(|record| record.name == service.target);
                answer.add_additionals(told.cloned());
            }
        }
        answer
    }
}

/// `node.example. A 10.0.0.1` or `_state._tcp.shop. SRV 42424 node.example.`
fn parse(record: &str) -> Record {
    let words: Vec<_> = record.split(' ').collect();
    let name = |text: &str| Name::from_ascii(text).unwrap();
    let data = match words[1] {
        "A" => RData::A(A(words[2].parse::<Ipv4Addr>().unwrap())),
        _ => RData::SRV(SRV::new(0, 100, words[2].parse().unwrap(), name(words[3]))),
    };
    Record::from_rdata(name(words[0]), 3600, data)
}

/// `name address`, one after the other, and the epoch if sessions can be placed.
fn show(servers: &Servers) -> String {
    let server =
        |server: &crate::Server| format!("{} {}", server.name.as_deref().unwrap_or("-"), server.address);
    let mut shown: Vec<_> = servers.servers.iter().map(server).collect();
    if let Some(ring) = &servers.ring {
        let members: Vec<_> = ring.members.iter().map(|member| member.name.as_str()).collect();
        shown.push(format!("{} {}: {}", ring.cluster, ring.epoch, members.join(" ")));
    }
    shown.join(", ")
}

async fn look(dns: &mut Dns) -> Result<String, DiscoveryError> {
    dns.look().await.map(|servers| show(&servers))
}

#[track_caller]
fn check(found: Result<String, DiscoveryError>, expected: &str) {
    assert_eq!(found.unwrap_or_else(|error| error.to_string()), expected);
}

const PODS: [&str; 4] = [
    "_state._tcp.peers.shop. SRV 4242 shop-1.peers.shop.",
    "_state._tcp.peers.shop. SRV 42424 shop-0.peers.shop.",
    "shop-0.peers.shop. A 10.0.0.10",
    "shop-1.peers.shop. A 10.0.0.11",
];

#[tokio::test]
async fn service_records_name_the_nodes_and_say_where_they_are() {
    let server = NameServer::start().await;
    server.has(&PODS);
    let expected = "shop-0 10.0.0.10:42424, shop-1 10.0.0.11:4242, _state._tcp.peers.shop 0: shop-0 shop-1";
    for additional in [false, true] {
        server.zone.lock().additional = additional;
        check(look(&mut server.asked_for("peers.shop.", None)).await, expected);
        check(look(&mut server.asked_for("_state._tcp.peers.shop.", Some(9))).await, expected);
    }
}

#[tokio::test]
async fn who_has_no_address_is_left_out_and_who_shares_a_name_owns_nothing() {
    let server = NameServer::start().await;
    server.has(&PODS[..3]);
    let alone = "shop-0 10.0.0.10:42424, _state._tcp.peers.shop 0: shop-0";
    check(look(&mut server.asked_for("peers.shop.", None)).await, alone);
    let twins = ["_state._tcp.peers.shop. SRV 1 shop-0.east.", "shop-0.east. A 10.0.1.1"];
    server.has(&[&PODS[..], &twins[..]].concat());
    let unplaced = "shop-0 10.0.0.10:42424, shop-0 10.0.1.1:1, shop-1 10.0.0.11:4242";
    check(look(&mut server.asked_for("peers.shop.", None)).await, unplaced);
}

#[tokio::test]
async fn addresses_will_do_where_there_is_no_service() {
    let server = NameServer::start().await;
    server.has(&["shop.example. A 10.0.0.2", "shop.example. A 10.0.0.1"]);
    let at = |port| format!("- 10.0.0.1:{port}, - 10.0.0.2:{port}");
    check(look(&mut server.asked_for("shop.example.", None)).await, &at(42424));
    check(look(&mut server.asked_for("shop.example.", Some(42443))).await, &at(42443));
    check(look(&mut server.asked_for("shop.example.:7", Some(42443))).await, &at(7));
    // Of a service nothing else is asked.
    let nothing = "_state._tcp.shop.example. has no SRV, A or AAAA record: name the Service of the nodes, with its namespace";
    check(look(&mut server.asked_for("_state._tcp.shop.example.", None)).await, nothing);
}

#[tokio::test]
async fn nothing_there_is_another_thing_than_no_answer() {
    let server = NameServer::start().await;
    let mut dns = server.asked_for("peers.shop.", None);
    let nothing =
        "peers.shop. has no SRV, A or AAAA record: name the Service of the nodes, with its namespace";
    check(look(&mut dns).await, nothing);
    server.zone.lock().broken = true;
    let error = look(&mut dns).await.unwrap_err();
    assert!(matches!(error, DiscoveryError::Lookup { .. }), "{error}");
    server.zone.lock().broken = false;
    server.has(&PODS);
    assert_eq!(dns.look().await.unwrap().servers.len(), 2);
}

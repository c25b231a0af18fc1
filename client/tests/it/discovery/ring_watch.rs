//! By an admin port that does what it is told. How a real one does is tried with the node.

use cloakroom_client::Discovery;
use cloakroom_ring::{Ring, TEXT_BYTES_MAX};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{check, check_refused, ring};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n";

struct Admin {
    listener: TcpListener,
    address: String,
}

impl Admin {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self { listener, address }
    }

    /// Waits for a watcher, and says this to it.
    async fn says(&self, text: &str) -> TcpStream {
        let (mut watcher, _) = self.listener.accept().await.unwrap();
        let expected = format!("GET /ring?watch=true HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        let mut request = vec![0; expected.len()];
        watcher.read_exact(&mut request).await.unwrap();
        assert_eq!(String::from_utf8(request).unwrap(), expected);
        watcher.write_all(text.as_bytes()).await.unwrap();
        watcher
    }
}

/// The watcher has gone.
async fn check_left(mut watcher: TcpStream) {
    // A reset tells as much, where it had not read everything.
    assert!(matches!(watcher.read(&mut [0]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn what_changes_is_told_at_once_and_only_what_is_newer() {
    let admin = Admin::new().await;
    let discovery = Discovery::ring_watch([admin.address.clone()]).unwrap().with_port(7);
    let first = format!("{HEAD}\n{}", ring(3, &[("a", 1)]).to_json_line());
    let (told, mut watcher) = tokio::join!(discovery.start(), admin.says(&first));
    let mut told = told.unwrap();
    check(&mut told, "a@10.0.0.1:7 3").await;
    let lines = [ring(2, &[("x", 9)]).to_json_line(), "\n".to_owned(), ring(5, &[("b", 2)]).to_json_line()];
    let lines = lines.concat();
    let (most, rest) = lines.split_at(40);
    watcher.write_all(most.as_bytes()).await.unwrap();
    watcher.write_all(rest.as_bytes()).await.unwrap();
    told.changed().await.unwrap();
    check(&mut told, "b@10.0.0.2:7 5").await;
    drop(told);
    check_left(watcher).await;
}

/// Whoever says this is left for the next admin port, and nothing of it is believed.
async fn check_lost(text: &str) {
    let (admin, next) = (Admin::new().await, Admin::new().await);
    let discovery = Discovery::ring_watch([&admin.address, &next.address].map(Clone::clone)).unwrap();
    let first = format!("{HEAD}{}", ring(3, &[("a", 1)]).to_json_line());
    let (told, mut watcher) = tokio::join!(discovery.start(), admin.says(&first));
    let mut told = told.unwrap();
    watcher.write_all(text.as_bytes()).await.unwrap();
    // It ends by itself only if nothing else is wrong with it.
    if text.is_empty() {
        drop(watcher);
    } else {
        check_left(watcher).await;
    }
    let newer = format!("{HEAD}{}", ring(4, &[("b", 2)]).to_json_line());
    let _kept = next.says(&newer).await;
    check(&mut told, "b@10.0.0.2:42424 4").await;
}

#[tokio::test]
async fn the_next_is_asked_when_one_is_lost() {
    check_lost("").await;
    check_lost("garbage\n").await;
    check_lost(&Ring { cluster: "other".to_owned(), ..ring(9, &[("x", 9)]) }.to_json_line()).await;
    check_lost(&" ".repeat(TEXT_BYTES_MAX + 1)).await;
}

#[tokio::test]
async fn the_first_look_says_what_each_of_them_said() {
    let (empty, alone, closed) = (Admin::new().await, Admin::new().await, Admin::new().await);
    let addresses = [&empty, &alone, &closed].map(|admin| admin.address.clone());
    drop(closed);
    let discovery = Discovery::ring_watch(addresses.clone());
    let unheard = |at: usize, why: &str| format!("{}: it cannot be listened to: {why}", addresses[at]);
    let said = [unheard(0, "it answers 503"), unheard(1, "it has ended"), unheard(2, "")];
    let said = [&said[0], &said[1], &said[2], "name the admin ports of nodes that are members of a cluster"];
    let ((), _empty, ()) = tokio::join!(
        check_refused(discovery, &said),
        empty.says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
        async { drop(alone.says(HEAD).await) },
    );
    check_refused(Discovery::ring_watch(["http://10.0.0.1:1"]), &["is not a host and a port"]).await;
    check_refused(Discovery::ring_watch(Vec::<String>::new()), &["name at least one"]).await;
}

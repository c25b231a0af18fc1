//! A cluster that was made anew.

use cloakroom_ring::{Member, Ring, State};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{Duration, RingWatch, TRIES_FOR_THE_FORMER, timeout};

fn line(cluster: &str, epoch: u64) -> String {
    let member = Member {
        name: "node".to_owned(),
        pod_uid: String::new(),
        address: ([10, 0, 0, 1], 42_425).into(),
        clients: None,
        state: State::Active,
    };
    let cluster = cluster.to_owned();
    Ring { cluster, epoch, members: vec![member], unsettled: Vec::new(), lossy: false }.to_json_line()
}

/// Waits for a watcher, shows it this ring, and leaves it alone.
async fn show(admin: &TcpListener, line: &str) {
    let (mut watcher, _) = admin.accept().await.unwrap();
    assert_ne!(watcher.read(&mut [0; 512]).await.unwrap(), 0);
    watcher.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{line}").as_bytes()).await.unwrap();
}

#[tokio::test]
async fn another_ring_counts_once_nobody_shows_the_former() {
    let admin = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = admin.local_addr().unwrap().to_string();
    let pauses = (Duration::from_millis(1), Duration::from_millis(1));
    let watch = RingWatch { pauses, ..RingWatch::new(vec![address], None) };
    let former = line("shop", 3);
    let (told, ()) = tokio::join!(watch.follow(), show(&admin, &former));
    let mut told = told.unwrap();
    for _ in 0..TRIES_FOR_THE_FORMER {
        show(&admin, &line("anew", 1)).await;
    }
    assert_eq!(told.borrow_and_update().ring.as_ref().unwrap().cluster, "shop");
    show(&admin, &line("anew", 1)).await;
    timeout(Duration::from_secs(60), told.changed()).await.unwrap().unwrap();
    assert_eq!(told.borrow().ring.as_ref().unwrap().cluster, "anew");
}

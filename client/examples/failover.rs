//! A counter that goes on while nodes die: start some, run this with `cargo run -p cloakroom-client --example failover
//! HOST:PORT HOST:PORT ...`, and kill one after the other.

#![allow(clippy::print_stdout, reason = "an example talks by printing")]

use std::{error::Error, time::Duration};

use cloakroom_client::{Client, Cluster, Discovery, Read, Session, Timeout};
use tokio::time::interval;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut servers: Vec<_> = std::env::args().skip(1).collect();
    if servers.is_empty() {
        servers.push("127.0.0.1:42424".to_owned());
    }
    let client = Client::builder().cluster(Cluster::new(Discovery::fixed(servers)?)).build().await?;
    let session = Session::new("failover", "counter")?;
    if client.get(&session).await? == Read::Absent {
        let _ = client.put(&session, b"0", Timeout::DEFAULT).await?;
    }
    let mut seconds = interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        match client.lock_within(&session, Duration::from_secs(5)).await? {
            Read::Found(held) => {
                let count: u64 = str::from_utf8(&held.body)?.parse()?;
                println!("{count}");
                let _ = held.put((count + 1).to_string().as_bytes(), Timeout::DEFAULT).await?;
            }
            Read::Locked(lock) => println!("somebody else has held it for {} s", lock.age_seconds),
            Read::Absent => return Err("somebody removed it".into()),
        }
    }
}

//! A session that moves to another data centre when its own is lost: run this with `cargo run -p cloakroom-client
//! --example swing WEST:PORT EAST:PORT`, cut the first one off, and see where the session is served from then on.

#![allow(clippy::print_stdout, reason = "an example talks by printing")]

use std::{error::Error, time::Duration};

use cloakroom_client::{Client, Cluster, DataCentre, Discovery, Home, Session, Timeout};
use tokio::time::interval;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let servers: Vec<_> = std::env::args().skip(1).collect();
    let [west, east] = servers.as_slice() else { return Err("name one node of each data centre".into()) };
    let mut builder = Client::builder();
    for (number, server) in [(1, west), (2, east)] {
        let number = DataCentre::new(number).ok_or("1 to 127")?;
        builder = builder.cluster(Cluster::new(Discovery::fixed([server])?).data_centre(number));
    }
    let client = builder.build().await?;
    let session = Session::new("swing", "traveller")?;
    // What a web application keeps in the visitor's location cookie.
    let mut home: Option<Home> = None;
    let mut seconds = interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        let mut visit = client.visit(&session, home);
        match visit.put(b"luggage", Timeout::DEFAULT).await {
            Ok(written) => println!("{written:?} in {:?}", visit.home()),
            Err(failure) => println!("{failure}"),
        }
        home = visit.home();
    }
}

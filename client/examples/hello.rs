//! The first minute with a node: stores a session, locks it, reads it and writes it back.
//!
//! Start a node with `cargo run`, then run this with `cargo run -p cloakroom-client --example hello`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks by printing")]

use std::process::ExitCode;

use cloakroom_client::{Connection, Error, Lock, Read, Session, Timeout, Written};

const APP: &str = "/LM/W3SVC/1/ROOT";
const ID: &str = "hello";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let server = std::env::var("CLOAKROOM_SERVER").unwrap_or_else(|_| "127.0.0.1:42424".to_owned());
    match hello(&server).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Connect { .. }) => {
            eprintln!("No session node listens on {server}. Start one with `cargo run` in another terminal.");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn hello(server: &str) -> Result<(), Error> {
    let session = Session::new(APP, ID).expect("the id is short");
    let mut node = Connection::connect(server).await?;
    println!("connected to the node at {server}");

    match node.set(&session, b"hello", Timeout::DEFAULT, None).await? {
        Written::Done => {
            println!("stored session {ID:?} with the 5 bytes \"hello\", for 20 minutes after its last use");
        }
        Written::Locked(lock) => return explain(lock),
        Written::Absent => println!("the session vanished while it was stored"),
    }
    let held = match node.get_exclusive(&session).await? {
        Read::Found(held) => held,
        Read::Locked(lock) => return explain(lock),
        Read::Absent => {
            println!("somebody removed the session in between");
            return Ok(());
        }
    };
    println!("locked it with cookie {} and read \"{}\"", held.cookie, held.item.body.escape_ascii());

    let mut elsewhere = Connection::connect(server).await?;
    if let Read::Locked(lock) = elsewhere.get(&session).await? {
        println!("another connection that reads it is told that it is locked with cookie {}", lock.cookie);
    }
    let body = [held.item.body.as_slice(), b", world"].concat();
    match node.set(&session, &body, held.item.timeout, Some(held.cookie)).await? {
        Written::Done => println!("wrote it back with that cookie, which unlocked it"),
        Written::Locked(lock) => return explain(lock),
        Written::Absent => println!("the session vanished while it was written back"),
    }
    if let Read::Found(item) = elsewhere.get(&session).await? {
        println!("the other connection now reads \"{}\"", item.body.escape_ascii());
    }
    println!("look at it again with: cargo run -p cloakroom-client -- get {ID} --show");
    Ok(())
}

fn explain(lock: Lock) -> Result<(), Error> {
    let Lock { cookie, age_seconds } = lock;
    println!(
        "session {ID:?} has been locked for {age_seconds} seconds, perhaps by a run of this that was stopped"
    );
    println!("unlock it with: cargo run -p cloakroom-client -- unlock {ID} {cookie}");
    Ok(())
}

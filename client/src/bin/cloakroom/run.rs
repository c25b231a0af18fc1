//! What was meant, done.

use std::io::{Read as _, Write as _};

use anyhow::{Context, anyhow};
use cloakroom_client::{Connection, Item, Read, Session, Written};

use crate::args::{Action, Args, Content};

/// How a request ended; the number is the exit code.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Done = 0,
    Absent = 3,
    Locked = 4,
}

pub(crate) async fn run(Args { server, app, action }: Args) -> anyhow::Result<End> {
    let session = Session::new(&app, action.id())?;
    // Standard input may take its time; no connection waits for it.
    let stored = match &action {
        Action::Put { value, .. } => content(value.as_deref())?,
        _ => Vec::new(),
    };
    let mut node = Connection::connect(&server).await.map_err(|error| {
        anyhow!("{error}\nStart a node with `cargo run`, or name a running one with --server HOST:PORT.")
    })?;
    match action {
        Action::Get { content, .. } => {
            read(node.get(&session).await?, |item| show(&item, "not locked", content))
        }
        Action::Lock { content, .. } => read(node.get_exclusive(&session).await?, |held| {
            show(&held.item, &format!("locked with cookie {}", held.cookie), content)
        }),
        Action::Put { timeout, lock, .. } => {
            written("stored", node.set(&session, &stored, timeout, lock.cookie).await?)
        }
        Action::Remove { lock, .. } => written("removed", node.remove(&session, lock.cookie).await?),
        Action::Touch { .. } => written("kept alive", node.touch(&session).await?),
        Action::Unlock { cookie, .. } => written("unlocked", node.release(&session, cookie).await?),
    }
}

impl Action {
    fn id(&self) -> &str {
        match self {
            Self::Get { id, .. }
            | Self::Put { id, .. }
            | Self::Remove { id, .. }
            | Self::Touch { id }
            | Self::Lock { id, .. }
            | Self::Unlock { id, .. } => id,
        }
    }
}

fn content(value: Option<&str>) -> anyhow::Result<Vec<u8>> {
    if let Some(value) = value {
        return Ok(value.as_bytes().to_vec());
    }
    let mut content = Vec::new();
    std::io::stdin().read_to_end(&mut content).context("cannot read the content from standard input")?;
    Ok(content)
}

fn show(item: &Item, lock: &str, content: Content) -> anyhow::Result<()> {
    let told = format!("found {} bytes, timeout {} minutes, {lock}", item.body.len(), item.timeout.minutes());
    if content.raw {
        eprintln!("{told}");
        std::io::stdout().write_all(&item.body).context("cannot write the content")?;
    } else {
        println!("{told}");
    }
    if content.show {
        println!("{}", item.body.escape_ascii());
    }
    Ok(())
}

fn read<T>(read: Read<T>, show: impl FnOnce(T) -> anyhow::Result<()>) -> anyhow::Result<End> {
    match read {
        Read::Found(found) => show(found).map(|()| End::Done),
        Read::Locked(lock) => Ok(locked(lock)),
        Read::Absent => Ok(absent()),
    }
}

fn written(what: &str, written: Written) -> anyhow::Result<End> {
    Ok(match written {
        Written::Done => {
            println!("{what}");
            End::Done
        }
        Written::Locked(lock) => locked(lock),
        Written::Absent => absent(),
    })
}

fn locked(lock: cloakroom_client::Lock) -> End {
    eprintln!("locked by somebody else for {} seconds, with cookie {}", lock.age_seconds, lock.cookie);
    End::Locked
}

fn absent() -> End {
    eprintln!("there is no such session");
    End::Absent
}

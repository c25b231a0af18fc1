//! What is printed of one session.

use std::io::Write as _;

use anyhow::Context as _;
use cloakroom_client::{Item, LockGuard, Read, Written};

use crate::args::Content;
use crate::end::{End, absent, locked};

pub(crate) fn get(read: Read<Item>, content: Content) -> anyhow::Result<End> {
    match read {
        Read::Found(item) => show(&item, "not locked", content),
        Read::Locked(lock) => Ok(locked(lock)),
        Read::Absent => Ok(absent()),
    }
}

/// The lock outlives this program: whoever typed the command gives it up by its cookie.
pub(crate) fn lock(read: Read<LockGuard>, content: Content) -> anyhow::Result<End> {
    match read {
        Read::Found(guard) => {
            let held = guard.into_held();
            show(&held.item, &format!("locked with cookie {}", held.cookie), content)
        }
        Read::Locked(lock) => Ok(locked(lock)),
        Read::Absent => Ok(absent()),
    }
}

pub(crate) fn written(what: &str, written: Written) -> End {
    match written {
        Written::Done => {
            println!("{what}");
            End::Done
        }
        Written::Locked(lock) => locked(lock),
        Written::Absent => absent(),
    }
}

fn show(item: &Item, lock: &str, content: Content) -> anyhow::Result<End> {
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
    Ok(End::Done)
}

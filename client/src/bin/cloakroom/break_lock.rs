//! `break`: a lock is taken away from who holds it, because that will never give it up.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use anyhow::bail;
use cloakroom_client::{Lock, Read, Session};
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::end::{End, absent};
use crate::input;
use crate::reach::Reach;
use crate::verbs::written;

pub(crate) async fn run(
    reach: &mut Reach,
    app: &str,
    id: &str,
    session: &Session,
    yes: bool,
) -> anyhow::Result<End> {
    let client = reach.client().await?;
    let lock = match client.get(session).await? {
        Read::Locked(lock) => lock,
        Read::Found(_) => {
            println!("not locked");
            return Ok(End::Done);
        }
        Read::Absent => return Ok(absent()),
    };
    if !yes {
        confirm(&lock).await?;
    }
    // A node's own page has it in the log; a release looks like the holder's.
    let Some(admin) = reach.any_admin().await? else {
        eprintln!("the nodes do not log it: name an admin port with --admin if they shall");
        return Ok(written("broken", client.visit(session, None).release(lock.cookie).await?));
    };
    let broken = json!({"app": app, "id": id, "cookie": lock.cookie}).to_string();
    let answer = reach.asker()?.ask(&admin, &Method::POST, "/sessions/break", &broken).await?;
    match answer.status {
        StatusCode::OK => {
            println!("broken");
            Ok(End::Done)
        }
        StatusCode::CONFLICT => {
            eprintln!("somebody else has locked it meanwhile: {}", answer.body.trim_end());
            Ok(End::Locked)
        }
        // A node without the page says nothing.
        StatusCode::NOT_FOUND if !answer.body.is_empty() => Ok(absent()),
        _ => Err(answer.refusal()),
    }
}

async fn confirm(lock: &Lock) -> anyhow::Result<()> {
    let Lock { age_seconds, .. } = lock;
    if !stdin().is_terminal() {
        bail!(
            "the lock has been held for {age_seconds} seconds; add --yes to break it, since nobody can be asked here"
        );
    }
    eprint!(
        "The lock has been held for {age_seconds} seconds. What its holder has changed will be lost. Break it? [y/N] "
    );
    stderr().flush()?;
    if !matches!(input::line().await?.trim(), "y" | "Y" | "yes") {
        bail!("nothing was changed");
    }
    Ok(())
}

//! What was meant, done.

use cloakroom_client::Session;

use crate::args::{Action, Args};
use crate::end::End;
use crate::list::{By, list};
use crate::reach::Reach;
use crate::verbs::{self, written};
use crate::{break_lock, input, whereabouts};

pub(crate) async fn run(Args { app, place, action }: Args) -> anyhow::Result<End> {
    let session = |id: &str| Session::new(&app, id);
    let reach = &mut Reach::new(place);
    match action {
        Action::Get { id, content } => {
            let session = session(&id)?;
            verbs::get(reach.client().await?.get(&session).await?, content)
        }
        Action::Lock { id, content } => {
            let session = session(&id)?;
            verbs::lock(reach.client().await?.lock(&session).await?, content)
        }
        Action::Put { id, value, timeout, lock } => {
            let session = session(&id)?;
            // Standard input may take its time; no connection waits for it.
            let body = match value {
                Some(value) => value.into_bytes(),
                None => input::all().await?,
            };
            let mut visit = reach.client().await?.visit(&session, None);
            let stored = match lock.cookie {
                Some(cookie) => visit.put_under(cookie, &body, timeout).await?,
                None => visit.put(&body, timeout).await?,
            };
            Ok(written("stored", stored))
        }
        Action::Remove { id, lock } => {
            let session = session(&id)?;
            let mut visit = reach.client().await?.visit(&session, None);
            let removed = match lock.cookie {
                Some(cookie) => visit.remove_under(cookie).await?,
                None => visit.remove().await?,
            };
            Ok(written("removed", removed))
        }
        Action::Touch { id } => {
            let session = session(&id)?;
            Ok(written("kept alive", reach.client().await?.touch(&session).await?))
        }
        Action::Unlock { id, cookie } => {
            let session = session(&id)?;
            let mut visit = reach.client().await?.visit(&session, None);
            Ok(written("unlocked", visit.release(cookie).await?))
        }
        Action::Where { id, output } => {
            let session = session(&id)?;
            whereabouts::show(&reach.placing().await?, &session, output.output)
        }
        Action::Locks { limit, shown } => list(By::Lock, limit, shown, reach).await,
        Action::Top { limit, shown } => list(By::Size, limit, shown, reach).await,
        Action::Break { id, yes } => {
            let session = session(&id)?;
            break_lock::run(reach, &app, &id, &session, yes).await
        }
    }
}

//! Tells people what was done, as Events on the resource.

use std::time::Duration;

use cloakroom_crds::SessionCluster;
use kube::{
    Client, Resource as _,
    runtime::events::{Event, EventType, Recorder, Reporter},
};

use crate::{
    api::why,
    notes::{Note, NoteType},
};

/// An Event that takes longer is not worth holding up the reconcile.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Writes Events. One for the process: it remembers what it wrote and counts repetitions up.
pub(crate) struct Events(Recorder);

impl Events {
    pub(crate) fn new(client: Client) -> Self {
        let reporter = Reporter { controller: "cloakroom-operator".to_owned(), instance: None };
        Self(Recorder::new(client, reporter))
    }

    /// Writes `notes` about `cluster`. One that cannot be written is lost, and the log says so.
    pub(crate) async fn publish(&self, cluster: &SessionCluster, notes: Vec<Note>) {
        let about = cluster.object_ref(&());
        for note in notes {
            let event = Event {
                type_: match note.type_ {
                    NoteType::Normal => EventType::Normal,
                    NoteType::Warning => EventType::Warning,
                },
                reason: note.reason.to_owned(),
                action: note.action.to_owned(),
                note: Some(note.note),
                secondary: None,
            };
            match tokio::time::timeout(TIMEOUT, self.0.publish(&event, &about)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!("could not write an event: {}", why(&error)),
                Err(_) => tracing::warn!("could not write an event in time"),
            }
        }
    }
}

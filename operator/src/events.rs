//! Tells people what was done, as Events on the resource.

use std::time::Duration;

use cloakroom_crds::SessionCluster;
use k8s_openapi::{api::events::v1::Event, apimachinery::pkg::apis::meta::v1::MicroTime};
use kube::{Api, Client, Resource as _, ResourceExt as _, api::PostParams, core::ObjectMeta};

use crate::{
    api::why,
    clock,
    labels::OPERATOR,
    notes::{Note, NoteType},
};

/// An Event that takes longer is not worth holding up the reconcile.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Writes Events.
///
/// Not by kube's `Recorder`: to that, events of one reason and action are repetitions of the first, whose note it sends
/// again for minutes, whatever theirs says. A repetition here is an Event of its own. Notes tell of changes, not of
/// states, so there are few; and the API server forgets each after an hour.
pub(crate) struct Events(Client);

impl Events {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    /// Writes `notes` about `cluster`. One that cannot be written is lost, and the log says so.
    pub(crate) async fn publish(&self, cluster: &SessionCluster, notes: Vec<Note>) {
        let events: Api<Event> =
            Api::namespaced(self.0.clone(), cluster.namespace().as_deref().unwrap_or_default());
        for note in notes {
            let event = event(cluster, note);
            match tokio::time::timeout(TIMEOUT, events.create(&PostParams::default(), &event)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!("could not write an event: {}", why(&error)),
                Err(_) => tracing::warn!("could not write an event in time"),
            }
        }
    }
}

fn event(cluster: &SessionCluster, note: Note) -> Event {
    let type_ = match note.type_ {
        NoteType::Normal => "Normal",
        NoteType::Warning => "Warning",
    };
    Event {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", cluster.name_any())),
            namespace: cluster.namespace(),
            ..ObjectMeta::default()
        },
        type_: Some(type_.to_owned()),
        reason: Some(note.reason),
        action: Some(note.action.to_owned()),
        note: Some(note.note),
        regarding: Some(cluster.object_ref(&())),
        event_time: Some(MicroTime(clock::time_of_day())),
        reporting_controller: Some(OPERATOR.to_owned()),
        reporting_instance: Some(OPERATOR.to_owned()),
        ..Event::default()
    }
}

#[cfg(test)]
mod tests {
    //! What is written, to a server that keeps it.

    use http::{Request, Response};
    use kube::{Client, client::Body};
    use serde_json::Value;
    use tower_test::mock;

    use super::Events;
    use crate::{
        fixtures,
        notes::{Note, NoteType},
    };

    #[tokio::test]
    async fn two_facts_of_one_reason_are_two_events() {
        let (service, mut requests) = mock::pair::<Request<Body>, Response<Body>>();
        let server = tokio::spawn(async move {
            let mut written = Vec::new();
            while let Some((request, answer)) = requests.next_request().await {
                let line = format!("{} {}", request.method(), request.uri().path());
                let body = request.into_body().collect_bytes().await.unwrap();
                written.push((line, serde_json::from_slice::<Value>(&body).unwrap()));
                answer.send_response(Response::new(Body::from(body.to_vec())));
            }
            written
        });
        let events = Events::new(Client::new(service, "ops"));
        let texts = ["shop-0 ends again and again", "shop-1 ends again and again"];
        for text in texts {
            let note = Note {
                type_: NoteType::Warning,
                reason: "CrashLooping".to_owned(),
                action: "Observe",
                note: text.to_owned(),
            };
            events.publish(&fixtures::cluster("{}"), vec![note]).await;
        }
        drop(events);
        let written = server.await.unwrap();
        assert_eq!(written.iter().map(|(_, event)| event["note"].clone()).collect::<Vec<_>>(), texts);
        for (line, event) in &written {
            assert_eq!(line, "POST /apis/events.k8s.io/v1/namespaces/web/events");
            assert_eq!(
                (&event["metadata"]["generateName"], &event["metadata"]["name"]),
                (&"shop-".into(), &Value::Null)
            );
            assert_eq!((&event["reason"], &event["type"]), (&"CrashLooping".into(), &"Warning".into()));
            assert_eq!(event["regarding"]["uid"], "uid-shop");
        }
    }
}

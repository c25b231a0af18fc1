//! `where`: whose a session is, by the ring.

use anyhow::bail;
use cloakroom_client::{Client, Located, Server, Session};
use serde_json::json;

use crate::args::Form;
use crate::end::End;

pub(crate) fn show(client: &Client, session: &Session, form: Form) -> anyhow::Result<End> {
    let Some(Located { epoch: Some(epoch), servers, .. }) = client.locate(session).into_iter().next() else {
        bail!(
            "no ring is known that would say whose the session is: name an admin port with --admin, or a ring file"
        );
    };
    // A ring that was made of names alone has none.
    let epoch = Some(epoch).filter(|epoch| *epoch > 0);
    match (form, servers.split_first()) {
        (_, None) => bail!("the ring has no node that could serve a session"),
        (Form::Json, Some((owner, stand_ins))) => {
            let server = |server: &Server| json!({"name": server.name.as_deref(), "address": server.address});
            let stand_ins: Vec<_> = stand_ins.iter().map(server).collect();
            println!("{}", json!({"owner": server(owner), "standIns": stand_ins, "epoch": epoch}));
        }
        (Form::Text, Some((owner, stand_ins))) => {
            let by = epoch
                .map_or_else(|| "the names in DNS".to_owned(), |epoch| format!("the ring of epoch {epoch}"));
            println!("{} owns the session in this cluster, by {by}", named(owner));
            for (nth, server) in stand_ins.iter().enumerate() {
                println!("{} {}", if nth == 0 { "without it:" } else { "then:" }, named(server));
            }
        }
    }
    Ok(End::Done)
}

fn named(server: &Server) -> String {
    match &server.name {
        Some(name) => format!("{name} ({})", server.address),
        None => server.address.to_string(),
    }
}

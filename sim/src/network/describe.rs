//! Messages in few words, for the trace.

use cloakroom_node::peers::{Answered, Ask, Question, Reply};
use cloakroom_node::store::{Held, Parcel};

pub(super) fn question(question: &Question) -> String {
    let epoch = question.epoch;
    match &question.ask {
        Ask::Beacon { settled } => format!("[{epoch}] beacon, settled {settled}"),
        Ask::Adopt(ring) => format!("[{epoch}] adopt {}", ring.epoch),
        Ask::Forward(forward) => format!(
            "[{epoch}] forward {} {:?} hop {}",
            text(forward.subject.key()),
            forward.command,
            forward.hops
        ),
        Ask::Take { key } => format!("[{epoch}] take {}", text(key)),
        Ask::Push(parcels) => {
            format!("[{epoch}] push {}", parcels.iter().map(parcel).collect::<Vec<_>>().join(", "))
        }
    }
}

pub(super) fn answer(answered: &Answered) -> String {
    let epoch = answered.epoch;
    match &answered.reply {
        Reply::Held(Held::Row(row)) => format!("[{epoch}] row of {}, cookie {}", row.epoch, row.cookie),
        Reply::Stale(ring) => format!("[{epoch}] stale, ring {}", ring.epoch),
        Reply::Forwarded { outcome, .. } => format!("[{epoch}] {outcome:?}"),
        other => format!("[{epoch}] {other:?}"),
    }
}

fn parcel(parcel: &Parcel) -> String {
    match parcel {
        Parcel::Row(row) => format!("{} of {}", text(row.content.key()), row.epoch),
        Parcel::Tombstone { epoch, .. } => format!("tombstone of {epoch}"),
    }
}

fn text(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

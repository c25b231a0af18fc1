//! What needs no sockets: open questions one by one, and time that passes at once.

mod endings;
mod questions;

use super::message::{Answered, Ask, Question, Reply};

fn beacon(epoch: u64) -> Question {
    Question { epoch, ask: Ask::Beacon { settled: 0 } }
}

fn answered(epoch: u64) -> Answered {
    Answered { epoch, reply: Reply::Beacon { settled: 0 } }
}

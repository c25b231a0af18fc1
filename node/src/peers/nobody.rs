//! The peers of a node that has none.

use cloakroom_ring::{Member, Ring};
use futures_util::future::BoxFuture;

use super::message::{Answered, NoAnswer, Peers, Question};
use std::time::Duration;

/// Nobody is asked, because nobody is there.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Peers for Nobody {
    fn ask<'a>(
        &'a self,
        _to: &'a Member,
        _question: Question,
        _patience: Duration,
    ) -> BoxFuture<'a, Result<Answered, NoAnswer>> {
        Box::pin(async { Err(NoAnswer::NotSent) })
    }

    fn members(&self, _ring: &Ring) {}
}

//! The seam between what is known of other data centres and what carries questions there.

use std::fmt::Debug;

use futures_util::future::BoxFuture;

use crate::peers::{Answered, NoAnswer, Question};

/// The way to the gateways of other data centres.
pub trait Links: Send + Sync + Debug {
    /// Asks one gateway of the data centre that is configured under the name `to`, until `over`.
    ///
    /// # Errors
    /// [`NoAnswer`].
    fn ask<'a>(
        &'a self,
        to: &'a str,
        question: Question,
        over: BoxFuture<'a, ()>,
    ) -> BoxFuture<'a, Result<Answered, NoAnswer>>;

    /// The gateway that answers goes away: the next question is for another one, or takes another connection.
    fn leave(&self, _to: &str) {}

    /// Whether it is known by now where its gateways are, or that nobody knows.
    fn are_ready(&self, _to: &str) -> bool {
        true
    }

    /// Why it cannot be asked, for people, as far as that is known.
    fn problem(&self, to: &str) -> Option<String>;
}

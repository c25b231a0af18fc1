//! One request until it is answered or given up: chooses, asks, takes note, and tries again as `retry` says.

use std::time::Duration;

use cloakroom_location::Home;

use crate::client::Core;
use crate::health::Evidence;
use crate::journey::{Journey, Last};
use crate::node::Unsuccessful;
use crate::operation::Operation;
use crate::retry::{Next, Trouble, Try};
use crate::{Failure, Session, choose, clock, entropy, retry};

/// Asks for `operation` on `session` until the moment `deadline`. The session's `home` is asked first, and is another one
/// afterwards if another cluster had to answer.
///
/// # Errors
/// [`Failure`]; its cause is [`Unknown`](crate::Cause::Unknown) if the operation is not repeatable and may have been done.
pub(crate) async fn ask<O: Operation>(
    core: &Core,
    session: &Session,
    home: &mut Option<Home>,
    operation: &O,
    deadline: Duration,
) -> Result<O::Answer, Failure> {
    let mut journey = Journey::default();
    loop {
        let Some((cluster, node)) = journey.next(core, session, *home) else {
            let pause = retry::pause(&core.settings, journey.rounds + 1, entropy::draw());
            if journey.waited_in_vain() || pause >= deadline.saturating_sub(clock::moment()) {
                return Err(journey.failure(operation, false));
            }
            journey.begin_round();
            wait(pause).await;
            continue;
        };
        let dial = &core.clusters[cluster].dial;
        let tried = node.ask(dial, &core.settings, &*core.observe, session, operation, deadline).await;
        let (trouble, timed_out) = match tried {
            Ok(answer) if !O::is_no_answer_yet(&answer) => {
                core.clusters[cluster].health.note(Evidence::Well, clock::moment());
                *home = moved(core, *home, cluster);
                return Ok(answer);
            }
            Ok(_) => {
                core.observe.held(operation.verb(), node.address);
                journey.last = Some(Last::Held);
                (Trouble::Held, false)
            }
            Err(Unsuccessful::Late) => return Err(journey.failure(operation, false)),
            Err(Unsuccessful::Exhausted(exhausted)) => {
                core.observe.pool_exhausted(node.address);
                journey.last = Some(Last::Busy(node.address, exhausted));
                (Trouble::NotSent, true)
            }
            Err(Unsuccessful::Error(error)) => {
                tracing::debug!(verb = operation.verb().name(), server = %node.address, %error, "no answer");
                let what = (retry::trouble(&error), retry::timed_out(&error));
                journey.last = Some(Last::Error(error));
                what
            }
        };
        let tried = Try {
            trouble,
            timed_out,
            repeatable: operation.is_repeatable(),
            on_node: journey.on_node,
            passed_over: node.health.is_passed_over(),
            left: deadline.saturating_sub(clock::moment()),
            random: entropy::draw(),
        };
        let next = retry::next(&core.settings, tried);
        if next == Next::Stop {
            if trouble == Trouble::Held {
                journey.leave_cluster(core, cluster);
            }
            return Err(journey.failure(operation, false));
        }
        if trouble == Trouble::Unanswered && !core.may_retry(operation.verb()) {
            return Err(journey.failure(operation, true));
        }
        match next {
            Next::Again(pause) => wait(pause).await,
            Next::Elsewhere => journey.leave(core, cluster, &node, timed_out),
            Next::Stop => {}
        }
    }
}

/// Where the session lives now that the cluster at `index` has answered.
fn moved(core: &Core, home: Option<Home>, index: usize) -> Option<Home> {
    let is_lost = |home| core.position(home).is_none_or(|at| core.clusters[at].health.is_passed_over());
    let answered = core.clusters[index].data_centre;
    if home.map(|home| home.data_centre) == answered {
        return home;
    }
    let after = choose::home_after(home, answered, home.is_some_and(is_lost));
    if let (Some(from), Some(to)) = (home, after)
        && from != to
    {
        core.observe.swung(from.data_centre, to.data_centre);
    }
    after
}

#[expect(clippy::disallowed_methods, reason = "the pause between two tries")]
pub(crate) async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}

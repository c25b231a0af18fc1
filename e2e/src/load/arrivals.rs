//! The open loop: pages arrive whether or not earlier ones were answered.

use std::{rc::Rc, time::Duration};

use futures_util::{StreamExt as _, stream};
use tokio::{
    sync::oneshot,
    task::{JoinError, JoinSet},
    time::{interval, sleep_until, timeout},
};

use super::{
    COMPARISON, Plan, clock, page, pool, tier::WebServers, trouble::Failure, verify, visit::Visits,
    world::World,
};

/// How many sessions are stored at once before the first page.
const SIDE_BY_SIDE: usize = 16;
/// Pages at once: far more than a server that answers ever sees, and fewer than there are descriptors.
const PAGES_MAX: usize = 8_000;
/// How often one of the web servers begins anew. Pools keep to the nodes that they found first, so without it those that
/// came later would serve nobody.
const RECYCLE: Duration = Duration::from_millis(500);
/// For pages under way at the end: as long as two requests, connections and thought may take.
const GRACE: Duration = Duration::from_secs(60);

/// Stores the sessions, says in `filled` how many could not be, sends pages until `stopped`, and compares; how many
/// sessions could not be read in the end.
pub(super) async fn run(
    world: Rc<World>,
    mut visits: Visits,
    plan: Plan,
    filled: oneshot::Sender<u64>,
    stopped: oneshot::Receiver<()>,
) -> usize {
    tokio::task::spawn_local(sweep(world.clone()));
    tokio::task::spawn_local(recycle(world.clone()));
    let newcomers: Vec<_> = (0..plan.sessions).map(|_| visits.newcomer(&world)).collect();
    let stored = stream::iter(newcomers).map(|visit| page::view(world.clone(), visit, clock::now()));
    stored.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
    let errors = world.books().begin("steady");
    // Nobody waits for it if the test has failed meanwhile.
    let _ = filled.send(errors);
    pages(&world, &mut visits, stopped).await;
    world.books().begin(COMPARISON);
    verify::every_session(&world).await
}

async fn pages(world: &Rc<World>, visits: &mut Visits, mut stopped: oneshot::Receiver<()>) {
    let mut pages = JoinSet::new();
    let mut due = clock::now();
    loop {
        due += visits.gap();
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            () = sleep_until(due) => {}
        }
        while let Some(ended) = pages.try_join_next() {
            propagate(ended);
        }
        for visit in visits.next(world) {
            if pages.len() < PAGES_MAX {
                pages.spawn_local(page::view(world.clone(), visit, due));
            } else {
                world.books().failed(visit.session, visit.web_server.tier, Failure::Shed, &PAGES_MAX);
            }
        }
    }
    world.stop_waiting();
    let all_ended = async {
        while let Some(ended) = pages.join_next().await {
            propagate(ended);
        }
    };
    timeout(GRACE, all_ended).await.expect("every request of a page has a deadline");
}

/// A page ends well, or the generator has a bug.
fn propagate(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn sweep(world: Rc<World>) {
    let mut sweeps = interval(pool::SWEEP);
    loop {
        sweeps.tick().await;
        world.tiers.iter().flat_map(WebServers::pools).for_each(pool::Pool::sweep);
    }
}

async fn recycle(world: Rc<World>) {
    let mut recycles = interval(RECYCLE);
    for pool in world.tiers.iter().flat_map(WebServers::pools).cycle() {
        recycles.tick().await;
        pool.begin_anew();
    }
}

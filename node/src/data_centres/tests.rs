//! Who is asked and who is taken for lost, with a scripted way to the other data centre, in virtual time.
#![expect(clippy::disallowed_methods, reason = "the tests' clock shows tokio's paused time")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloakroom_session::{Command, CookieField, Outcome, Timeout};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{DataCentre, DataCentres, Home, Links, Passed, Setup, Way};
use crate::clock::Clock;
use crate::metrics::{GatewayResult, Metrics, Swung};
use crate::peers::{Answered, Ask, Forward, NoAnswer, Question, Reply};
use crate::store::Stored;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct TestClock(Instant);

impl Clock for TestClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn local_ticks(&self) -> i64 {
        0
    }
}

/// What becomes of a question.
#[derive(Clone, Debug)]
enum Fate {
    Told(Reply),
    Failed(NoAnswer),
    /// Nothing is heard.
    Silence,
}

/// A way with a fate for each question.
#[derive(Debug)]
struct Script {
    forwards: Mutex<VecDeque<Fate>>,
    /// Of every probe.
    probes: Mutex<Fate>,
    /// How often a gateway was left.
    left: AtomicUsize,
    asked: Mutex<Vec<Ask>>,
}

impl Links for Script {
    fn ask<'a>(
        &'a self,
        to: &'a str,
        question: Question,
        over: BoxFuture<'a, ()>,
    ) -> BoxFuture<'a, Result<Answered, NoAnswer>> {
        assert_eq!((to, question.epoch), ("east", 0));
        let fate = match &question.ask {
            Ask::Beacon { .. } => self.probes.lock().clone(),
            _ => self.forwards.lock().pop_front().expect("it is asked no more often"),
        };
        self.asked.lock().push(question.ask);
        async move {
            match fate {
                Fate::Told(reply) => Ok(Answered { epoch: 0, reply }),
                Fate::Failed(no_answer) => Err(no_answer),
                Fate::Silence => {
                    over.await;
                    Err(NoAnswer::Unknown)
                }
            }
        }
        .boxed()
    }

    fn leave(&self, to: &str) {
        assert_eq!(to, "east");
        self.left.fetch_add(1, Ordering::SeqCst);
    }

    fn problem(&self, _: &str) -> Option<String> {
        Some("it is scripted".to_owned())
    }
}

struct World {
    script: Arc<Script>,
    data_centres: Arc<DataCentres>,
    metrics: Arc<Metrics>,
    clock: Arc<TestClock>,
}

impl World {
    fn new(forwards: impl IntoIterator<Item = Fate>) -> Self {
        let script = Arc::new(Script {
            forwards: Mutex::new(forwards.into_iter().collect()),
            probes: Mutex::new(Fate::Told(Reply::Beacon { settled: 0 })),
            left: AtomicUsize::new(0),
            asked: Mutex::default(),
        });
        let (clock, metrics) = (Arc::new(TestClock(Instant::now())), Arc::new(Metrics::new("test", 0)));
        let data_centres = DataCentres::new(Setup {
            here: DataCentre::new(1).unwrap(),
            peers: vec![(DataCentre::new(2).unwrap(), "east".to_owned())],
            swing_back_after: Some(60 * SECOND),
            links: Arc::clone(&script) as _,
            clock: Arc::clone(&clock) as _,
            metrics: Arc::clone(&metrics),
        });
        Self { script, data_centres, metrics, clock }
    }

    fn way(&self, swing: u16) -> Way {
        self.data_centres.way(Home { data_centre: DataCentre::new(2).unwrap(), swing })
    }

    async fn pass_on(&self, command: Command) -> Passed {
        let subject = Stored::new(b"key", b"");
        let forward = Forward { hops: 0, command, patience: SECOND, abroad: true, subject };
        self.data_centres
            .pass_on(DataCentre::new(2).unwrap(), forward, self.clock.boottime() + 8 * SECOND)
            .await
    }

    fn run(&self, stop: &CancellationToken) -> JoinHandle<()> {
        let (data_centres, stop) = (Arc::clone(&self.data_centres), stop.clone());
        tokio::spawn(async move { data_centres.run(stop).await })
    }

    fn probed(&self, fate: Fate) {
        *self.script.probes.lock() = fate;
    }
}

async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// What becomes of `command` on a way with these fates, and how often it is asked.
async fn check(command: Command, fates: &[Fate], passed: Passed, asked: usize) {
    let world = World::new(fates.iter().cloned());
    assert_eq!(world.pass_on(command).await, passed, "{command:?} {fates:?}");
    assert_eq!(world.script.asked.lock().len(), asked, "{command:?} {fates:?}");
}

fn remove() -> Command {
    Command::Remove { cookie: CookieField::Missing }
}

#[tokio::test(start_paused = true)]
async fn only_what_was_not_done_or_may_be_done_twice_is_tried_again() {
    let outcome = Outcome::Found { initialise: false, timeout: Timeout::DEFAULT };
    let served = Fate::Told(Reply::Forwarded { outcome, body: None });
    let answered = || Passed::Answered { outcome, body: None };
    let (not_sent, unknown) = (Fate::Failed(NoAnswer::NotSent), Fate::Failed(NoAnswer::Unknown));
    let elsewhere = Fate::Told(Reply::Retry { after: SECOND });
    for command in [Command::Get, remove()] {
        check(command, std::slice::from_ref(&served), answered(), 1).await;
        check(command, std::slice::from_ref(&elsewhere), Passed::Nothing, 1).await;
        check(command, &[not_sent.clone(), not_sent.clone(), served.clone()], answered(), 3).await;
        check(command, &[not_sent.clone(), not_sent.clone(), not_sent.clone()], Passed::Nothing, 3).await;
    }
    for command in [Command::Get, Command::Touch, Command::Acquire] {
        check(command, &[unknown.clone(), served.clone()], answered(), 2).await;
        check(command, &[Fate::Told(Reply::Unavailable)], Passed::Nothing, 1).await;
    }
    let set = Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Missing };
    for command in [remove(), set, Command::Release { cookie: CookieField::Value(7) }] {
        check(command, std::slice::from_ref(&unknown), Passed::Unknown, 1).await;
        check(command, &[Fate::Told(Reply::Unavailable)], Passed::Unknown, 1).await;
        check(command, &[not_sent.clone(), unknown.clone()], Passed::Unknown, 2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn three_failures_make_it_lost_and_one_answered_probe_brings_it_back() {
    let world = World::new([]);
    assert_eq!(world.data_centres.report(), [], "nothing is known yet");
    let stop = CancellationToken::new();
    let running = world.run(&stop);
    pass(SECOND).await;
    assert_eq!((world.way(0), world.data_centres.report()[0].problem.as_deref()), (Way::Ask, None));
    for (fate, problem) in [
        (Fate::Silence, "its gateway was asked and did not answer"),
        (Fate::Failed(NoAnswer::NotSent), "it is scripted"),
        (Fate::Told(Reply::Unavailable), "it answers, and cannot serve: no ring, or no backing store"),
    ] {
        world.probed(fate);
        pass(2 * SECOND).await;
        let report = &world.data_centres.report()[0];
        assert!(!report.reachable && report.name == "east", "{report:?}");
        assert_eq!(report.problem.as_deref(), Some(problem));
        assert_eq!(world.way(0), Way::TakeOver(Swung::Lost));
        assert!(world.metrics.encode().contains("cloakroom_data_centre_up{data_centre=\"east\"} 0"));
        world.probed(Fate::Told(Reply::Beacon { settled: 0 }));
        pass(2 * SECOND).await;
        assert_eq!((world.way(0), world.data_centres.report()[0].problem.as_deref()), (Way::Ask, None));
        assert!(world.metrics.encode().contains("cloakroom_data_centre_up{data_centre=\"east\"} 1"));
    }
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_lost_data_centre_waits_no_longer() {
    let world = World::new([Fate::Silence]);
    world.probed(Fate::Silence);
    let (passed, ()) = tokio::join!(world.pass_on(remove()), async {
        let stop = CancellationToken::new();
        let running = world.run(&stop);
        while world.way(0) == Way::Ask {
            pass(SECOND / 10).await;
        }
        stop.cancel();
        running.await.unwrap();
    });
    assert_eq!(passed, Passed::Unknown);
    assert!(world.clock.boottime() < 3 * SECOND);
    assert_eq!(world.metrics.data_centres.requests.get(GatewayResult::Unknown), 1);
    assert_eq!(world.pass_on(Command::Get).await, Passed::Nothing, "who is lost is not asked");
}

#[tokio::test(start_paused = true)]
async fn requests_that_fail_together_are_one_failure() {
    let world = World::new([]);
    let asked = world.clock.boottime();
    for _ in 0..100 {
        // All were under way when the link broke.
        let neighbour = world.data_centres.neighbour(DataCentre::new(2).unwrap()).unwrap();
        pass(Duration::from_millis(1)).await;
        neighbour.failed(asked, world.clock.boottime(), "broken".to_owned(), &world.metrics);
    }
    assert_eq!(world.way(0), Way::Ask);
    // And those who find the link closed right after it.
    let world = World::new(std::iter::repeat_n(Fate::Failed(NoAnswer::NotSent), 3));
    assert_eq!(world.pass_on(Command::Get).await, Passed::Nothing);
    assert_eq!(world.way(0), Way::Ask);
}

#[tokio::test(start_paused = true)]
async fn who_answers_and_cannot_serve_is_lost_whatever_its_requests_come_to() {
    let outcome = Outcome::Locked { cookie: 0, age_millis: 0 };
    for reply in [Reply::Retry { after: SECOND }, Reply::Forwarded { outcome, body: None }] {
        let world = World::new(std::iter::repeat_n(Fate::Told(reply), 100));
        world.probed(Fate::Told(Reply::Unavailable));
        let stop = CancellationToken::new();
        let running = world.run(&stop);
        for _ in 0..40 {
            world.pass_on(Command::Get).await;
            pass(Duration::from_millis(50)).await;
        }
        assert_eq!(world.way(0), Way::TakeOver(Swung::Lost));
        stop.cancel();
        running.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_stops_is_left_and_its_data_centre_is_not_lost() {
    let world = World::new([]);
    world.probed(Fate::Told(Reply::Retry { after: Duration::ZERO }));
    let stop = CancellationToken::new();
    let running = world.run(&stop);
    pass(5 * SECOND).await;
    assert_eq!(world.way(0), Way::Ask);
    assert!(world.data_centres.report()[0].reachable && world.script.left.load(Ordering::SeqCst) > 0);
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_over_is_taken_back_once_and_late_enough() {
    let world = World::new([]);
    for (time, swing, way) in [
        (59, 1, Way::Ask),
        (2, 1, Way::TakeOver(Swung::Back)),
        (0, 3, Way::TakeOver(Swung::Back)),
        (0, 0, Way::Ask),
        (0, 2, Way::Ask),
    ] {
        pass(time * SECOND).await;
        assert_eq!(world.way(swing), way, "{time} {swing}");
    }
    let stranger = Home { data_centre: DataCentre::new(9).unwrap(), swing: 0 };
    assert_eq!(world.data_centres.way(stranger), Way::TakeOver(Swung::Unknown));
}

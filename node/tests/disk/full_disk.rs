//! A full disk refuses new sessions first, never existing ones, and is forgotten once there is room.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_node::clock::SystemClock;
use cloakroom_node::metrics::{CreationRefused, Metrics};
use cloakroom_node::store::{Answer, At, Execution, Settings, Store, Stored, Unavailable};
use cloakroom_node::tiers::Tiers;
use cloakroom_session::{Command, Outcome};

use crate::memory_volume::MemoryVolume;
use crate::world::{IDENTITY, remove, set, small_settings};

const BODY: usize = 1500;
const CAPACITY: u64 = 4 << 20;

async fn run(store: &Arc<Store>, key: &str, command: Command, body: &[u8]) -> Result<Answer, Unavailable> {
    let content = Stored::new(key.as_bytes(), body);
    let content = matches!(command, Command::Set { .. }).then_some(&content);
    match store.execute(At::ALONE, key.as_bytes(), command, content) {
        Execution::Answered(answer) => Ok(answer),
        Execution::Waiting(waiting) => {
            store.finish(At::ALONE, waiting, key.as_bytes(), command, content).await
        }
        Execution::Moved | Execution::Missing => Err(Unavailable::Moved),
    }
}

async fn pause() {
    tokio::time::timeout(Duration::from_millis(110), std::future::pending::<()>()).await.unwrap_err();
}

fn body(n: usize, round: usize) -> Vec<u8> {
    (0..BODY).map(|at| u8::try_from((n * 7 + round * 13 + at * at) % 251).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_sessions_wait_outside_and_old_ones_go_on() {
    let volume = MemoryVolume::default();
    volume.set_capacity(Some(CAPACITY));
    let metrics = Arc::new(Metrics::new("test", 0));
    let settings = Settings {
        compress_from: None,
        segment_bytes: 128 << 10,
        checkpoint_bytes: 1 << 30,
        ..small_settings()
    };
    let tiers = Tiers::open(
        volume.as_volume(),
        settings.clone(),
        Arc::new(SystemClock::new()),
        Arc::clone(&metrics),
        || IDENTITY,
        &mut |_| {},
    )
    .unwrap();
    let store = Arc::clone(tiers.store());

    let mut created = 0;
    let refusal = loop {
        match run(&store, &format!("session-{created}"), set(), &body(created, 0)).await {
            Ok(_) => created += 1,
            Err(refusal) => break refusal,
        }
        assert!(created < 10_000, "the disk never filled up");
        // A segment of real size takes longer to fill than housekeeping takes to look.
        if created % 50 == 0 {
            pause().await;
        }
    };
    assert_eq!(refusal, Unavailable::DiskFull);
    assert_eq!(metrics.creations_refused.get(CreationRefused::DiskFull), 1);
    assert!(created > 300, "only {created} sessions fitted into 4 MiB");

    // Overwriting goes on, far beyond the room that is left, since what it replaces is cleared away.
    for round in 1..=20 {
        for n in 0..20 {
            run(&store, &format!("session-{n}"), set(), &body(n, round)).await.unwrap();
        }
    }
    for n in 0..created {
        let answer = run(&store, &format!("session-{n}"), Command::Get, b"").await.unwrap();
        let expected = body(n, if n < 20 { 20 } else { 0 });
        assert_eq!(answer.body.unwrap().body(), expected, "session-{n}");
    }

    // Room comes back when sessions go.
    for n in 20..created {
        let answer = run(&store, &format!("session-{n}"), remove(), b"").await.unwrap();
        assert_eq!(answer.outcome, Outcome::Removed);
    }
    let mut waits = 0;
    while let Err(refusal) = run(&store, "newcomer", set(), b"let me in").await {
        assert_eq!(refusal, Unavailable::DiskFull);
        waits += 1;
        assert!(waits < 200, "the disk stayed full after {created} sessions were removed");
        pause().await;
    }
    tokio::task::spawn_blocking(move || tiers.close()).await.unwrap().unwrap();
    assert!(volume.taken_bytes() <= CAPACITY);
}

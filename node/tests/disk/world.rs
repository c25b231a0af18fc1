//! A store driven by hand on a volume, and a ledger of what it promised.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_node::clock::Clock;
use cloakroom_node::disk::checkpoint::Identity;
use cloakroom_node::disk::committer::Committer;
use cloakroom_node::housekeeping::Housekeeper;
use cloakroom_node::metrics::Metrics;
use cloakroom_node::store::{
    Answer, At, Backed, Execution, Held, Mover, OpenError, Opened, Parcel, Row, Settings, StopError, Store,
    Stored, Unavailable, Waiting,
};
use cloakroom_node_config::{Acknowledge, NodeConfig};
use cloakroom_session::{Command, CookieField, Outcome, Timeout};

use crate::memory_volume::MemoryVolume;

pub(crate) const IDENTITY: Identity = Identity { id: [3; 16], hash_key: [9; 16] };

/// A clock that moves when told.
#[derive(Debug, Default)]
pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(crate) fn advance_millis(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn local_ticks(&self) -> i64 {
        0
    }
}

/// Small segments, so that everything that happens to a journal happens soon.
pub(crate) fn small_settings() -> Settings {
    Settings {
        acknowledge: Acknowledge::Disk,
        commit_window: Duration::ZERO,
        segment_bytes: 16 << 10,
        checkpoint_bytes: 24 << 10,
        hot_tier_bytes: 64 << 10,
        compress_from: Some(256),
        compact_bytes_per_second: u64::MAX,
        ..Settings::from(&NodeConfig::default())
    }
}

pub(crate) struct World {
    pub(crate) store: Arc<Store>,
    pub(crate) committer: Committer<Store>,
    pub(crate) housekeeper: Housekeeper,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) unclean: bool,
    /// What commands come with.
    pub(crate) at: At,
    runtime: tokio::runtime::Runtime,
}

impl World {
    pub(crate) fn open(volume: &MemoryVolume, settings: Settings) -> Result<Self, OpenError> {
        let clock = Arc::new(ManualClock::default());
        let metrics = Arc::new(Metrics::new("test", 0));
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let Opened { store, committer, catalog, unclean, .. } = Store::open(
            &volume.as_volume(),
            settings,
            shared,
            Arc::clone(&metrics),
            || IDENTITY,
            &mut |_| {},
        )?;
        let stop = Arc::new(AtomicBool::new(false));
        let housekeeper =
            Housekeeper::new(Arc::clone(&store), volume.as_volume(), Arc::clone(&metrics), catalog, stop);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Ok(Self { store, committer, housekeeper, clock, metrics, unclean, at: At::ALONE, runtime })
    }

    pub(crate) fn execute(&self, key: &str, command: Command, body: &[u8]) -> Execution {
        let content = Stored::new(key.as_bytes(), body);
        let content = matches!(command, Command::Set { .. }).then_some(&content);
        self.store.execute(self.at, key.as_bytes(), command, content)
    }

    pub(crate) fn commit(&mut self) -> io::Result<bool> {
        self.committer.commit_next(Duration::ZERO)
    }

    /// Runs a command and commits whatever it waits for.
    pub(crate) fn run(&mut self, key: &str, command: Command, body: &[u8]) -> Result<Answer, Unavailable> {
        let execution = self.execute(key, command, body);
        self.commit().unwrap();
        self.settle(execution, key, command, body)
    }

    /// Waits for a command whose batch was committed.
    pub(crate) fn settle(
        &mut self,
        execution: Execution,
        key: &str,
        command: Command,
        body: &[u8],
    ) -> Result<Answer, Unavailable> {
        match execution {
            Execution::Answered(answer) => Ok(answer),
            Execution::Waiting(waiting) => self.finish(waiting, key, command, body),
            Execution::Moved | Execution::Missing => Err(Unavailable::Moved),
        }
    }

    fn finish(
        &mut self,
        waiting: Waiting,
        key: &str,
        command: Command,
        body: &[u8],
    ) -> Result<Answer, Unavailable> {
        let content = Stored::new(key.as_bytes(), body);
        let (store, at) = (Arc::clone(&self.store), self.at);
        self.drive(async move {
            let content = matches!(command, Command::Set { .. }).then_some(&content);
            store.finish(at, waiting, content.map_or(key.as_bytes(), Stored::key), command, content).await
        })
        .unwrap_or(Err(Unavailable::Stopped))
    }

    /// Runs `future` and commits whatever it waits for; `None` if that fails.
    pub(crate) fn drive<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let (store, committer) = (&self.store, &mut self.committer);
        self.runtime.block_on(async {
            tokio::pin!(future);
            loop {
                tokio::select! {
                    biased;
                    done = &mut future => return Some(done),
                    () = tokio::task::yield_now() => {}
                }
                // What it still waits for may only just have been decided.
                if store.queued() && committer.commit_next(Duration::ZERO).is_err() {
                    return None;
                }
            }
        })
    }

    /// Goes on to `epoch`, and asks at it from now on.
    pub(crate) fn enter(&mut self, epoch: u64) {
        self.store.enter(epoch);
        self.at = At { epoch, ..At::ALONE };
    }

    /// Takes in what another node had, and has it on disk.
    pub(crate) fn admit(&mut self, parcel: &Parcel, first: bool) -> Result<bool, Unavailable> {
        let (store, epoch) = (Arc::clone(&self.store), self.at.epoch);
        let admitted = self.drive(async move {
            let admitted = store.admit(epoch, parcel, first).await?;
            if let Some(version) = admitted.version {
                store.durable(version).await?;
            }
            Ok(admitted.taken)
        });
        admitted.unwrap_or(Err(Unavailable::Stopped))
    }

    /// What is here, as another node would be told.
    pub(crate) fn held(&mut self, key: &str) -> Result<Held, Unavailable> {
        let store = Arc::clone(&self.store);
        self.drive(async move { store.held(key.as_bytes()).await }).unwrap_or(Err(Unavailable::Stopped))
    }

    /// Everything that could be given away, with what to send for it.
    pub(crate) fn parcels(&mut self, hot_only: bool) -> Result<Vec<(Mover, Parcel)>, Unavailable> {
        let store = Arc::clone(&self.store);
        let packing = async move {
            let mut parcels = Vec::new();
            for mut mover in (0..Store::SHARDS).flat_map(|shard| store.movers(shard, hot_only)) {
                let hash = store.key_hash_of(&mover).await?;
                if let Some(parcel) = store.parcel(&mut mover).await? {
                    assert_eq!(hash, Some(cloakroom_ring::key_hash(parcel.key())));
                    parcels.push((mover, parcel));
                }
            }
            Ok(parcels)
        };
        self.drive(packing).unwrap_or(Err(Unavailable::Stopped))
    }

    /// Files a newer copy from another node, and does not wait for the disk. False if the disk failed.
    pub(crate) fn receive(&self, key: &str, body: &[u8]) -> bool {
        let parcel = Parcel::Row(Row {
            content: Stored::new(key.as_bytes(), body),
            epoch: u64::MAX,
            timeout: Timeout::DEFAULT,
            uninitialised: false,
            cookie: 1,
            locked: None,
            remaining: Duration::from_secs(1200),
            backed: Backed::Flushed,
        });
        let admitted = self.runtime.block_on(self.store.admit(self.at.epoch, &parcel, false));
        admitted.is_ok_and(|admitted| admitted.taken)
    }

    /// Drops what another node has by now, one session that is on disk or one tombstone, and does not wait for
    /// the disk to know. Returns the key if it was a session.
    pub(crate) fn give_away(&mut self, choices: &mut Choices) -> Option<String> {
        let mut movers: Vec<_> =
            (0..Store::SHARDS).flat_map(|shard| self.store.movers(shard, false)).collect();
        if movers.is_empty() {
            return None;
        }
        let mover = movers.swap_remove(choices.below(movers.len()));
        let store = Arc::clone(&self.store);
        let (mover, parcel) = self.drive(async move {
            let mut mover = mover;
            let parcel = store.parcel(&mut mover).await;
            (mover, parcel)
        })?;
        let parcel = parcel.ok()??;
        self.store.dispose(self.at.epoch, &mover).expect("nobody changed it");
        let key = String::from_utf8(parcel.key().to_vec()).unwrap();
        matches!(parcel, Parcel::Row(_)).then_some(key)
    }

    /// Gives everything to `to`, as two nodes do: what is on disk there is dropped here.
    pub(crate) fn hand_over(&mut self, to: &mut Self) -> Result<usize, Unavailable> {
        let parcels = self.parcels(false)?;
        for (mover, parcel) in &parcels {
            to.admit(parcel, false)?;
            let version = self.store.dispose(self.at.epoch, mover).expect("nobody changed it");
            let store = Arc::clone(&self.store);
            self.drive(async move { store.durable(version).await }).unwrap_or(Err(Unavailable::Stopped))?;
        }
        Ok(parcels.len())
    }

    /// The body under `key` without locking or waiting for durability.
    pub(crate) fn read(&mut self, key: &str) -> Option<Vec<u8>> {
        let answer = self.run(key, Command::Get, b"").unwrap();
        match answer.outcome {
            Outcome::Absent => None,
            Outcome::Found { .. } => Some(answer.body.unwrap().body().to_vec()),
            other => panic!("{key}: {other:?}"),
        }
    }

    /// Drains the journal and writes the last checkpoint, as a clean stop does.
    pub(crate) fn stop(self) {
        self.try_stop().unwrap();
    }

    pub(crate) fn try_stop(mut self) -> Result<(), StopError> {
        self.housekeeper.tick()?;
        let catalog = self.housekeeper.into_catalog()?;
        let committer = self.committer;
        let thread = std::thread::spawn(move || committer.run());
        self.store.stop(thread, catalog)
    }
}

pub(crate) fn set() -> Command {
    Command::Set { timeout: Timeout::DEFAULT, uninitialised: false, cookie: CookieField::Value(0) }
}

pub(crate) fn remove() -> Command {
    Command::Remove { cookie: CookieField::Missing }
}

/// What was asked of one session, in order: the content that it leaves, and when it was asked and answered.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) asked: usize,
    pub(crate) answered: Option<usize>,
}

/// Everything that was asked of all sessions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(pub(crate) BTreeMap<String, Vec<Entry>>);

impl Ledger {
    pub(crate) fn ask(&mut self, key: &str, content: Option<Vec<u8>>, asked: usize) {
        self.0.entry(key.to_owned()).or_default().push(Entry { content, asked, answered: None });
    }

    /// Answers everything that was asked.
    pub(crate) fn answer_all(&mut self, answered: usize) {
        for entry in self.0.values_mut().flatten() {
            entry.answered.get_or_insert(answered);
        }
    }

    /// What a crash at `moment` may leave under `key`: the last thing answered, or anything asked after it.
    pub(crate) fn allowed(&self, key: &str, moment: usize) -> Vec<Option<Vec<u8>>> {
        let entries: Vec<_> = self.0[key].iter().filter(|entry| entry.asked <= moment).collect();
        let answered =
            entries.iter().rposition(|entry| entry.answered.is_some_and(|answered| answered <= moment));
        match answered {
            Some(last) => entries[last..].iter().map(|entry| entry.content.clone()).collect(),
            None => entries.iter().map(|entry| entry.content.clone()).chain([None]).collect(),
        }
    }
}

/// A small generator of reproducible choices.
#[derive(Clone, Debug)]
pub(crate) struct Choices(u64);

impl Choices {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound` (xorshift64*, Vigna 2016).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound as u64).unwrap()
    }

    pub(crate) fn body(&mut self, tag: usize) -> Vec<u8> {
        let mut body = format!("body {tag} ").into_bytes();
        let bytes = 1 + self.below(2000);
        let noisy = self.below(2) == 0;
        body.extend((0..bytes).map(|at| {
            if noisy { u8::try_from(self.below(256)).unwrap() } else { u8::try_from(at % 7).unwrap() }
        }));
        body
    }
}

//! The key ring that an application seals with: one value, or a file that is read again when it changes.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use arc_swap::ArcSwap;
use cloakroom_location::{BadKeyRing, KeyRing, TEXT_BYTES_MAX};
use tokio::{fs::File, io::AsyncReadExt as _, time::interval};
use zeroize::Zeroizing;

/// How often the file is read. The operator gives a new key two minutes to reach everybody before it seals, of which
/// Kubernetes may take more than one.
const LOOK: Duration = Duration::from_secs(10);

/// The keys of location cookies. Cloning shares them.
#[derive(Clone)]
pub struct LocationKeys {
    ring: Arc<ArcSwap<KeyRing>>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum LocationKeysError {
    /// The file cannot be read.
    #[error(
        "cannot read the location keys from {}: {source}; mount the Secret NAME-location of the SessionCluster there",
        path.display()
    )]
    Read {
        /// As given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no key ring.
    #[error("{}: {source}", path.display())]
    Bad {
        /// As given.
        path: PathBuf,
        /// Why.
        source: BadKeyRing,
    },
}

impl LocationKeys {
    /// These keys, for good.
    #[must_use]
    pub fn fixed(ring: KeyRing) -> Self {
        Self { ring: Arc::new(ArcSwap::from_pointee(ring)) }
    }

    /// Those in a file, such as the key `keys.json` of the Secret that the operator makes, mounted. It is looked at every
    /// 10 s from then on, by a task that ends with the last clone; while what it holds is no key ring, the former keys
    /// stay and the log says why.
    ///
    /// # Errors
    /// The file cannot be read, or is no key ring.
    pub async fn from_file(path: impl Into<PathBuf>) -> Result<Self, LocationKeysError> {
        let path = path.into();
        let keys = Self::fixed(read(&path).await?);
        tokio::spawn(follow(path, Arc::downgrade(&keys.ring)));
        Ok(keys)
    }

    /// As they are now.
    pub(super) fn now(&self) -> Arc<KeyRing> {
        self.ring.load_full()
    }
}

impl fmt::Debug for LocationKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocationKeys").field("newest", &self.ring.load().newest_id()).finish_non_exhaustive()
    }
}

async fn follow(path: PathBuf, ring: Weak<ArcSwap<KeyRing>>) {
    let mut looks = interval(LOOK);
    let mut complained = false;
    loop {
        looks.tick().await;
        let Some(ring) = ring.upgrade() else { return };
        match read(&path).await {
            Ok(new) => {
                if *new.to_json() != *ring.load().to_json() {
                    tracing::info!(newest = new.newest_id(), "location keys have changed");
                    ring.store(Arc::new(new));
                }
                complained = false;
            }
            // Once for each trouble: a file that stays bad is not news.
            Err(error) if !complained => {
                tracing::warn!(%error, "location keys stay as they were");
                complained = true;
            }
            Err(_) => {}
        }
    }
}

async fn read(path: &Path) -> Result<KeyRing, LocationKeysError> {
    let failed = |source| LocationKeysError::Read { path: path.to_owned(), source };
    let file = File::open(path).await.map_err(failed)?;
    // Room for all that is read, so that no copy of a secret is left behind by a buffer that grew.
    let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES_MAX + 64));
    file.take(TEXT_BYTES_MAX as u64 + 1).read_to_string(&mut text).await.map_err(failed)?;
    KeyRing::from_json(&text).map_err(|source| LocationKeysError::Bad { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    //! Files that are there, bad, rotated.

    use std::{fs, sync::Arc, time::Duration};

    use cloakroom_location::{KeyRing, Plan};

    use super::LocationKeys;

    fn ring() -> KeyRing {
        KeyRing::generate(7, std::array::from_fn(|at| u8::try_from(at).unwrap()))
    }

    /// Time is the test's own, so each look comes at once.
    async fn eventually(keys: &LocationKeys, id: u32) {
        for _ in 0..1000 {
            if keys.now().newest_id() == id {
                return;
            }
            tokio::time::advance(Duration::from_secs(11)).await;
            tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        }
        panic!("the key {id} was not read");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rotated_file_is_read_and_a_bad_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        fs::write(&path, &*ring().to_json()).unwrap();
        let keys = LocationKeys::from_file(&path).await.unwrap();
        assert_eq!(keys.now().newest_id(), 1);
        let plan = Plan { seal_after: Duration::ZERO, keep: Duration::from_secs(9) };
        let second = ring().rotated(8, std::array::from_fn(|at| u8::try_from(at + 1).unwrap()), plan);
        fs::write(&path, &*second.to_json()).unwrap();
        eventually(&keys, 2).await;
        fs::write(&path, "{").unwrap();
        tokio::time::advance(Duration::from_secs(60)).await;
        let third = second.rotated(9, std::array::from_fn(|at| u8::try_from(at + 2).unwrap()), plan);
        fs::write(&path, &*third.to_json()).unwrap();
        eventually(&keys, 3).await;
        let ring = Arc::downgrade(&keys.ring);
        drop(keys);
        for _ in 0..1000 {
            if ring.strong_count() == 0 {
                return;
            }
            tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        }
        panic!("somebody still holds the keys");
    }

    #[tokio::test]
    async fn what_is_wrong_is_said_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let error = LocationKeys::from_file(&path).await.unwrap_err().to_string();
        assert!(error.contains("keys.json") && error.contains("mount the Secret"), "{error}");
        for text in [String::new(), " ".repeat(1 << 20)] {
            fs::write(&path, text).unwrap();
            let error = LocationKeys::from_file(&path).await.unwrap_err().to_string();
            assert!(error.contains("keys.json: key ring: "), "{error}");
        }
    }
}

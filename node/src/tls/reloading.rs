//! What is made of files, made anew when they change.
//!
//! The files are looked at whenever a connection is opened, so that certificates are replaced without a restart. What
//! is open goes on with the old ones.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use parking_lot::Mutex;

use super::TlsUnusable;

type Read<T> = dyn Fn() -> Result<T, TlsUnusable> + Send + Sync;

/// A `T` that is made of some files.
pub(crate) struct Reloading<T> {
    files: Vec<PathBuf>,
    read: Box<Read<T>>,
    current: Mutex<Current<T>>,
}

struct Current<T> {
    stamp: Stamp,
    made: T,
}

/// Tells whether a file was changed. What is compared are the files themselves, wherever links lead.
#[derive(PartialEq, Eq)]
struct Stamp(Vec<Option<(SystemTime, u64)>>);

impl Stamp {
    fn of(files: &[PathBuf]) -> Self {
        let stamp = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Self(files.iter().map(stamp).collect())
    }
}

impl<T: Clone> Reloading<T> {
    /// Reads `files`, which is what `read` does.
    pub(crate) fn open(
        files: Vec<PathBuf>,
        read: impl Fn() -> Result<T, TlsUnusable> + Send + Sync + 'static,
    ) -> Result<Self, TlsUnusable> {
        let current = Current { stamp: Stamp::of(&files), made: read()? };
        Ok(Self { files, read: Box::new(read), current: Mutex::new(current) })
    }

    /// What the files say now, or what they said when they were last usable.
    pub(crate) fn current(&self) -> T {
        let mut current = self.current.lock();
        let stamp = Stamp::of(&self.files);
        if stamp != current.stamp {
            current.stamp = stamp;
            let file = self.files.first().map_or(Path::new(""), PathBuf::as_path).display();
            match (self.read)() {
                Ok(made) => {
                    tracing::info!(%file, "certificates have changed; connections opened from now on use them");
                    current.made = made;
                }
                Err(error) => {
                    tracing::error!(%file, %error, "certificates have changed and are not usable; going on with what they were");
                }
            }
        }
        current.made.clone()
    }
}

/// The files alone: of what they hold, nothing is for people to see.
impl<T> fmt::Debug for Reloading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloading").field("files", &self.files).finish_non_exhaustive()
    }
}

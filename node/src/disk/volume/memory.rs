//! A volume in memory, for tests and simulation: it remembers every change, forgets what was not synced,
//! fails at the k-th call and fills up.
//!
//! It lives beside the real one so that everything that puts a store on a broken disk breaks the same
//! disk.

mod file;
mod state;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Volume, VolumeFile};
use file::MemoryFile;
use state::{State, index};

/// A file, whatever its name is by now.
pub type FileId = usize;

/// One call that changed something.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is the call of its name, with that call's arguments")]
pub enum Op {
    Create { name: String, file: FileId, bytes: u64 },
    Rename { from: String, to: String },
    Remove { name: String },
    SyncNames,
    Write { file: FileId, offset: usize, bytes: Vec<u8> },
    SetLen { file: FileId, bytes: usize },
    Sync { file: FileId },
}

/// The volume. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemoryVolume(Arc<Mutex<State>>);

impl MemoryVolume {
    /// A volume that holds these files, all of them durable.
    pub fn holding(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self(Arc::new(Mutex::new(State::holding(files))))
    }

    /// Records every change from now on.
    pub fn record(&self) {
        self.0.lock().log = Some(Vec::new());
    }

    /// Changes recorded so far.
    #[must_use]
    pub fn log_len(&self) -> usize {
        self.0.lock().log.as_ref().map_or(0, Vec::len)
    }

    /// The changes recorded since [`MemoryVolume::record`]; recording ends.
    #[must_use]
    pub fn take_log(&self) -> Vec<Op> {
        self.0.lock().log.take().unwrap_or_default()
    }

    /// The files as they are: what a process that was killed leaves behind.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.lock().files()
    }

    /// The files as of their last syncs, under the names of the last [`Volume::sync`]: what a power cut
    /// leaves behind if the disk had written nothing on its own.
    #[must_use]
    pub fn synced_files(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.lock().synced_files()
    }

    /// Lets the `call`-th call from now fail; zero for none.
    pub fn fail_once(&self, call: u64, kind: ErrorKind) {
        let mut state = self.0.lock();
        state.calls = 0;
        state.fail_at = Some((call, kind));
    }

    /// Calls since [`MemoryVolume::fail_once`].
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.lock().calls
    }

    /// Bytes that all files together may take.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.0.lock().capacity = bytes;
    }

    /// Bytes that all files together take.
    #[must_use]
    pub fn taken_bytes(&self) -> u64 {
        self.0.lock().taken()
    }

    /// Changes one file's bytes behind everybody's back.
    pub fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        self.0.lock().damage(name, change);
    }

    /// Lets every read of this byte fail.
    pub fn break_reads(&self, name: &str, at: usize) {
        self.0.lock().break_reads(name, at);
    }

    /// Removes a file behind everybody's back.
    pub fn delete(&self, name: &str) {
        self.0.lock().names.remove(name);
    }

    /// The volume as a store takes it.
    #[must_use]
    pub fn as_volume(&self) -> Arc<dyn Volume> {
        Arc::new(self.clone())
    }
}

impl Volume for MemoryVolume {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut state = self.0.lock();
        state.call()?;
        Ok(state.names.keys().cloned().collect())
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn VolumeFile>> {
        let mut state = self.0.lock();
        state.call()?;
        if state.names.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        state.room_for(bytes)?;
        let file = state.add(vec![0; index(bytes)]);
        state.names.insert(name.to_owned(), file);
        state.note(|| Op::Create { name: name.to_owned(), file, bytes });
        Ok(Arc::new(MemoryFile { state: Arc::clone(&self.0), file }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn VolumeFile>> {
        let mut state = self.0.lock();
        state.call()?;
        let file = *state.names.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(Arc::new(MemoryFile { state: Arc::clone(&self.0), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.0.lock();
        state.call()?;
        let file = state.names.remove(from).ok_or(ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        state.note(|| Op::Rename { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.0.lock();
        state.call()?;
        state.names.remove(name).ok_or(ErrorKind::NotFound)?;
        state.note(|| Op::Remove { name: name.to_owned() });
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.0.lock();
        state.call()?;
        state.sync_names();
        state.note(|| Op::SyncNames);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    //! What a kill and a power cut leave behind.

    use super::{MemoryVolume, Volume as _};

    fn left(volume: &MemoryVolume) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        (volume.files().remove("a"), volume.synced_files().remove("a"))
    }

    #[test]
    fn a_power_cut_takes_what_was_not_synced() {
        let volume = MemoryVolume::default();
        let file = volume.create("a", 2).unwrap();
        file.write_at(b"xy", 0).unwrap();
        file.sync().unwrap();
        assert_eq!(left(&volume), (Some(b"xy".to_vec()), None), "its name was not synced");
        volume.sync().unwrap();
        file.write_at(b"z123", 1).unwrap();
        file.write_at(b"!", 0).unwrap();
        file.set_len(3).unwrap();
        assert_eq!(left(&volume), (Some(b"!z1".to_vec()), Some(b"xy".to_vec())));
        file.sync().unwrap();
        volume.rename("a", "b").unwrap();
        assert_eq!(left(&volume), (None, Some(b"!z1".to_vec())));
        volume.sync().unwrap();
        assert_eq!(left(&volume), (None, None));
    }
}

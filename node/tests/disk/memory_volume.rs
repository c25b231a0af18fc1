//! A volume in memory that records every call, so that any crash can be made from it afterwards.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use cloakroom_node::disk::volume::{Volume, VolumeFile};
use parking_lot::Mutex;

pub(crate) type FileId = usize;

/// One call that changed something.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Create { name: String, file: FileId, bytes: u64 },
    Rename { from: String, to: String },
    Remove { name: String },
    SyncNames,
    Write { file: FileId, offset: usize, bytes: Vec<u8> },
    SetLen { file: FileId, bytes: usize },
    Sync { file: FileId },
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<String, FileId>,
    files: Vec<Vec<u8>>,
    /// What survives a failed sync; kept only while calls fail.
    synced: BTreeMap<FileId, Vec<u8>>,
    log: Option<Vec<Op>>,
    calls: u64,
    fail_at: Option<(u64, ErrorKind)>,
    capacity: Option<u64>,
    /// A byte of a file that cannot be read.
    bad: Option<(FileId, usize)>,
}

/// The volume. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryVolume(Arc<Mutex<State>>);

impl MemoryVolume {
    /// A volume that holds these files.
    pub(crate) fn holding(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut state = State::default();
        for (name, bytes) in files {
            state.names.insert(name, state.files.len());
            state.files.push(bytes);
        }
        Self(Arc::new(Mutex::new(state)))
    }

    /// Records every change from now on.
    pub(crate) fn record(&self) {
        self.0.lock().log = Some(Vec::new());
    }

    /// Changes recorded so far.
    pub(crate) fn log_len(&self) -> usize {
        self.0.lock().log.as_ref().map_or(0, Vec::len)
    }

    pub(crate) fn take_log(&self) -> Vec<Op> {
        self.0.lock().log.take().unwrap_or_default()
    }

    /// The files as they are.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.0.lock();
        state.names.iter().map(|(name, &file)| (name.clone(), state.files[file].clone())).collect()
    }

    /// Lets the `call`-th call from now fail; zero for none.
    pub(crate) fn fail_once(&self, call: u64, kind: ErrorKind) {
        let mut state = self.0.lock();
        state.calls = 0;
        state.fail_at = Some((call, kind));
    }

    /// Calls since [`MemoryVolume::fail_once`].
    pub(crate) fn calls(&self) -> u64 {
        self.0.lock().calls
    }

    /// Bytes that all files together may take.
    pub(crate) fn set_capacity(&self, bytes: Option<u64>) {
        self.0.lock().capacity = bytes;
    }

    pub(crate) fn taken_bytes(&self) -> u64 {
        self.0.lock().taken()
    }

    /// Changes one file's bytes behind everybody's back.
    pub(crate) fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.0.lock();
        let file = state.names[name];
        change(&mut state.files[file]);
    }

    /// Lets every read of this byte fail.
    pub(crate) fn break_reads(&self, name: &str, at: usize) {
        let mut state = self.0.lock();
        state.bad = Some((state.names[name], at));
    }

    pub(crate) fn delete(&self, name: &str) {
        self.0.lock().names.remove(name);
    }

    pub(crate) fn as_volume(&self) -> Arc<dyn Volume> {
        Arc::new(self.clone())
    }
}

impl State {
    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        match self.fail_at {
            Some((at, kind)) if self.calls == at => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn taken(&self) -> u64 {
        self.names.values().map(|&file| self.files[file].len() as u64).sum()
    }

    fn room_for(&self, bytes: u64) -> io::Result<()> {
        match self.capacity {
            Some(capacity) if self.taken() + bytes > capacity => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn note(&mut self, op: impl FnOnce() -> Op) {
        if let Some(log) = &mut self.log {
            log.push(op());
        }
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
        let file = state.files.len();
        state.files.push(vec![0; usize::try_from(bytes).unwrap()]);
        state.names.insert(name.to_owned(), file);
        state.note(|| Op::Create { name: name.to_owned(), file, bytes });
        Ok(Arc::new(MemoryFile { volume: self.clone(), file }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn VolumeFile>> {
        let mut state = self.0.lock();
        state.call()?;
        let file = *state.names.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(Arc::new(MemoryFile { volume: self.clone(), file }))
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
        state.note(|| Op::SyncNames);
        Ok(())
    }
}

#[derive(Debug)]
struct MemoryFile {
    volume: MemoryVolume,
    file: FileId,
}

impl VolumeFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.volume.0.lock();
        state.call()?;
        Ok(state.files[self.file].len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.volume.0.lock();
        state.call()?;
        let offset = usize::try_from(offset).unwrap();
        let range = offset..offset + buffer.len();
        if state.bad.is_some_and(|(file, at)| file == self.file && range.contains(&at)) {
            return Err(ErrorKind::Other.into());
        }
        let bytes =
            state.files[self.file].get(offset..offset + buffer.len()).ok_or(ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn read_at_if_cached(&self, buffer: &mut [u8], offset: u64) -> io::Result<bool> {
        self.read_at(buffer, offset).map(|()| true)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.volume.0.lock();
        state.call()?;
        let offset = usize::try_from(offset).unwrap();
        let end = offset + bytes.len();
        let longer = end.saturating_sub(state.files[self.file].len());
        state.room_for(longer as u64)?;
        let content = &mut state.files[self.file];
        if content.len() < end {
            content.resize(end, 0);
        }
        content[offset..end].copy_from_slice(bytes);
        state.note(|| Op::Write { file: self.file, offset, bytes: bytes.to_vec() });
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.volume.0.lock();
        if let Err(error) = state.call() {
            // What a failed sync could not write is gone, and a second one would claim success.
            state.files[self.file] = state.synced.get(&self.file).cloned().unwrap_or_default();
            return Err(error);
        }
        if state.fail_at.is_some() {
            let content = state.files[self.file].clone();
            state.synced.insert(self.file, content);
        }
        state.note(|| Op::Sync { file: self.file });
        Ok(())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.volume.0.lock();
        state.call()?;
        let longer = bytes.saturating_sub(state.files[self.file].len() as u64);
        state.room_for(longer)?;
        let bytes = usize::try_from(bytes).unwrap();
        state.files[self.file].resize(bytes, 0);
        state.note(|| Op::SetLen { file: self.file, bytes });
        Ok(())
    }
}

//! What the volume in memory knows of its files.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};

use super::{FileId, Op};

/// What a write or a cut replaced.
#[derive(Debug)]
struct Undo {
    len: usize,
    offset: usize,
    bytes: Vec<u8>,
}

/// One file: its bytes, and how to get back to those of its last sync.
#[derive(Debug)]
struct Content {
    bytes: Vec<u8>,
    unsynced: Vec<Undo>,
}

impl Content {
    fn synced(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for undo in self.unsynced.iter().rev() {
            bytes.resize(undo.len, 0);
            bytes[undo.offset..undo.offset + undo.bytes.len()].copy_from_slice(&undo.bytes);
        }
        bytes
    }

    /// Keeps what `offset..end` holds.
    fn keep(&mut self, offset: usize, end: usize) {
        let len = self.bytes.len();
        let offset = offset.min(len);
        let bytes = self.bytes[offset..end.clamp(offset, len)].to_vec();
        self.unsynced.push(Undo { len, offset, bytes });
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) names: BTreeMap<String, FileId>,
    synced_names: BTreeMap<String, FileId>,
    files: Vec<Content>,
    pub(super) log: Option<Vec<Op>>,
    pub(super) calls: u64,
    pub(super) fail_at: Option<(u64, ErrorKind)>,
    pub(super) capacity: Option<u64>,
    /// A byte of a file that cannot be read.
    bad: Option<(FileId, usize)>,
}

impl State {
    pub(super) fn holding(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut state = Self::default();
        for (name, bytes) in files {
            let file = state.add(bytes);
            state.names.insert(name, file);
        }
        state.sync_names();
        state
    }

    /// Adds a file without a name. It counts as synced: whether it survives is a matter of its name.
    pub(super) fn add(&mut self, bytes: Vec<u8>) -> FileId {
        self.files.push(Content { bytes, unsynced: Vec::new() });
        self.files.len() - 1
    }

    pub(super) fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        match self.fail_at {
            Some((at, kind)) if self.calls == at => Err(kind.into()),
            _ => Ok(()),
        }
    }

    pub(super) fn taken(&self) -> u64 {
        self.names.values().map(|&file| self.len(file)).sum()
    }

    pub(super) fn room_for(&self, bytes: u64) -> io::Result<()> {
        match self.capacity {
            Some(capacity) if self.taken() + bytes > capacity => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    pub(super) fn note(&mut self, op: impl FnOnce() -> Op) {
        if let Some(log) = &mut self.log {
            log.push(op());
        }
    }

    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.names.iter().map(|(name, &file)| (name.clone(), self.files[file].bytes.clone())).collect()
    }

    pub(super) fn synced_files(&self) -> BTreeMap<String, Vec<u8>> {
        self.synced_names.iter().map(|(name, &file)| (name.clone(), self.files[file].synced())).collect()
    }

    pub(super) fn sync_names(&mut self) {
        self.synced_names = self.names.clone();
    }

    pub(super) fn damage(&mut self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let content = &mut self.files[self.names[name]];
        change(&mut content.bytes);
        content.unsynced.clear();
    }

    pub(super) fn break_reads(&mut self, name: &str, at: usize) {
        self.bad = Some((self.names[name], at));
    }

    pub(super) fn len(&self, file: FileId) -> u64 {
        self.files[file].bytes.len() as u64
    }

    pub(super) fn read(&self, file: FileId, buffer: &mut [u8], offset: usize) -> io::Result<()> {
        let range = offset..offset + buffer.len();
        if self.bad.is_some_and(|(bad, at)| bad == file && range.contains(&at)) {
            return Err(ErrorKind::Other.into());
        }
        buffer.copy_from_slice(self.files[file].bytes.get(range).ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    pub(super) fn write(&mut self, file: FileId, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        let content = &mut self.files[file];
        content.keep(offset, end);
        if content.bytes.len() < end {
            content.bytes.resize(end, 0);
        }
        content.bytes[offset..end].copy_from_slice(bytes);
    }

    pub(super) fn set_len(&mut self, file: FileId, bytes: usize) {
        let content = &mut self.files[file];
        content.keep(bytes, content.bytes.len());
        content.bytes.resize(bytes, 0);
    }

    pub(super) fn sync(&mut self, file: FileId) {
        self.files[file].unsynced.clear();
    }

    /// What a failed sync could not write is gone, and a second one would claim success.
    pub(super) fn lose_unsynced(&mut self, file: FileId) {
        let content = &mut self.files[file];
        content.bytes = content.synced();
        content.unsynced.clear();
    }
}

/// A position in memory.
pub(super) fn index(bytes: u64) -> usize {
    usize::try_from(bytes).expect("files of a volume in memory are as small as memory")
}

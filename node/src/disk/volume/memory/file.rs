//! A file of the volume in memory.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::state::{State, index};
use super::{FileId, Op};
use crate::disk::volume::VolumeFile;

#[derive(Debug)]
pub(super) struct MemoryFile {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) file: FileId,
}

impl VolumeFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.state.lock();
        state.call()?;
        Ok(state.len(self.file))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.call()?;
        state.read(self.file, buffer, index(offset))
    }

    fn read_at_if_cached(&self, buffer: &mut [u8], offset: u64) -> io::Result<bool> {
        self.read_at(buffer, offset).map(|()| true)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.call()?;
        let offset = index(offset);
        let end = (offset + bytes.len()) as u64;
        let longer = end.saturating_sub(state.len(self.file));
        state.room_for(longer)?;
        state.write(self.file, bytes, offset);
        state.note(|| Op::Write { file: self.file, offset, bytes: bytes.to_vec() });
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        if let Err(error) = state.call() {
            state.lose_unsynced(self.file);
            return Err(error);
        }
        state.sync(self.file);
        state.note(|| Op::Sync { file: self.file });
        Ok(())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.call()?;
        let longer = bytes.saturating_sub(state.len(self.file));
        state.room_for(longer)?;
        let bytes = index(bytes);
        state.set_len(self.file, bytes);
        state.note(|| Op::SetLen { file: self.file, bytes });
        Ok(())
    }
}

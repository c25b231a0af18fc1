//! redb on a volume, so that tests which break the volume break redb as well.

use std::io;
use std::sync::Arc;

use redb::StorageBackend;

use super::volume::VolumeFile;

/// A volume's file as redb wants it. The process's hold on the volume replaces redb's file lock.
#[derive(Debug)]
pub(super) struct RedbFile(pub(super) Arc<dyn VolumeFile>);

impl StorageBackend for RedbFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(data, offset)
    }
}

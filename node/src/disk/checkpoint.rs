//! The index as of a place in the journal, in redb.
//!
//! A checkpoint is one redb transaction: one row for each shard of the index (a copy of its slots,
//! written at memory speed, where a row a session would cost more than the journal itself), the
//! segments that exist, and where the journal must be replayed from. A torn checkpoint is undone by
//! redb, and the one before it is still good, since no segment that it names is deleted earlier.

use std::io;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, StorageError, TableDefinition};

use super::Position;
use super::redb_backend::RedbFile;
use super::volume::Volume;

/// The checkpoint's file.
pub const INDEX_NAME: &str = "index.redb";
/// Its name until its first transaction is durable.
const UNFINISHED_NAME: &str = "index.new";
/// Version of the tables below and of the slots in them.
pub const FORMAT: u64 = 1;

/// Session time in a new store, in milliseconds: a year, so that it has a moment for the lock of a session
/// that is older than the store, because it came from another node.
pub const FIRST_MILLIS: u64 = 365 * 24 * 60 * 60 * 1000;

const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
const BYTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("bytes");
const SEGMENTS: TableDefinition<'_, u64, u32> = TableDefinition::new("segments");
const SHARDS: TableDefinition<'_, u16, &[u8]> = TableDefinition::new("shards");

/// redb keeps more than its setting says; the index is read and written in one pass, so little is enough.
const CACHE_BYTES: usize = 16 << 20;

/// Who a store is: made once with its data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Names the store in each of its files.
    pub id: [u8; 16],
    /// Key of the hash over session keys, so that nobody can aim at a slot.
    pub hash_key: [u8; 16],
}

/// What a checkpoint says besides the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Where the journal must be replayed from; no segment in a new store.
    pub position: Position,
    /// Session time, in milliseconds.
    pub now_millis: u64,
    /// Newest version given out.
    pub version: u64,
    /// Written by a stop that left nothing behind it.
    pub clean: bool,
}

/// Why the checkpoint cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Made by a later version.
    #[error(
        "{INDEX_NAME} has format {0}, and this version reads formats up to {FORMAT}: start the newer version again"
    )]
    Newer(u64),
    /// Not one of ours.
    #[error("{INDEX_NAME} is not an index of a session store: {0}")]
    Foreign(String),
    /// redb refused.
    #[error("{INDEX_NAME}: {0}")]
    Redb(#[from] redb::Error),
    /// The volume refused.
    #[error("{INDEX_NAME}: {0}")]
    Io(#[from] io::Error),
}

impl CheckpointError {
    /// Whether more room would help.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let io = match self {
            Self::Io(error) | Self::Redb(redb::Error::Io(error)) => error,
            _ => return false,
        };
        io.kind() == io::ErrorKind::StorageFull
    }
}

/// The open checkpoint file.
#[derive(Debug)]
pub struct Catalog {
    database: Database,
}

impl Catalog {
    /// Makes the file for a new store.
    ///
    /// # Errors
    /// [`CheckpointError`]; there is then no file of that name.
    pub fn create(volume: &dyn Volume, identity: Identity) -> Result<Self, CheckpointError> {
        match volume.remove(UNFINISHED_NAME) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let file = volume.create(UNFINISHED_NAME, 0)?;
        let catalog = Self { database: Self::database(file)? };
        let write = catalog.database.begin_write().map_err(redb::Error::from)?;
        {
            let mut bytes = write.open_table(BYTES).map_err(redb::Error::from)?;
            bytes.insert("id", identity.id.as_slice()).map_err(redb::Error::from)?;
            bytes.insert("hash-key", identity.hash_key.as_slice()).map_err(redb::Error::from)?;
            let mut numbers = write.open_table(NUMBERS).map_err(redb::Error::from)?;
            numbers.insert("format", FORMAT).map_err(redb::Error::from)?;
            // Known from the beginning, so that the loss of the very first segment shows.
            numbers.insert("next-batch", 1).map_err(redb::Error::from)?;
            numbers.insert("now-millis", FIRST_MILLIS).map_err(redb::Error::from)?;
            write.open_table(SEGMENTS).map_err(redb::Error::from)?;
            write.open_table(SHARDS).map_err(redb::Error::from)?;
        }
        write.commit().map_err(redb::Error::from)?;
        volume.rename(UNFINISHED_NAME, INDEX_NAME)?;
        volume.sync()?;
        Ok(catalog)
    }

    /// Opens the file and reads who the store is.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(volume: &dyn Volume) -> Result<(Self, Identity), CheckpointError> {
        let catalog = Self { database: Self::database(volume.open(INDEX_NAME)?)? };
        let read = catalog.database.begin_read().map_err(redb::Error::from)?;
        let identity = {
            let numbers = match read.open_table(NUMBERS) {
                Err(error @ redb::TableError::TableDoesNotExist(_)) => {
                    return Err(CheckpointError::Foreign(error.to_string()));
                }
                table => table.map_err(redb::Error::from)?,
            };
            let format = numbers.get("format").map_err(redb::Error::from)?.map(|format| format.value());
            match format {
                Some(FORMAT) => {}
                Some(format) if format > FORMAT => return Err(CheckpointError::Newer(format)),
                _ => return Err(CheckpointError::Foreign("it names no format".to_owned())),
            }
            let bytes = read.open_table(BYTES).map_err(redb::Error::from)?;
            let sixteen = |name: &str| -> Result<[u8; 16], CheckpointError> {
                let value = bytes.get(name).map_err(redb::Error::from)?;
                value
                    .and_then(|value| value.value().try_into().ok())
                    .ok_or_else(|| CheckpointError::Foreign(format!("it has no {name}")))
            };
            Identity { id: sixteen("id")?, hash_key: sixteen("hash-key")? }
        };
        drop(read);
        Ok((catalog, identity))
    }

    fn database(file: Arc<dyn super::volume::VolumeFile>) -> Result<Database, CheckpointError> {
        Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(RedbFile(file)).map_err(|error| {
            match error {
                redb::DatabaseError::Storage(StorageError::Io(error))
                    if error.kind() == io::ErrorKind::InvalidData =>
                {
                    CheckpointError::Foreign(error.to_string())
                }
                error => CheckpointError::Redb(error.into()),
            }
        })
    }

    /// The last checkpoint; in a new store one of nothing.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn checkpoint(&self) -> Result<Checkpoint, CheckpointError> {
        let read = self.database.begin_read().map_err(redb::Error::from)?;
        let numbers = read.open_table(NUMBERS).map_err(redb::Error::from)?;
        let number = |name: &str| -> Result<u64, CheckpointError> {
            Ok(numbers.get(name).map_err(redb::Error::from)?.map_or(0, |value| value.value()))
        };
        Ok(Checkpoint {
            position: Position {
                sequence: number("sequence")?,
                offset: number("offset")?,
                next_batch: number("next-batch")?,
            },
            now_millis: number("now-millis")?,
            version: number("version")?,
            clean: number("clean")? == 1,
        })
    }

    /// Sequence and number of each segment that the checkpoint needs.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn segments(&self) -> Result<Vec<(u64, u32)>, CheckpointError> {
        let read = self.database.begin_read().map_err(redb::Error::from)?;
        let table = read.open_table(SEGMENTS).map_err(redb::Error::from)?;
        let mut segments = Vec::new();
        for row in table.iter().map_err(redb::Error::from)? {
            let (sequence, number) = row.map_err(redb::Error::from)?;
            segments.push((sequence.value(), number.value()));
        }
        Ok(segments)
    }

    /// Hands over the copy of each shard that has one.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn each_shard(&self, mut take: impl FnMut(u16, &[u8])) -> Result<(), CheckpointError> {
        let read = self.database.begin_read().map_err(redb::Error::from)?;
        let table = read.open_table(SHARDS).map_err(redb::Error::from)?;
        for row in table.iter().map_err(redb::Error::from)? {
            let (shard, copy) = row.map_err(redb::Error::from)?;
            take(shard.value(), copy.value());
        }
        Ok(())
    }

    /// Replaces the checkpoint, durably. `copy` fills a cleared buffer with one shard's copy.
    ///
    /// # Errors
    /// [`CheckpointError`]; the previous checkpoint then still holds, but this catalog must be reopened.
    pub fn save(
        &self,
        checkpoint: &Checkpoint,
        segments: &[(u64, u32)],
        shards: u16,
        mut copy: impl FnMut(u16, &mut Vec<u8>),
    ) -> Result<(), CheckpointError> {
        let write = self.database.begin_write().map_err(redb::Error::from)?;
        {
            let mut table = write.open_table(SHARDS).map_err(redb::Error::from)?;
            let mut buffer = Vec::new();
            for shard in 0..shards {
                buffer.clear();
                copy(shard, &mut buffer);
                table.insert(shard, buffer.as_slice()).map_err(redb::Error::from)?;
            }
            let mut table = write.open_table(SEGMENTS).map_err(redb::Error::from)?;
            table.retain(|_, _| false).map_err(redb::Error::from)?;
            for (sequence, number) in segments {
                table.insert(sequence, number).map_err(redb::Error::from)?;
            }
            let mut numbers = write.open_table(NUMBERS).map_err(redb::Error::from)?;
            for (name, value) in [
                ("sequence", checkpoint.position.sequence),
                ("offset", checkpoint.position.offset),
                ("next-batch", checkpoint.position.next_batch),
                ("now-millis", checkpoint.now_millis),
                ("version", checkpoint.version),
                ("clean", u64::from(checkpoint.clean)),
            ] {
                numbers.insert(name, value).map_err(redb::Error::from)?;
            }
        }
        write.commit().map_err(redb::Error::from)?;
        Ok(())
    }

    /// Closes the file, reporting what dropping it would hide.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn close(self) -> Result<(), CheckpointError> {
        self.database.close().map_err(|error| CheckpointError::Redb(error.into()))
    }
}

//! Key and body of one session, shared by reference count from socket to disk.

use triomphe::ThinArc;

/// One allocation holds the count, the key's length, the key and the body: size classes and
/// separate headers cost more memory per session than all bookkeeping together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored(ThinArc<u32, u8>);

impl Stored {
    /// Copies `key` and `body` into one shared allocation. The caller bounds both: a key is shorter
    /// than a request head, a body is at most 1 GiB.
    #[must_use]
    pub fn new(key: &[u8], body: &[u8]) -> Self {
        thread_local! {
            static JOINED: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
        }
        // The allocation is made from one slice, and this copy stays in the processor's cache.
        JOINED.with_borrow_mut(|joined| {
            joined.clear();
            joined.extend_from_slice(key);
            joined.extend_from_slice(body);
            let stored = Self::from_joined(key.len(), joined);
            joined.shrink_to(KEPT_BYTES);
            stored
        })
    }

    /// The same from bytes that already lie behind one another, the key's `key_bytes` first.
    #[must_use]
    pub fn from_joined(key_bytes: usize, joined: &[u8]) -> Self {
        let key_bytes = u32::try_from(key_bytes).expect("a key is shorter than a request head");
        Self(ThinArc::from_header_and_slice(key_bytes, joined))
    }

    /// The decoded key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.0.slice[..self.key_bytes()]
    }

    /// The session's content.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.slice[self.key_bytes()..]
    }

    /// The key and right behind it the content.
    #[must_use]
    pub fn joined(&self) -> &[u8] {
        &self.0.slice
    }

    /// Bytes of the allocation, rounded as the allocator does.
    #[must_use]
    pub fn allocated_bytes(&self) -> usize {
        const COUNT_LENGTH_AND_HEADER: usize = 24;
        (self.0.slice.len() + COUNT_LENGTH_AND_HEADER).next_multiple_of(16)
    }

    fn key_bytes(&self) -> usize {
        self.0.header.header as usize
    }
}

/// Scratch space that a thread keeps after a large body.
const KEPT_BYTES: usize = 256 * 1024;

//! What the cases know of an engine.

use std::sync::Arc;

use cloakroom_engines::Proxy;
use cloakroom_node::backing;
use cloakroom_node_config::BackingStore;

use crate::check::another;

/// What can be done to an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Its process is killed; afterwards it is started again with what it had on disk.
    Gone,
    /// Its process stands still.
    Frozen,
    /// It takes no writes.
    ReadOnly,
    /// It has no room.
    Full,
    /// Its password is another one than that in the file.
    Password,
}

/// An engine that runs.
pub(crate) trait Engine: Send + Sync {
    /// What people read when a case fails.
    fn name(&self) -> &'static str;

    /// How a node reaches it: by the proxy, if there is one. With a short timeout, and without a key prefix of
    /// anybody's.
    fn config(&self) -> BackingStore;

    /// A store on it, as a node with `config` has one.
    fn connect(&self, config: &BackingStore) -> Arc<dyn backing::BackingStore> {
        another(config)
    }

    /// What stands before it, where one address is all that a node needs.
    fn proxy(&self) -> Option<&Proxy>;

    /// Whether it can be given that trouble here.
    fn can(&self, trouble: Trouble) -> bool;

    /// Gives it the trouble, or ends it.
    fn trouble(&self, trouble: Trouble, on: bool);

    /// How many sessions and tombstones it holds, of all prefixes, those included that nobody could read any more.
    fn held(&self) -> u64;

    /// Writes something else in the place of a session, if it can hold that.
    fn write_foreign(&self, prefix: &str, key: &[u8]) -> bool;
}

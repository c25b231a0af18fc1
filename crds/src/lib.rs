//! The resource that people write, `SessionCluster`, and what the operator says back about it.
//!
//! Types carry the documentation that `kubectl explain` shows, `defaults.rs` every default with its
//! reason, `rules.rs` what the API server refuses and the sentence it refuses with. The YAML in the
//! repository is [`yaml`]'s output and is compared with it by a test.

#![expect(
    unreachable_pub,
    reason = "`KubeSchema` repeats each struct, with its visibility, inside a function"
)]

mod acknowledge;
mod backing_store;
#[cfg(feature = "cases")]
pub mod cases;
mod data_centre;
mod defaults;
mod location_keys;
mod monitoring;
mod pod_template;
mod rules;
mod session_cluster;
mod state;
mod status;
mod storage;
mod yaml;

pub use acknowledge::Acknowledge;
pub use backing_store::{
    BackingStore, BackingStoreMode, EngineTls, Postgres, Redis, RedisTopology, SecretReference,
    WhenUnreachable,
};
pub use data_centre::{DataCentre, Gateway, GatewayServiceType, Peer};
pub use location_keys::LocationKeys;
pub use monitoring::Monitoring;
pub use pod_template::PodTemplate;
pub use session_cluster::{HotTier, SessionCluster, SessionClusterSpec, Tls};
pub use state::{State, StateTls};
pub use status::{
    BackingStoreStatus, Endpoint, LocationKeysStatus, RingMember, RingMemberState, RingStatus,
    SessionClusterStatus, condition,
};
pub use storage::Storage;
pub use yaml::{crd, yaml};

/// Annotation of a SessionCluster that lets `spec.backingStore` be removed, written behind again, or used under other keys.
pub const ALLOW_DOWNGRADE: &str = "cloakroom.dev/allow-backing-store-downgrade";

/// API group of all resources.
pub const GROUP: &str = "cloakroom.dev";

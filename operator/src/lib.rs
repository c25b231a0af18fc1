//! Drives SessionClusters: runs their nodes and publishes their healthy endpoints.
//!
//! # The life of a reconcile, file by file
//! A change of the resource, of one of its objects, pods or volumes wakes it (`controller.rs`), or fifteen seconds
//! that passed, or half of one while sessions move (`reconcile.rs`, which has the steps in their order):
//!
//! 1. `observe.rs` reads everything that a decision may look at into one [`observed::Observed`]: the objects
//!    (`live.rs`), pods and claims, and what the nodes say about themselves (`reports.rs`, `hearing.rs`).
//! 2. [`build::ring`] is published (`publish.rs`), whatever becomes of the rest: it says who is a member and who
//!    serves. Nodes that follow an earlier ring are told (`push.rs`).
//! 3. [`validate`] turns the resource into a [`validate::ValidatedCluster`] or says what to write instead; without
//!    one nothing can be built.
//! 4. [`build`] makes every other object of the cluster. [`restart`] decides whether the pods' template may change,
//!    [`storage`] whether volumes must grow.
//! 5. `grow.rs` grows volumes, `apply.rs` writes the objects that differ, `recreate.rs` makes a StatefulSet anew
//!    around its running pods.
//! 6. `rotate.rs` makes and rotates the keys of the location cookie, which nodes do without.
//! 7. [`status`] says how it stands, also when a step failed; it is written if it differs, and [`notes`] become
//!    events (`events.rs`).
//!
//! A step that failed is tried again after a growing pause (`backoff.rs`). What decides is a function of values:
//! the same input gives the same bytes, which is what the golden files under `tests/golden` compare. What talks to
//! the API server does so through `api/`, with a timeout, a count, and an error that says what to change.
//!
//! # The life of the process
//! `run.rs` connects, waits for the resource to be known (`crd_wait.rs`), stands for the lease (`leader/`), and
//! drives the controller until it is told to stop. `admin.rs` shows where it is (`phase.rs`) and what it counted
//! (`metrics.rs`).

mod admin;
mod api;
mod apply;
pub mod args;
mod backoff;
pub mod build;
mod check;
mod clock;
mod context;
mod controller;
mod count;
mod crd_wait;
mod discovery;
mod entropy;
mod events;
mod farewell;
mod fingerprint;
mod grow;
pub mod heard;
mod hearing;
mod http;
mod kind;
pub mod labels;
mod leader;
mod live;
pub mod location_secret;
mod memory;
mod metrics;
pub mod names;
pub mod nodes;
pub mod notes;
mod observe;
pub mod observed;
pub mod peer_key;
mod phase;
pub mod ports;
mod publish;
mod push;
pub mod quantity;
mod reconcile;
mod recreate;
mod reports;
pub mod restart;
mod rotate;
pub mod run;
pub mod settings;
pub mod status;
mod step;
pub mod storage;
mod telemetry;
pub mod trouble;
pub mod validate;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod scripted;

//! A real Kubernetes on this machine, and what tests need to use it.
//!
//! `cargo xtask up` builds the cluster's programs once per machine ([`Tools`](tools)), makes the images of this
//! checkout as its Dockerfile says (`image`), makes a place that shares neither network nor mounts nor
//! process ids with the machine (`sandbox`), and starts etcd, the control plane, a node and DNS in it
//! (`cluster`). `cargo xtask down` ends process 1 of that place, which ends everything.
//!
//! If `KUBECONFIG` names a cluster, that one is used and nothing is started. It has to be able to get the images
//! that `CLOAKROOM_NODE_IMAGE` and `CLOAKROOM_OPERATOR_IMAGE` name.
//!
//! A test begins with [`Cluster::attach`] and waits with [`wait::until`].

mod attach;
mod cluster;
mod command;
mod demo;
pub mod engine;
mod folders;
pub mod forward;
mod host;
mod image;
mod images;
mod lifecycle;
pub mod load;
mod progress;
mod reach;
mod sandbox;
mod status;
pub mod testbed;
mod tools;
pub mod wait;

pub use attach::{Cluster, Helm};
pub use cluster::volume_expander;
pub use command::{output, output_of_input};
pub use demo::Backing;
pub use folders::checkout;
pub use host::{CutOffFrom, Host, Part, Signal};
pub use images::Images;
pub use lifecycle::{down, up};
pub use reach::Reach;
pub use sandbox::keeper;
pub use status::status;

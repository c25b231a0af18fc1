//! A complete Kubernetes of one node on this machine, from its own programs, with nothing mocked.
//!
//! `up.rs` starts its parts in their order, `down.rs` removes them. Each part has a file that says how it is
//! started and why so.

mod api_server;
mod certificates;
mod container_runtime;
mod control_groups;
mod controller_manager;
pub(crate) mod daemon;
mod dns;
mod down;
mod etcd;
pub(crate) mod health;
mod kube_proxy;
pub(crate) mod kubeconfig;
mod kubelet;
pub(crate) mod names;
mod pki;
pub(crate) mod revive;
mod scheduler;
pub(crate) mod standing;
mod storage_classes;
mod up;
pub mod volume_expander;

pub(crate) use api_server::NAME as API_SERVER;
pub(crate) use controller_manager::NAME as CONTROLLER_MANAGER;
pub(crate) use down::remove;
pub(crate) use up::{administrator, complete, up};

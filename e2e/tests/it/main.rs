//! The promises of the operator, each tested on a real Kubernetes with real pods.
//!
//! One file for each promise, each test in a namespace of its own. They run inside the cluster's network:
//! `cargo xtask test --only e2e` sees to that. The tests that stop or replace the operator itself are in
//! `tests/operator`, because nobody else can be tested meanwhile.

mod apply;
mod autoscaler;
mod bad_resources;
mod columns;
mod deletion;
mod endpoints;
mod hibernate;
mod killed;
mod paused;
mod pod_deleted;
mod restricted;
mod rules;
mod samples;
mod scale;
mod storage_growth;
mod tool;

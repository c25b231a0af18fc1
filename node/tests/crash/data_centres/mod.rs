//! Two data centres, each with nodes of its own, as one store in front of one engine.

mod gateway;
mod locks;
mod lost;
mod site;

//! Sessions of [tower-sessions](https://docs.rs/tower-sessions) in Cloakroom, and the cookie that remembers where each
//! of them lives.
//!
//! [`CloakroomStore`] is the store that a `SessionManagerLayer` takes. With one data centre that is all:
//!
//! ```no_run
//! use cloakroom_client::{Client, Cluster, Discovery, tower_sessions::CloakroomStore};
//! use tower_sessions::SessionManagerLayer;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let nodes = Discovery::fixed(["shop-0.shop:42424", "shop-1.shop:42424", "shop-2.shop:42424"])?;
//! let client = Client::builder().cluster(Cluster::new(nodes)).build().await?;
//! let sessions = SessionManagerLayer::new(CloakroomStore::new(client, "shop"));
//! # Ok(())
//! # }
//! ```
//!
//! With several, a [`LocationLayer`] around it carries the home of the visitor's session in a sealed cookie, so that
//! each request goes to the right data centre at once. Without that cookie everything still works, with a detour.
//!
//! # What the store promises
//! | | |
//! |---|---|
//! | create | Never under an id that is taken. |
//! | load | `None` means that there is no such session, or that it has expired: never that it could not be looked for. |
//! | save | Replaces what is there, whoever wrote it: the last one wins, as tower-sessions has no locks. A session that was removed meanwhile is not brought back: that is an error. |
//! | delete | When it returns, the session is gone. |
//! | a lock | Held by an ASP.NET page or by another request: waited for (5 s unless told otherwise), then an error. One older than ASP.NET lets a page run (110 s) is broken, as ASP.NET does it. |
//! | errors | `Backend`: no node answered, or the session stayed locked; the message says what to do. `Decode`: what is stored is no session of this store. |
//!
//! # What is stored
//! JSON: `{"expires":<seconds since 1970>,"data":{…}}`, under the application's id and the session's. The timeout that
//! nodes keep is the time to `expires` in whole minutes, rounded up, 365 days at most.

mod clock;
mod contention;
mod cookies;
mod keys;
mod layer;
mod nonce;
mod record;
mod store;
mod whereabouts;

pub use keys::{LocationKeys, LocationKeysError};
pub use layer::{LocationLayer, LocationService};
pub use store::CloakroomStore;

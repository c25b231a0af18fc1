//! A client of session nodes that speaks the ASP.NET state server protocol as the real one does, and
//! knows what the real one does not: which node has a session, and what to do when it is gone.
//!
//! A session is some bytes under an id. Whoever changes it locks it first, so that two requests of
//! one visitor do not undo each other's work.
//!
//! ```
//! use cloakroom_client::{Client, Cluster, Discovery, Read, Session, Timeout};
//!
//! # use std::io::{Read as _, Write as _};
//! # /// A node that has no session and stores none.
//! # fn start_node() -> std::io::Result<String> {
//! #     let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! #     let address = listener.local_addr()?.to_string();
//! #     std::thread::spawn(move || {
//! #         let (mut peer, _) = listener.accept()?;
//! #         let mut asked = [0; 4096];
//! #         while peer.read(&mut asked)? > 0 {
//! #             let status = if asked.starts_with(b"PUT") { "200 OK" } else { "404 Not Found" };
//! #             peer.write_all(format!("{status}\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
//! #         }
//! #         std::io::Result::Ok(())
//! #     });
//! #     Ok(address)
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let node = "127.0.0.1:42424";
//! # let node = start_node()?;
//! let cluster = Cluster::new(Discovery::fixed([node])?);
//! let client = Client::builder().cluster(cluster).build().await?;
//! let cart = Session::new("/LM/W3SVC/1/ROOT", "k1im0mymglivv5rttkwn4fle")?;
//! match client.lock(&cart).await? {
//!     Read::Found(lock) => {
//!         let body = [lock.body.as_slice(), b", one more"].concat();
//!         let timeout = lock.timeout;
//!         println!("{:?}", lock.put(&body, timeout).await?);
//!     }
//!     Read::Absent => println!("{:?}", client.put(&cart, b"one", Timeout::DEFAULT).await?),
//!     Read::Locked(other) => println!("locked for {} s", other.age_seconds),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What it does for you
//! - **One hop.** With a [`Discovery`] that shows the ring, it asks the node that owns the session. Without, any node
//!   does, and passes the request on.
//! - **Tries again.** Three tries on one node, with growing and partly random pauses; then the next node in the
//!   session's order; all within one deadline. A try that took all its time is not repeated on the same node. Nodes that
//!   fail three times in a row are passed over until they answer. When most requests fail, a budget keeps the tries from
//!   multiplying them.
//! - **Never writes twice.** A write whose answer was lost may have been done. The client looks at the session: it is
//!   done, or it is still locked for us and is written again, or nobody can tell and you are told so. A node that is
//!   killed may forget a lock of its last moments: then nobody can tell.
//! - **Forgets no lock.** A [`LockGuard`] that is dropped gives its lock up.
//! - **Swings.** With several [`Cluster`]s, a session is asked for at its home. When no node there can be reached, the
//!   next cluster is asked; after three such requests in a row, or three that were held until their deadline,
//!   [`Visit::home`] says so and home is passed over. The nodes see to it that nobody at the old home can write any more.
//!
//! All time limits and bounds are in [`Settings`]; [`Observe`] tells your metrics what happens, and `tracing` your log.
//! Neither shows a session's id or content. A [`Connection`] is a single socket, with one request at a time and none of
//! the above.
//!
//! # Failures
//! That a session is absent, or locked by somebody else, is an answer and no failure. A [`Failure`] comes when all that
//! could be tried was tried, and says what to do:
//!
//! | [`Cause`] | side | [`Retry`] | what happened | what to do |
//! |---|---|---|---|---|
//! | [`NoServers`](Cause::NoServers) | network | safe | discovery shows no node | see whether the cluster has ready nodes |
//! | [`Late`](Cause::Late) | network | safe | no time was left to ask a node | try again, or raise [`Settings::total`] |
//! | [`Unreachable`](Cause::Unreachable) | network | safe | no node accepts connections | see whether nodes run; try again |
//! | [`Busy`](Cause::Busy) | caller | safe | all connections to the node are in use | let fewer requests run at once, or raise [`Settings::connections`] |
//! | [`Held`](Cause::Held) | server | safe | the node that has the session is away, and the others wait for it | try again later |
//! | [`Unanswered`](Cause::Unanswered) | network | safe | a read was sent and not answered | try again |
//! | [`Unknown`](Cause::Unknown) | network | look first | a write was sent and not answered, and the session does not tell | read the session, then decide |
//! | [`Refused`](Cause::Refused) | caller | never | an empty body, or a request that the node refuses | correct the request |
//! | [`NotANode`](Cause::NotANode) | server | never | something else listens there | correct the address |
//!
//! ```
//! use std::time::Duration;
//! use cloakroom_client::{Client, Cluster, Discovery, Retry, Session, Settings};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Nobody listens there.
//! let cluster = Cluster::new(Discovery::fixed(["127.0.0.1:1"])?);
//! let mut settings = Settings::default();
//! settings.total = Duration::from_millis(100);
//! let client = Client::builder().cluster(cluster).settings(settings).build().await?;
//! let failure = client.get(&Session::new("shop", "1")?).await.unwrap_err();
//! assert_eq!(failure.retry(), Retry::Safe);
//! assert!(failure.to_string().contains("see whether nodes run"));
//! # Ok(())
//! # }
//! ```
//!
//! # Cancel safety
//! Every future may be dropped at any moment, for example by a timeout of yours. No connection is used again on which
//! an answer may still arrive.
//!
//! | dropped | the session | its lock |
//! |---|---|---|
//! | [`get`](Visit::get), [`touch`](Visit::touch) | as it was, but perhaps [`Item::initialise`] was told to nobody | as it was |
//! | [`lock`](Visit::lock), [`lock_within`](Visit::lock_within) | as it was | granted all the same, it is given up in the background |
//! | [`put`](Visit::put), [`remove`](Visit::remove), [`release`](Visit::release) | perhaps changed | perhaps given up |
//! | [`LockGuard::put`], [`LockGuard::remove`] | perhaps changed | given up in the background |
//! | [`LockGuard::release`], a [`LockGuard`] itself | as it was | given up in the background |
//! | a verb of [`Connection`] | perhaps changed | granted, it stays; the connection refuses further requests with [`Error::Interrupted`] |
//!
//! What is given up in the background needs the runtime in which the client was built to go on for a moment.
//!
//! # Features
//! | feature | adds |
//! |---|---|
//! | `tls` | encrypted connections to nodes |
//! | `dns` | finding nodes by SRV and address records |
//! | `ring-watch` | following the ring that a node's admin port shows |
//! | `tower-sessions` | a session store for tower-sessions, and the layer that carries the location cookie |
//! | `tool` (default) | the command-line tool `cloakroom` |

mod ask;
mod budget;
mod builder;
mod choose;
mod client;
mod clock;
mod cluster;
mod connection;
mod dial;
mod discovery;
mod entropy;
mod error;
mod failure;
mod follow;
mod guard;
mod health;
mod journey;
mod node;
mod observe;
mod operation;
mod outcome;
mod pool;
mod recover;
mod retry;
mod route;
mod session;
mod settings;
mod stream;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;
#[cfg(feature = "tower-sessions")]
pub mod tower_sessions;
mod visit;

pub use builder::{BuildError, Builder};
pub use client::{Client, Located};
pub use cloakroom_location::{DataCentre, Home};
pub use cloakroom_protocol::aspnet::{BadSessionId, Fault, Lock};
pub use cloakroom_session::Timeout;
pub use cluster::Cluster;
pub use connection::Connection;
pub use discovery::{Discovery, DiscoveryError, Server, Servers};
pub use error::{Error, Side};
pub use failure::{Cause, Failure, Retry};
pub use guard::LockGuard;
pub use observe::{Observe, Verb};
pub use outcome::{Held, Item, Read, Written};
pub use session::Session;
pub use settings::Settings;
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError, TlsFiles};
pub use visit::Visit;

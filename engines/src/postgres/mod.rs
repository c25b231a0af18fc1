//! PostgreSQL, alone and with a hot standby.

mod folder;
mod options;
mod server;

pub use options::PostgresOptions;
pub use server::Postgres;

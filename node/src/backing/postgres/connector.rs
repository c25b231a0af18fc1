//! How a connection is made: credentials and certificates as the files say at that moment, one server, tables of this
//! release, statements prepared.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloakroom_node_config::{EngineTls, Postgres as Settings};
use futures_util::future::BoxFuture;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;

use super::fault;
use super::schema::Schema;
use super::statements::Statements;
use super::tls;
use crate::backing::{Fault, FaultKind, secrets};

/// For name, network, encryption, password and tables together; no request waits for it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection on which nothing happens is looked after, so that no firewall forgets it unnoticed.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// One connection. Statements that are asked at once are sent at once and answered in order.
pub(super) struct Connection {
    pub client: Client,
    pub statements: Statements,
    /// Statements in flight.
    pub busy: AtomicUsize,
    /// Cancelled by who waited in vain: what was asked later would wait in vain as well.
    pub given_up: CancellationToken,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("busy", &self.busy.load(Ordering::Relaxed)).finish_non_exhaustive()
    }
}

/// What moves the bytes of a connection; dropped, the connection is closed.
pub(super) type Driver = BoxFuture<'static, Result<(), tokio_postgres::Error>>;

/// Where and as whom to connect.
#[derive(Debug)]
pub(super) struct Connector {
    settings: Settings,
    schema: Schema,
    options: String,
    unanswered: Duration,
}

impl Connector {
    pub(super) fn new(settings: &Settings, timeout: Duration) -> Self {
        Self {
            schema: Schema::new(&settings.schema),
            options: options(timeout),
            unanswered: timeout,
            settings: settings.clone(),
        }
    }

    pub(super) async fn connect(&self) -> Result<(Connection, Driver), Fault> {
        let late = |_| Err(self.unreachable(format_args!("no connection within {CONNECT_TIMEOUT:?}")));
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, self.open()).await.unwrap_or_else(late);
        connected.map_err(|fault| match fault.kind {
            // Of what callers want, nothing was sent yet.
            FaultKind::NoAnswer => self.unreachable(fault.message),
            _ => fault,
        })
    }

    async fn open(&self) -> Result<(Connection, Driver), Fault> {
        let (mut client, mut driver) = self.log_in().await?;
        let statements = {
            let mut prepared = pin!(self.prepare(&mut client));
            tokio::select! {
                biased;
                statements = &mut prepared => statements?,
                end = &mut driver => return Err(self.unreachable(ending(&end))),
            }
        };
        let (busy, given_up) = (AtomicUsize::new(0), CancellationToken::new());
        Ok((Connection { client, statements, busy, given_up }, driver))
    }

    async fn prepare(&self, client: &mut Client) -> Result<Statements, Fault> {
        self.schema.ensure(client).await?;
        Statements::prepare(client, self.schema.quoted()).await.map_err(|error| fault::answered(&error))
    }

    async fn log_in(&self) -> Result<(Client, Driver), Fault> {
        let Settings { host, port, tls, .. } = &self.settings;
        let config = self.config()?;
        let stream =
            TcpStream::connect((host.as_str(), *port)).await.map_err(|error| self.unreachable(error))?;
        self.watch(&stream).map_err(|error| self.unreachable(error))?;
        let Some(tls) = tls else {
            let (client, connection) =
                config.connect_raw(stream, NoTls).await.map_err(|error| fault::answered(&error))?;
            return Ok((client, Box::pin(connection)));
        };
        let encryption = self.encryption(tls)?;
        let (client, connection) =
            config.connect_raw(stream, encryption).await.map_err(|error| fault::answered(&error))?;
        Ok((client, Box::pin(connection)))
    }

    fn encryption(
        &self,
        tls: &EngineTls,
    ) -> Result<<MakeRustlsConnect as MakeTlsConnect<TcpStream>>::TlsConnect, Fault> {
        let config = tls::client_config(tls)?;
        let name = tls.server_name.as_ref().unwrap_or(&self.settings.host);
        let Ok(connect) =
            MakeTlsConnect::<TcpStream>::make_tls_connect(&mut MakeRustlsConnect::new(config), name);
        Ok(connect)
    }

    fn config(&self) -> Result<Config, Fault> {
        let Settings { database, username_file, password_file, tls, .. } = &self.settings;
        let Some(user) = secrets::word(Some(username_file))? else {
            let problem = format_args!("there is no {} with the user's name", username_file.display());
            return Err(Fault::new(FaultKind::Refused, problem));
        };
        let mut config = Config::new();
        config
            .dbname(database)
            .application_name("cloakroom-node")
            .options(&self.options)
            .ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable })
            .user(user);
        if let Some(password) = secrets::word(password_file.as_deref())? {
            config.password(password);
        }
        Ok(config)
    }

    /// The server is given up when it has not even acknowledged bytes for as long as a call may take.
    fn watch(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE))?;
        socket.set_tcp_user_timeout(Some(self.unanswered))
    }

    fn unreachable(&self, problem: impl fmt::Display) -> Fault {
        let Settings { host, port, .. } = &self.settings;
        Fault::new(FaultKind::Unreachable, format_args!("{host}:{port}: {problem}"))
    }
}

/// Why a connection is no more.
pub(super) fn ending(end: &Result<(), tokio_postgres::Error>) -> String {
    match end {
        Ok(()) => "the connection was closed".to_owned(),
        Err(error) => fault::answered(error).message,
    }
}

/// For the server's side of each connection. It cancels a statement before this side gives it up, so that a slow
/// server costs a statement and not the connection. The plans are those for a large table from the beginning: an
/// empty one would be read from end to end, and the plan kept when it has grown.
fn options(timeout: Duration) -> String {
    let statement_timeout = (timeout * 3 / 4).as_millis();
    format!(
        "-c statement_timeout={statement_timeout} -c default_transaction_isolation=read\\ committed \
         -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"
    )
}

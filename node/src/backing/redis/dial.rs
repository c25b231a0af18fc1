//! One attempt to connect, with the credentials and certificates that the files hold at that moment.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use cloakroom_node_config as config;
use config::RedisTopology;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::io::AsyncDNSResolver;
use redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionAddr, ConnectionInfo,
    IntoConnectionInfo as _, Pipeline, RedisConnectionInfo, RedisFuture, RedisResult, TlsCertificates,
    TlsMode, Value,
};

use super::address::Address;
use super::fault;
use crate::backing::Fault;
use crate::backing::connect::ConnectError;
use crate::backing::secrets::{self, Pem};

/// Questions that wait for an answer on one connection; more wait for their turn.
const IN_FLIGHT: usize = 1024;
/// How often a cluster's members may send a question on: to where the slot is, and to where it is going.
const REDIRECTIONS: u32 = 3;

/// How to connect.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    settings: config::Redis,
    addresses: Vec<Address>,
    timeout: Duration,
}

/// A connection that many ask over at once.
#[derive(Clone)]
pub(super) enum Connection {
    /// To one server.
    Server(MultiplexedConnection),
    /// To the members of a cluster.
    Cluster(ClusterConnection),
}

impl Dial {
    pub(super) fn new(settings: &config::Redis, timeout: Duration) -> Result<Self, ConnectError> {
        let addresses =
            settings.addresses.iter().map(|text| Address::parse(text)).collect::<Result<_, _>>()?;
        let named = settings.tls.as_ref().is_some_and(|tls| tls.server_name.is_some());
        if named && settings.topology != RedisTopology::Standalone {
            return Err(ConnectError::ServerName);
        }
        Ok(Self { settings: settings.clone(), addresses, timeout })
    }

    /// A connection over which the engine has answered.
    pub(super) async fn connect(&self) -> Result<Connection, Fault> {
        let login = self.login(&self.settings.username_file, &self.settings.password_file)?;
        let certificates = self.settings.tls.as_ref().map(certificates).transpose()?;
        let connected = match self.settings.topology {
            RedisTopology::Standalone => self.server(login, certificates).await.map(Connection::Server),
            RedisTopology::Cluster => self.cluster(login, certificates).await.map(Connection::Cluster),
            RedisTopology::Sentinel => {
                let watch =
                    self.login(&self.settings.sentinel_username_file, &self.settings.sentinel_password_file)?;
                self.master(login, watch, certificates).await.map(Connection::Server)
            }
        };
        let mut connection = connected.map_err(|error| fault::of_connecting(&error))?;
        // Only a question shows that the engine wants a password, or is still loading.
        let greeting = redis::cmd("PING");
        greeting.exec_async(&mut connection).await.map_err(|error| fault::of_connecting(&error))?;
        Ok(connection)
    }

    async fn server(
        &self,
        login: RedisConnectionInfo,
        certificates: Option<TlsCertificates>,
    ) -> RedisResult<MultiplexedConnection> {
        let real = self.addresses.first().ok_or_else(|| io::Error::other("there is no address"))?;
        let name = self.settings.tls.as_ref().and_then(|tls| tls.server_name.clone());
        let mut config = self.config();
        if name.is_some() {
            config = config.set_dns_resolver(Under { real: real.clone() });
        }
        let shown = Address { host: name.unwrap_or_else(|| real.host.clone()), port: real.port };
        let info = info(&shown, login, certificates.is_some())?;
        client(info, certificates.as_ref())?.get_multiplexed_async_connection_with_config(&config).await
    }

    async fn master(
        &self,
        login: RedisConnectionInfo,
        watch: RedisConnectionInfo,
        certificates: Option<TlsCertificates>,
    ) -> RedisResult<MultiplexedConnection> {
        let sentinels = self.addresses.iter().map(|sentinel| address(sentinel, certificates.is_some()));
        let name = self.settings.master_name.as_deref().unwrap_or_default();
        let mut builder = SentinelClientBuilder::new(sentinels, name, SentinelServerType::Master)?
            .set_client_to_redis_db(login.db());
        if let Some(username) = login.username() {
            builder = builder.set_client_to_redis_username(username);
        }
        if let Some(password) = login.password() {
            builder = builder.set_client_to_redis_password(password);
        }
        if let Some(username) = watch.username() {
            builder = builder.set_client_to_sentinel_username(username);
        }
        if let Some(password) = watch.password() {
            builder = builder.set_client_to_sentinel_password(password);
        }
        if let Some(certificates) = certificates {
            builder = builder
                .set_client_to_redis_tls_mode(TlsMode::Secure)
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_tls_mode(TlsMode::Secure)
                .set_client_to_sentinel_certificates(certificates);
        }
        let master = builder.build()?.async_get_client().await?;
        master.get_multiplexed_async_connection_with_config(&self.config()).await
    }

    async fn cluster(
        &self,
        login: RedisConnectionInfo,
        certificates: Option<TlsCertificates>,
    ) -> RedisResult<ClusterConnection> {
        let infos: RedisResult<Vec<_>> =
            self.addresses.iter().map(|member| info(member, login.clone(), certificates.is_some())).collect();
        let mut builder = ClusterClient::builder(infos?)
            .retries(REDIRECTIONS)
            .min_retry_wait(5)
            .max_retry_wait(100)
            .connection_timeout(self.timeout)
            .response_timeout(self.timeout)
            .connection_concurrency_limit(IN_FLIGHT);
        if let Some(certificates) = certificates {
            builder = builder.certs(certificates);
        }
        builder.build()?.get_async_connection().await
    }

    /// Callers limit how long they wait themselves.
    fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(None)
            .set_pipeline_buffer_size(IN_FLIGHT)
            .set_concurrency_limit(IN_FLIGHT)
    }

    fn login(
        &self,
        username: &Option<std::path::PathBuf>,
        password: &Option<std::path::PathBuf>,
    ) -> Result<RedisConnectionInfo, Fault> {
        let mut login = RedisConnectionInfo::default()
            .set_db(i64::from(self.settings.database))
            .set_lib_name("cloakroom", env!("CARGO_PKG_VERSION"));
        if let Some(username) = secrets::word(username.as_deref())? {
            login = login.set_username(username);
        }
        if let Some(password) = secrets::word(password.as_deref())? {
            login = login.set_password(password);
        }
        Ok(login)
    }
}

impl Connection {
    /// Whether the library behind it sends a question again when it is not answered.
    pub(super) fn asks_again(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(connection) => connection.req_packed_commands(commands, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(commands, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

/// Leads to one address, whatever the server is called: its certificate may bear a name that no resolver knows.
struct Under {
    real: Address,
}

impl AsyncDNSResolver for Under {
    fn resolve<'a, 'b: 'a>(
        &'a self,
        _: &'b str,
        _: u16,
    ) -> RedisFuture<'a, Box<dyn Iterator<Item = SocketAddr> + Send + 'a>> {
        Box::pin(async {
            let found = tokio::net::lookup_host((self.real.host.as_str(), self.real.port)).await?;
            Ok(Box::new(found) as Box<dyn Iterator<Item = SocketAddr> + Send>)
        })
    }
}

fn client(info: ConnectionInfo, certificates: Option<&TlsCertificates>) -> RedisResult<Client> {
    match certificates {
        Some(certificates) => Client::build_with_tls(info, certificates.clone()),
        None => Client::open(info),
    }
}

fn info(at: &Address, login: RedisConnectionInfo, tls: bool) -> RedisResult<ConnectionInfo> {
    Ok(address(at, tls).into_connection_info()?.set_redis_settings(login))
}

fn address(at: &Address, tls: bool) -> ConnectionAddr {
    let (host, port) = (at.host.clone(), at.port);
    if tls {
        ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host, port)
    }
}

fn certificates(tls: &config::EngineTls) -> Result<TlsCertificates, Fault> {
    let Pem { authority, own } = Pem::read(tls)?;
    let client_tls = own.map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key });
    Ok(TlsCertificates { client_tls, root_cert: authority })
}

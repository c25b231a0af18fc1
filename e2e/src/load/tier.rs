//! The web servers of one place: whom they ask, and over what.

use anyhow::Context as _;
use cloakroom_client::{Client, Cluster, DataCentre, Discovery, Session};

use super::{cookies::Cookies, line::Line, pool::Pool, trouble::Trouble};

/// Web servers that are about to be.
#[derive(Clone, Debug)]
pub enum Tier {
    /// Each has connections of its own to this address (`host:port`), as ASP.NET has.
    Stock(String),
    /// They ask through the client library, which knows these data centres by number and addresses, their own first, and carries
    /// location cookies.
    Library(Vec<(u8, Vec<String>)>),
}

/// They are there.
#[derive(Debug)]
pub(super) enum WebServers {
    Stock(Vec<Pool>),
    Library(Client),
}

impl Tier {
    /// An address where it is known soon that somebody serves.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Stock(address) => address,
            Self::Library(clusters) => &clusters[0].1[0],
        }
    }

    pub(super) async fn open(&self, web_servers: usize) -> anyhow::Result<WebServers> {
        match self {
            Self::Stock(address) => {
                Ok(WebServers::Stock((0..web_servers).map(|_| Pool::new(address)).collect()))
            }
            Self::Library(clusters) => {
                let mut builder = Client::builder();
                for (number, addresses) in clusters {
                    let data_centre = DataCentre::new(*number).context("numbers are from 1 to 127")?;
                    let discovery = Discovery::fixed(addresses.clone())?;
                    builder = builder.cluster(Cluster::new(discovery).data_centre(data_centre));
                }
                Ok(WebServers::Library(builder.build().await?))
            }
        }
    }
}

impl WebServers {
    /// For one request about `session`, the one of `number`, by one of them.
    pub(super) async fn take(
        &self,
        web_server: usize,
        number: u32,
        session: Session,
        cookies: &Cookies,
    ) -> Result<Line, Trouble> {
        match self {
            Self::Stock(pools) => Ok(Line::Stock(pools[web_server].take().await?, session)),
            Self::Library(client) => Ok(Line::Library(client.visit(&session, cookies.open(number)))),
        }
    }

    /// Takes back what was answered.
    pub(super) fn give_back(&self, web_server: usize, number: u32, line: Line, cookies: &Cookies) {
        match (self, line) {
            (Self::Stock(pools), Line::Stock(connection, _)) => pools[web_server].give_back(connection),
            (_, Line::Library(visit)) => cookies.seal(number, visit.home()),
            (Self::Library(_), Line::Stock(..)) => unreachable!("it came from here"),
        }
    }

    pub(super) fn pools(&self) -> &[Pool] {
        match self {
            Self::Stock(pools) => pools,
            // It looks after its own.
            Self::Library(_) => &[],
        }
    }
}

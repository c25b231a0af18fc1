//! The messages of a hello as bytes: magic, kind, length, content.

use std::io;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Introduction, NoHello, Refusal};

/// What begins each message of a hello. Whoever sends something else is refused by its first bytes.
const MAGIC: [u8; 4] = *b"clkp";
/// The protocol that this program speaks.
const VERSION: u16 = 2;
/// Magic, kind and length.
const HEAD_BYTES: usize = 7;
/// Longest content: two names of a ring and some numbers.
const CONTENT_BYTES: usize = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Greeting {
    Hello(Hello),
    /// Another version's, of which nothing else is known.
    OtherVersion,
    Proof([u8; 32]),
    Refused(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) cluster: String,
    pub(super) name: String,
    pub(super) inc: u64,
    nonce: [u8; 32],
}

const HELLO: u8 = b'h';
const PROOF: u8 = b'p';
const REFUSED: u8 = b'r';

impl Greeting {
    pub(super) fn hello(me: &Introduction) -> Self {
        let Introduction { cluster, name, inc, nonce } = me;
        Self::Hello(Hello { cluster: cluster.to_string(), name: name.to_string(), inc: *inc, nonce: *nonce })
    }

    /// What it means to get this where something else is due.
    pub(super) fn out_of_place(self) -> NoHello {
        match self {
            Self::Refused(refusal) => NoHello::RefusedByPeer(refusal),
            Self::Hello(_) | Self::OtherVersion | Self::Proof(_) => NoHello::NotAPeer,
        }
    }

    fn encode(&self) -> Vec<u8> {
        let (kind, content) = match self {
            Self::Hello(hello) => {
                let version = VERSION.to_le_bytes().to_vec();
                (HELLO, postcard::to_extend(hello, version).expect("memory takes all"))
            }
            Self::OtherVersion => (HELLO, Vec::new()),
            Self::Proof(proof) => (PROOF, proof.to_vec()),
            Self::Refused(refusal) => (REFUSED, vec![*refusal as u8]),
        };
        let length = u16::try_from(content.len()).expect("names of a ring are short");
        let mut bytes = MAGIC.to_vec();
        bytes.push(kind);
        bytes.extend(length.to_le_bytes());
        bytes.extend(content);
        bytes
    }

    fn decode(kind: u8, content: &[u8]) -> Option<Self> {
        match kind {
            HELLO => {
                let (version, rest) = content.split_first_chunk()?;
                if u16::from_le_bytes(*version) != VERSION {
                    return Some(Self::OtherVersion);
                }
                let hello: Hello = postcard::from_bytes(rest).ok()?;
                // It is written into logs.
                let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
                (plain(&hello.cluster) && plain(&hello.name)).then_some(Self::Hello(hello))
            }
            PROOF => content.try_into().ok().map(Self::Proof),
            REFUSED => content.first().and_then(|number| Refusal::from_number(*number)).map(Self::Refused),
            _ => None,
        }
    }
}

/// Sends `greeting` and returns what was sent.
pub(super) async fn send<S: AsyncWrite + Unpin>(stream: &mut S, greeting: &Greeting) -> io::Result<Vec<u8>> {
    let bytes = greeting.encode();
    stream.write_all(&bytes).await?;
    stream.flush().await?;
    Ok(bytes)
}

/// The next greeting, and the bytes that it came as.
pub(super) async fn receive<S: AsyncRead + Unpin>(stream: &mut S) -> Result<(Greeting, Vec<u8>), NoHello> {
    let mut bytes = vec![0; HEAD_BYTES];
    // The magic first: a stranger may have sent less than a head and wait for an answer.
    stream.read_exact(&mut bytes[..MAGIC.len()]).await?;
    if bytes[..MAGIC.len()] != MAGIC {
        return Err(NoHello::NotAPeer);
    }
    stream.read_exact(&mut bytes[MAGIC.len()..]).await?;
    let content_bytes = usize::from(u16::from_le_bytes([bytes[5], bytes[6]]));
    if content_bytes > CONTENT_BYTES {
        return Err(NoHello::NotAPeer);
    }
    bytes.resize(HEAD_BYTES + content_bytes, 0);
    stream.read_exact(&mut bytes[HEAD_BYTES..]).await?;
    let greeting = Greeting::decode(bytes[4], &bytes[HEAD_BYTES..]).ok_or(NoHello::NotAPeer)?;
    Ok((greeting, bytes))
}

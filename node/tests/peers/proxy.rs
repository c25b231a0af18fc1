//! A network between two nodes that can be slow, stuck or cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Bytes that pass at a time, at most.
const STEP: usize = 16 * 1024;
/// What the kernel may hold on the way: little, so that what is held shows at the sender.
const BUFFER: u32 = 64 * 1024;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// From whoever connects to where it leads.
    pub(crate) there: Arc<Way>,
    pub(crate) back: Arc<Way>,
    cut: CancellationToken,
    _accepting: AbortOnDropHandle<()>,
}

/// One direction.
pub(crate) struct Way {
    steps: Semaphore,
    passed: AtomicU64,
}

impl Way {
    fn open() -> Arc<Self> {
        Arc::new(Self { steps: Semaphore::new(Semaphore::MAX_PERMITS / 2), passed: AtomicU64::new(0) })
    }

    /// From now on nothing passes.
    pub(crate) fn hold(&self) {
        self.steps.forget_permits(usize::MAX);
    }

    /// Lets that many steps pass, of each of as many bytes as are read at once.
    pub(crate) fn let_pass(&self, steps: usize) {
        self.steps.add_permits(steps);
    }

    /// Lets everything pass again.
    pub(crate) fn reopen(&self) {
        self.let_pass(Semaphore::MAX_PERMITS / 4);
    }

    /// Bytes that have passed.
    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::Acquire)
    }

    async fn pass(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut bytes = vec![0; STEP];
        loop {
            self.steps.acquire().await.unwrap().forget();
            let Ok(read @ 1..) = from.read(&mut bytes).await else { return };
            if to.write_all(&bytes[..read]).await.is_err() {
                return;
            }
            self.passed.fetch_add(read as u64, Ordering::AcqRel);
        }
    }
}

impl Proxy {
    /// A way to `target`.
    pub(crate) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Accepted sockets take it over.
        SockRef::from(&listener).set_recv_buffer_size(BUFFER as usize).unwrap();
        let address = listener.local_addr().unwrap();
        let (there, back, cut) = (Way::open(), Way::open(), CancellationToken::new());
        let accepting = tokio::spawn({
            let (there, back, cut) = (Arc::clone(&there), Arc::clone(&back), cut.clone());
            async move {
                loop {
                    let (near, _) = listener.accept().await.unwrap();
                    let far = TcpSocket::new_v4().unwrap();
                    far.set_recv_buffer_size(BUFFER).unwrap();
                    let Ok(far) = far.connect(target).await else { continue };
                    let ((near_out, near_in), (far_out, far_in)) = (near.into_split(), far.into_split());
                    let (there, back, cut) = (Arc::clone(&there), Arc::clone(&back), cut.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = cut.cancelled() => {}
                            () = there.pass(near_out, far_in) => {}
                            () = back.pass(far_out, near_in) => {}
                        }
                    });
                }
            }
        });
        Self { address, there, back, cut, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Cuts what is connected, for good.
    pub(crate) fn cut(&self) {
        self.cut.cancel();
    }
}

//! A stand-in for a KurrentDB server, for tests: where no such server can be had, clients are tested against its public
//! protocol.
//!
//! It keeps streams in memory, checks expected revisions, knows an append that comes twice by its ids, obeys `$maxCount`
//! and `$tb`, asks for logins, and is a node of a cluster if it is told to. What goes wrong is ordered by the test:
//! [`AppendFault`], [`ReadFault`], [`StandIn::drop_subscriptions`], [`StandIn::stop`]. It is no proof of how a real
//! server behaves: it is written from the protocol's public description, by the same people as what it tests.

mod fault;
mod node;
mod prompt;
mod serve;
mod streams;
mod tls;
mod wire;

use std::io::Result;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, watch};

pub use fault::{AppendFault, ReadFault};
pub use node::Rights;
use node::{Shared, State};
pub use streams::Record;
use tls::Tls;

/// Bytes of the largest append of a server that is not set otherwise: 1 MiB.
pub const MAX_APPEND_BYTES: usize = 1 << 20;

/// A node, on a port of its own, with a runtime of its own. It ends when it is dropped.
#[derive(Debug)]
pub struct StandIn {
    shared: Arc<Shared>,
    port: u16,
    tls: Option<Tls>,
    runtime: Option<Runtime>,
}

impl StandIn {
    /// Starts a node with nothing in it.
    ///
    /// # Errors
    /// When no port is free or no thread can be had.
    pub fn start() -> Result<Self> {
        Self::first(None)
    }

    /// Starts a node with nothing in it that speaks through TLS only, as `localhost`.
    ///
    /// # Errors
    /// Those of [`StandIn::start`], or when no certificate can be made.
    pub fn start_with_tls() -> Result<Self> {
        Self::first(Some(Tls::new()?))
    }

    fn first(tls: Option<Tls>) -> Result<Self> {
        let state = State { max_append_bytes: MAX_APPEND_BYTES, ..State::default() };
        let shared = Shared {
            state: Mutex::new(state),
            written: watch::Sender::new(0),
            drop_subscriptions: Notify::new(),
        };
        let node = Self::on(Arc::new(shared), 0, tls)?;
        node.shared.lock().members.push((node.port, true));
        Ok(node)
    }

    /// Starts another node of this one's cluster: a follower, with the same streams.
    ///
    /// # Errors
    /// Those of [`StandIn::start`].
    pub fn follower(&self) -> Result<Self> {
        let node = Self::on(Arc::clone(&self.shared), 0, self.tls.clone())?;
        self.shared.lock().members.push((node.port, false));
        Ok(node)
    }

    fn on(shared: Arc<Shared>, port: u16, tls: Option<Tls>) -> Result<Self> {
        // Bound without the runtime, so that a test may start a node from within one of its own.
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
        runtime.spawn(serve::serve(listener, Arc::clone(&shared), port, acceptor));
        Ok(Self { shared, port, tls, runtime: Some(runtime) })
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A connection string for clients.
    #[must_use]
    pub fn connection_string(&self) -> String {
        match self.tls {
            Some(_) => format!("kurrentdb://localhost:{}?tls=true", self.port),
            None => format!("kurrentdb://127.0.0.1:{}?tls=false", self.port),
        }
    }

    /// The certificate that a client must trust, as PEM; none where there is no TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| tls.certificate.as_str())
    }

    /// Makes this node the leader of its cluster, and every other one a follower.
    pub fn lead(&self) {
        for member in &mut self.shared.lock().members {
            member.1 = member.0 == self.port;
        }
    }

    /// Ends the node at once, with every connection; the streams stay.
    pub fn stop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // In a thread of its own, for the caller may be within a runtime; waited for, so that the port is free afterwards.
        let end = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(10)));
        // It has ended, whichever way.
        end.join().ok();
    }

    /// Starts the node again after [`StandIn::stop`], on the same port with the same streams.
    ///
    /// # Errors
    /// When somebody else has taken the port.
    pub fn start_again(&mut self) -> Result<()> {
        let again = Self::on(Arc::clone(&self.shared), self.port, self.tls.clone())?;
        *self = again;
        Ok(())
    }

    /// Lets somebody in, and from then on nobody else who was not let in.
    pub fn let_in(&self, login: &str, password: &str, rights: Rights) {
        self.shared.lock().users.insert(format!("{login}:{password}"), rights);
    }

    /// Takes appends of at most so many bytes from now on.
    pub fn limit_appends(&self, bytes: usize) {
        self.shared.lock().max_append_bytes = bytes;
    }

    /// Orders a fault for the `nth` append from now to a stream whose name holds `part`; 1 is the next one.
    pub fn fail_append(&self, part: &str, nth: u64, fault: AppendFault) {
        self.shared.lock().append_faults.order(part, nth, fault);
    }

    /// Orders a fault for the `nth` read from now of a stream whose name holds `part`; 1 is the next one.
    pub fn fail_read(&self, part: &str, nth: u64, fault: ReadFault) {
        self.shared.lock().read_faults.order(part, nth, fault);
    }

    /// How many faults were ordered and have not come yet.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        let state = self.shared.lock();
        state.append_faults.left() + state.read_faults.left()
    }

    /// Lets appends arrive that [`AppendFault::LandLate`] held back, in order; how many of them were written.
    pub fn land_late(&self) -> usize {
        let late = std::mem::take(&mut self.shared.lock().late);
        let before = self.shared.lock().streams.written();
        let mut landed = 0;
        let mut written = before;
        for (stream, expected, records) in late {
            self.shared.write(&stream, expected, records);
            let now = self.shared.lock().streams.written();
            landed += usize::from(now > written);
            written = now;
        }
        landed
    }

    /// Drops every subscription, as a server does that shuts down.
    pub fn drop_subscriptions(&self) {
        self.shared.drop_subscriptions.notify_waiters();
    }

    /// How many subscriptions there ever were.
    #[must_use]
    pub fn subscriptions(&self) -> u64 {
        self.shared.lock().subscriptions.len() as u64
    }

    /// The stream of each subscription that there ever was, in order.
    #[must_use]
    pub fn subscribed(&self) -> Vec<String> {
        self.shared.lock().subscriptions.clone()
    }

    /// How many appends came in, written or not.
    #[must_use]
    pub fn appends(&self) -> u64 {
        self.shared.lock().appends
    }

    /// How many reads came in.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.shared.lock().reads
    }

    /// The names of all streams that were ever named in an append, sorted.
    #[must_use]
    pub fn streams(&self) -> Vec<String> {
        self.shared.lock().streams.names()
    }

    /// The records of a stream, those too that its metadata hides.
    #[must_use]
    pub fn records(&self, stream: &str) -> Vec<Record> {
        self.shared.lock().streams.records(stream).map(|records| records.clone()).unwrap_or_default()
    }

    /// Reaches past every guard to the records of a stream, for tests of what finds tampering.
    pub fn tamper(&self, stream: &str, change: impl FnOnce(&mut Vec<Record>)) {
        if let Some(records) = self.shared.lock().streams.records(stream) {
            change(records);
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stop();
    }
}

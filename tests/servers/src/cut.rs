//! A connection that breaks at a chosen byte: between a client and a server, on a port of its own.

use std::io::{Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Which way the bytes flow that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server: what is asked.
    Asked,
    /// From the server to the client: what is answered.
    Answered,
}

/// Hands connections on to a server of this machine, and breaks them where it is told to.
#[derive(Debug)]
pub struct Cutter {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: u16,
    /// Bytes that still pass in each direction before every connection breaks; negative: no end is set.
    left: [AtomicI64; 2],
    passed: [AtomicU64; 2],
    open: Mutex<Vec<TcpStream>>,
    cuts: AtomicU64,
}

impl Cutter {
    /// Begins to hand connections on to this port of 127.0.0.1. It goes on as long as the process.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(server: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            server,
            left: [AtomicI64::new(-1), AtomicI64::new(-1)],
            passed: [AtomicU64::new(0), AtomicU64::new(0)],
            open: Mutex::default(),
            cuts: AtomicU64::new(0),
        });
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that does not answer looks like a connection that is closed at once.
                of_thread.join(client).ok();
            }
        });
        Ok(Self { port, shared })
    }

    /// The port on 127.0.0.1 to connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Lets `bytes` more pass in one direction, then breaks every connection, once: what comes in its stead is whole.
    pub fn cut_after(&self, way: Way, bytes: u32) {
        self.shared.left[way as usize].store(i64::from(bytes), Ordering::SeqCst);
    }

    /// Takes back what [`Cutter::cut_after`] has ordered and has not happened.
    pub fn leave_whole(&self) {
        self.shared.left.iter().for_each(|left| left.store(-1, Ordering::SeqCst));
    }

    /// Bytes that have passed in one direction.
    #[must_use]
    pub fn passed(&self, way: Way) -> u64 {
        self.shared.passed[way as usize].load(Ordering::SeqCst)
    }

    /// How often connections were broken.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn join(self: &Arc<Self>, client: TcpStream) -> Result<()> {
        let server = TcpStream::connect(("127.0.0.1", self.server))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(client.try_clone()?);
        open.push(server.try_clone()?);
        drop(open);
        for (way, from, to) in
            [(Way::Asked, client.try_clone()?, server.try_clone()?), (Way::Answered, server, client)]
        {
            let shared = Arc::clone(self);
            thread::spawn(move || shared.pump(way, from, to));
        }
        Ok(())
    }

    fn pump(&self, way: Way, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let Some(bytes) = buffer.get(..read) else { break };
            let left = self.left[way as usize].load(Ordering::SeqCst);
            let passes = if left < 0 { read } else { read.min(usize::try_from(left).unwrap_or(read)) };
            // Counted before they go on: who has the answer may ask at once how long it was.
            self.passed[way as usize].fetch_add(passes as u64, Ordering::SeqCst);
            let ends = left >= 0 && (passes < read || left == i64::try_from(passes).unwrap_or(i64::MAX));
            if left >= 0 && !ends {
                self.left[way as usize].fetch_sub(i64::try_from(passes).unwrap_or(0), Ordering::SeqCst);
            }
            if to.write_all(bytes.get(..passes).unwrap_or_default()).is_err() {
                break;
            }
            if ends {
                self.cut(way);
                break;
            }
        }
        // The end of one side is the end of the other.
        from.shutdown(Shutdown::Both).ok();
        to.shutdown(Shutdown::Both).ok();
    }

    fn cut(&self, way: Way) {
        self.left[way as usize].store(-1, Ordering::SeqCst);
        self.cuts.fetch_add(1, Ordering::SeqCst);
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_breaks_at_the_byte_that_was_chosen() {
        let echo = TcpListener::bind("127.0.0.1:0").unwrap();
        let cutter = Cutter::start(echo.local_addr().unwrap().port()).unwrap();
        thread::spawn(move || {
            for mut stream in echo.incoming().flatten() {
                thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
            }
        });
        let talk = || {
            let mut stream = TcpStream::connect(("127.0.0.1", cutter.port())).unwrap();
            stream.write_all(b"hello").unwrap();
            let mut heard = Vec::new();
            let mut byte = [0];
            while heard.len() < 5 && matches!(stream.read(&mut byte), Ok(1)) {
                heard.push(byte[0]);
            }
            heard
        };
        assert_eq!(talk(), b"hello");
        cutter.cut_after(Way::Answered, 3);
        assert_eq!(talk(), b"hel");
        assert_eq!(talk(), b"hello");
        cutter.cut_after(Way::Asked, 0);
        assert_eq!(talk(), b"");
        cutter.cut_after(Way::Asked, 100);
        cutter.leave_whole();
        assert_eq!(talk(), b"hello");
        assert_eq!(cutter.cuts(), 2);
        // What was heard has been counted.
        for _ in 0..200 {
            let before = cutter.passed(Way::Answered);
            assert_eq!(talk(), b"hello");
            assert_eq!(cutter.passed(Way::Answered) - before, 5);
        }
    }
}

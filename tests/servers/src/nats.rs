//! A NATS server that belongs to one test.

use std::io::{Error, Result};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is printed when there is no binary.
const NOT_RUN: &str = "not run: no NATS server; apt-get install nats-server";

/// How often another port is tried: between choosing a free one and listening on it another process may take it.
const PORTS_TRIED: u32 = 5;

/// How long the server may take to listen.
const START: Duration = Duration::from_secs(20);

/// A running server without JetStream. Its folder and its process go with the value, and with this process.
#[derive(Debug)]
pub struct Nats {
    bin: PathBuf,
    home: PathBuf,
    port: u16,
    server: Mutex<Option<Child>>,
}

impl Nats {
    /// A server with these lines of configuration; none, with a word on standard error, where there is no binary.
    ///
    /// # Errors
    /// When it does not start; with what it says.
    pub fn start(configuration: &str) -> Result<Option<Self>> {
        let Some(bin) = find().or_else(installed) else {
            eprintln!("{NOT_RUN}");
            return Ok(None);
        };
        let home = tempfile::Builder::new().prefix("annals-nats-").tempdir_in("/tmp")?.keep();
        std::fs::write(home.join("nats.conf"), configuration)?;
        let mut server = Self { bin, home, port: 0, server: Mutex::new(None) };
        let mut tried = 1;
        loop {
            server.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            match server.start_again() {
                Ok(()) => return Ok(Some(server)),
                Err(_) if tried < PORTS_TRIED => tried += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The URL, without user and password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The URL for a user.
    #[must_use]
    pub fn url_for(&self, user: &str, password: &str) -> String {
        format!("nats://{user}:{password}@127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server at once, as a crash of it would.
    pub fn stop(&self) {
        if let Some(mut child) = self.server.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(child.stdin.take());
            child.wait().ok();
        }
    }

    /// Starts the server (again) on its port.
    ///
    /// # Errors
    /// When it does not listen; with the end of its log.
    pub fn start_again(&self) -> Result<()> {
        let log = self.home.join("server.log");
        // The shell ends the server when the pipe closes, and it closes however this process ends.
        let script = "\"$1\" -c \"$2/nats.conf\" -a 127.0.0.1 -p \"$3\" -l \"$2/server.log\" & server=$!; \
                      read -r _; kill -9 $server; wait $server 2>/dev/null; true";
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script).arg("sh").arg(&self.bin).arg(&self.home).arg(self.port.to_string());
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let since = Instant::now();
        while since.elapsed() < START {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        self.stop();
        Err(Error::other(format!("nats-server: {}", std::fs::read_to_string(log).unwrap_or_default())))
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.stop();
        std::fs::remove_dir_all(&self.home).ok();
    }
}

fn installed() -> Option<PathBuf> {
    crate::debian::install("nats-server");
    find()
}

/// The binary: where Debian puts it, else on the path.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(Path::new("/usr/sbin").to_owned())
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join("nats-server"))
        .find(|bin| bin.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_comes_goes_and_comes_again() {
        let Some(server) = Nats::start("").unwrap() else { return };
        let reached = || TcpStream::connect(("127.0.0.1", server.port())).is_ok();
        assert!(reached());
        server.stop();
        assert!(!reached());
        server.start_again().unwrap();
        assert!(reached());
        let home = server.home.clone();
        drop(server);
        assert!(!home.exists());
    }
}

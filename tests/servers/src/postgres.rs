//! A PostgreSQL cluster that belongs to one test process.
//!
//! A watchdog, a shell that reads from a pipe of this process, stops the server and removes its folder when the pipe
//! closes. The pipe closes however this process ends.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::Permissions;
use std::io::{Error, Result};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What is printed when there are no binaries.
const NOT_RUN: &str = "not run: no PostgreSQL; apt-get install postgresql";

/// The password of the administrator, for connections through TCP. The socket asks for none.
const PASSWORD: &str = "only-for-tests";

/// How often another port is tried: between choosing a free one and listening on it another process may take it.
const PORTS_TRIED: u32 = 5;

/// A running cluster, with full durability. Its administrator is `postgres`.
#[derive(Debug)]
pub struct Postgres {
    bin: PathBuf,
    home: PathBuf,
    user: Option<Account>,
    port: u16,
    databases: AtomicU32,
    /// Ends the cluster when this process ends or the value is dropped.
    watchdog: Mutex<Child>,
}

/// The account under which the server runs: it refuses to run as the administrator of the machine.
#[derive(Debug, Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// The cluster that all tests of this process share; none, with a word on standard error, where there are no
    /// binaries. A server that is there but does not start is an error, and no reason to leave tests out.
    ///
    /// # Panics
    /// When the server does not start.
    #[must_use]
    #[allow(clippy::panic, reason = "a test that can not have its server fails")]
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        let start = || match Self::start(&[]) {
            Ok(started) => started,
            Err(error) => panic!("PostgreSQL is installed, but does not start: {error}"),
        };
        SHARED.get_or_init(start).as_ref()
    }

    /// A cluster of its own, with settings (`name=value`) on top; none where there are no binaries.
    ///
    /// # Errors
    /// When the cluster can not be made or does not start; with what it says.
    pub fn start(settings: &[&str]) -> Result<Option<Self>> {
        let Some(bin) = find().or_else(installed) else {
            eprintln!("{NOT_RUN}");
            return Ok(None);
        };
        let user = account();
        // Short, because a socket's path has 107 bytes at most; and not kept, because the watchdog removes it.
        let home = tempfile::Builder::new().prefix("annals-pg-").tempdir_in("/tmp")?.keep();
        if let Some(Account { uid, gid }) = user {
            chown(&home, Some(uid), Some(gid))?;
        }
        // The test's own account reaches the socket in it, too.
        std::fs::set_permissions(&home, Permissions::from_mode(0o755))?;
        let watchdog = Mutex::new(watch(&bin, &home, user)?);
        let mut cluster = Self { bin, home, user, port: 0, databases: AtomicU32::new(0), watchdog };
        cluster.create()?;
        cluster.configure(settings)?;
        let mut tried = 1;
        loop {
            cluster.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            match cluster.run_server() {
                Ok(()) => return Ok(Some(cluster)),
                Err(_) if tried < PORTS_TRIED => tried += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The URL of a database through the socket, for its administrator.
    #[must_use]
    pub fn admin_url(&self, database: &str) -> String {
        self.url("postgres", database)
    }

    /// The URL of a database through the socket, for any role.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost:{}/{database}?host={}", self.port, self.home.display())
    }

    /// The URL of a database through TCP, where the server asks for the password.
    #[must_use]
    pub fn tcp_url(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// The administrator's password, which TCP connections need.
    #[must_use]
    pub const fn admin_password(&self) -> &'static str {
        PASSWORD
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Makes a database that no other test uses, empty or a copy of another one; its name.
    ///
    /// # Errors
    /// With what the server says.
    pub fn create_database(&self, template: Option<&str>) -> Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let template = template.unwrap_or("template1");
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
        Ok(name)
    }

    /// Runs SQL as the administrator; what it answers, without headings.
    ///
    /// # Errors
    /// With what the server says.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        self.sql_as("postgres", database, sql)
    }

    /// Runs SQL as a role; what it answers, without headings.
    ///
    /// # Errors
    /// With what the server says.
    pub fn sql_as(&self, role: &str, database: &str, sql: &str) -> Result<String> {
        let url = self.url(role, database);
        let psql = Command::new(self.bin.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, &url])
            .stdin(Stdio::null())
            .output()?;
        said(&psql)
    }

    /// Stops the server at once, as a crash of it would: the next start recovers from its write-ahead log.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop_immediately(&self) -> Result<()> {
        said(&self.pg_ctl(&["stop", "-m", "immediate"]).output()?).map(|_| ())
    }

    /// Starts the server again on its port.
    ///
    /// # Errors
    /// When it does not start; with the end of its log.
    pub fn start_again(&self) -> Result<()> {
        self.run_server()
    }

    fn run_server(&self) -> Result<()> {
        let options = format!("-p {} -k {}", self.port, self.home.display());
        let log = self.home.join("server.log");
        let mut start = self.pg_ctl(&["start", "-t", "60", "-o", &options]);
        start.arg("-l").arg(&log);
        // Not `output`: the server would keep the pipe open.
        let status = start.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() {
            return Ok(());
        }
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let from = text.len().saturating_sub(2000);
        Err(Error::other(format!("pg_ctl start: {status}\n{}", text.get(from..).unwrap_or(&text))))
    }

    fn create(&self) -> Result<()> {
        let password = self.home.join("password");
        std::fs::write(&password, PASSWORD)?;
        let mut initdb = self.command("initdb");
        initdb.arg("-D").arg(self.data()).args(["-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"]);
        initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256"]).arg("--pwfile").arg(&password);
        said(&initdb.output()?).map(|_| ())
    }

    fn configure(&self, settings: &[&str]) -> Result<()> {
        let mut text = "listen_addresses = '127.0.0.1'\nmax_connections = 200\nfsync = on\n\
                        synchronous_commit = on\nfull_page_writes = on\nshared_buffers = 128MB\n\
                        max_wal_size = 1GB\n"
            .to_owned();
        for setting in settings {
            // Writing to a String can not fail.
            writeln!(text, "{setting}").ok();
        }
        let file = self.data().join("postgresql.auto.conf");
        std::fs::write(&file, text)
    }

    /// One of PostgreSQL's own programs, of the version that the server has.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// The cluster's data directory, for tests that look at the bytes in it. What is in memory only is not there before a
    /// `CHECKPOINT`.
    #[must_use]
    pub fn data_directory(&self) -> PathBuf {
        self.data()
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("pg_ctl");
        command.args(arguments).arg("-w").arg("-D").arg(self.data());
        command
    }

    fn command(&self, program: &str) -> Command {
        as_account(&self.bin.join(program), self.user, &self.home)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut watchdog = self.watchdog.lock().unwrap_or_else(PoisonError::into_inner);
        drop(watchdog.stdin.take());
        // It ends when the cluster is gone.
        watchdog.wait().ok();
    }
}

/// Starts the watchdog. In a process group of its own, so that an interrupt of the tests does not end it first.
fn watch(bin: &Path, home: &Path, user: Option<Account>) -> Result<Child> {
    let script = "read -r _; \"$1\" stop -m immediate -D \"$2/data\" >/dev/null 2>&1; rm -rf \"$2\"";
    let mut command = as_account(Path::new("/bin/sh"), user, home);
    command.arg("-c").arg(script).arg("sh").arg(bin.join("pg_ctl")).arg(home);
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

/// A command under the server's account, in a folder that it may enter.
fn as_account(program: &Path, user: Option<Account>, home: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some(Account { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command.current_dir(home).env_remove("PGDATA").env_remove("PGPORT").env("LC_ALL", "C");
    command
}

/// The account for the server: none where this process is not the administrator's, for then its own will do.
fn account() -> Option<Account> {
    let own = std::fs::metadata("/proc/self").ok()?;
    if std::os::unix::fs::MetadataExt::uid(&own) != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].iter().find_map(|name| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse::<u32>);
        Some(Account { uid: numbers.next()?.ok()?, gid: numbers.next()?.ok()? })
    })
}

fn installed() -> Option<PathBuf> {
    crate::debian::install("postgresql");
    find()
}

/// The folder of the binaries: the newest of Debian's, else wherever `initdb` lies on the path.
fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    found.sort();
    let debian = found.into_iter().rev().map(|(_, bin)| bin);
    let path: Option<OsString> = std::env::var_os("PATH");
    let on_path: Vec<PathBuf> =
        path.as_deref().map(OsStr::new).map(|p| std::env::split_paths(p).collect()).unwrap_or_default();
    let whole =
        |bin: &PathBuf| ["initdb", "pg_ctl", "psql", "postgres"].iter().all(|name| bin.join(name).is_file());
    debian.chain(on_path).find(whole)
}

fn said(output: &Output) -> Result<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(Error::other(format!("{}: {} {}", output.status, text(&output.stderr), text(&output.stdout))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_comes_answers_and_goes() {
        let Some(cluster) = Postgres::start(&["work_mem = 7MB"]).unwrap() else { return };
        assert_eq!(cluster.sql("postgres", "SELECT 6 * 7").unwrap(), "42");
        for (setting, value) in [("fsync", "on"), ("synchronous_commit", "on"), ("work_mem", "7MB")] {
            assert_eq!(cluster.sql("postgres", &format!("SHOW {setting}")).unwrap(), value);
        }
        let (one, two) = (cluster.create_database(None).unwrap(), cluster.create_database(None).unwrap());
        assert_ne!(one, two);
        cluster.sql(&one, "CREATE TABLE kept (x int); INSERT INTO kept VALUES (1)").unwrap();
        cluster.stop_immediately().unwrap();
        assert!(cluster.sql(&one, "SELECT 1").is_err());
        cluster.start_again().unwrap();
        assert_eq!(cluster.sql(&one, "SELECT x FROM kept").unwrap(), "1");
        let home = cluster.home.clone();
        drop(cluster);
        assert!(!home.exists(), "{} is still there", home.display());
    }
}

//! The settings: flag before environment before file before default, one rule for all of them.
//!
//! The file is `annals.toml` in the data directory. A variable `ANNALS_X` may be given as `ANNALS_X_FILE`, the path of a
//! file that holds the value, so that a password stands in no list of processes.

mod discord;
mod known;
mod roles;
pub(crate) mod twitch;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use replay_tool::approval::Policy;

pub(crate) use self::discord::{Discord, Interactions, not_set};
pub(crate) use self::known::{KNOWN, Known};
pub(crate) use self::roles::{Roles, Serving};
pub(crate) use self::twitch::Twitch;
use crate::context::{Data, Failure};
use crate::engine::{LogLimits, LogPlace};

/// What stands above the settings in their file.
const HEAD: &str = "# Settings of this data directory; see: annals config show\n";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Flag,
    Environment(String),
    File,
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => f.write_str(name),
            Self::File => f.write_str("annals.toml"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The file of a data directory, or a database on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Its own file.
    Sqlite,
    /// A database, by its URL.
    Postgres(String),
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "sqlite" {
            return Ok(Self::Sqlite);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err("give sqlite, or postgres://user@host:5432/database".to_owned())
    }
}

/// Every setting, with its value and where that comes from.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    values: BTreeMap<&'static str, (String, Source)>,
    /// The record.
    pub(crate) log: LogPlace,
    /// Boards and histories.
    pub(crate) read_models: Place,
    /// Names and tokens.
    pub(crate) vault: Place,
    /// The bus; none where there is one node.
    pub(crate) bus: Option<String>,
    /// The first word of the bus' subjects.
    pub(crate) cluster: String,
    /// This node's name.
    pub(crate) node: String,
    /// What this process does.
    pub(crate) role: Roles,
    /// Where the HTTP face listens.
    pub(crate) listen: SocketAddr,
    /// Where the server's keys lie.
    pub(crate) keys: PathBuf,
    /// How long a node may be silent.
    pub(crate) lease: Duration,
    /// How a PostgreSQL server is used.
    pub(crate) limits: event_store::postgres::Limits,
    /// The largest append that a KurrentDB server takes, in bytes.
    pub(crate) append_bytes_max: usize,
    /// What a rollback needs.
    pub(crate) approval: Policy,
    /// The application at Discord.
    pub(crate) discord: Discord,
    /// The bot on Twitch.
    pub(crate) twitch: Twitch,
    /// The address under which people reach the dashboard, without a slash at its end.
    pub(crate) public_url: Option<String>,
}

/// What the command line says, by the settings' names.
pub(crate) type Flags = BTreeMap<&'static str, String>;

impl Settings {
    /// The settings of a data directory.
    pub(crate) fn load(data: &Data) -> Result<Self, Failure> {
        let file = read_file(&data.settings_file())?;
        let mut values = BTreeMap::new();
        for known in KNOWN {
            let value = match (data.flags().get(known.name), environment(known.name)?) {
                (Some(flag), _) => (flag.clone(), Source::Flag),
                (None, Some((variable, value))) => (value, Source::Environment(variable)),
                (None, None) => match file.get(known.name) {
                    Some(value) => (value.clone(), Source::File),
                    None => (known.default.to_owned(), Source::Default),
                },
            };
            values.insert(known.name, value);
        }
        Self::of(data, values)
    }

    fn of(data: &Data, values: BTreeMap<&'static str, (String, Source)>) -> Result<Self, Failure> {
        let read = Values(&values);
        let log = match read.text("log") {
            "sqlite" => LogPlace::File(data.log()),
            // A word without a scheme is a slip, and would make a file of that name.
            url if url.contains("://") => url.parse().map_err(|e: String| read.bad("log", &e))?,
            _ => return Err(read.bad("log", &"this names no place for a log")),
        };
        let bus = match read.text("bus") {
            "none" | "" => None,
            urls if urls.split(',').all(is_of_nats) => Some(urls.to_owned()),
            _ => return Err(read.bad("bus", &"this is no address of a NATS server")),
        };
        let keys = match read.text("keys") {
            "" => data.dir().to_owned(),
            dir => PathBuf::from(dir),
        };
        let node = match read.text("node") {
            "" if bus.is_some() => host_name(),
            "" => "n1".to_owned(),
            name => name.to_owned(),
        };
        let role: Roles = read.parse("role")?;
        if bus.is_none()
            && !role.command
            && (role.api || role.discord == Serving::Yes || role.twitch == Serving::Yes)
        {
            return Err(
                read.bad("role", &"without a bus nobody would hold the worlds: add command, or set bus")
            );
        }
        Ok(Self {
            log,
            read_models: read.parse("read_models")?,
            vault: read.parse("vault")?,
            bus,
            cluster: read.text("cluster").to_owned(),
            node,
            role,
            listen: read.parse("listen")?,
            keys,
            lease: read.ms("lease_ms", 2_000, 60_000)?,
            limits: event_store::postgres::Limits {
                readers: read.number("pool_connections", 1, 200)? as u32,
                connect: read.ms("connect_ms", 100, 60_000)?,
                append: read.ms("append_ms", 1_000, 300_000)?,
                slow: read.ms("slow_query_ms", 1, 3_600_000)?,
                ..event_store::postgres::Limits::default()
            },
            append_bytes_max: read.number("append_bytes_max", 1 << 16, 16 << 20)? as usize,
            approval: read.parse("approval")?,
            discord: Discord::of(&read)?,
            twitch: Twitch::of(&read)?,
            public_url: read.address("public_url")?.map(|url| url.trim_end_matches('/').to_owned()),
            values,
        })
    }

    /// How the log's server is used.
    pub(crate) const fn log_limits(&self) -> LogLimits {
        LogLimits { server: self.limits, append_bytes_max: self.append_bytes_max }
    }

    /// Every setting with its value as people may see it, and where it comes from.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&'static Known, String, &Source)> {
        KNOWN.iter().filter_map(|known| {
            let (value, source) = self.values.get(known.name)?;
            let value = match known.name {
                "node" => self.node.clone(),
                "keys" => self.keys.display().to_string(),
                _ => known.shown(value),
            };
            Some((known, value, source))
        })
    }

    /// Has a failure say which setting names the place that could not be used, where one does.
    pub(crate) fn naming(&self, name: &'static str) -> impl Fn(Failure) -> Failure + '_ {
        move |failure| match self.values.get(name) {
            Some((_, source)) if *source != Source::Default => Failure {
                text: format!("{} The setting is {name} (from {source}).", failure.text),
                ..failure
            },
            Some(_) | None => failure,
        }
    }

    /// Keeps one setting in the file, after having looked whether it can be used.
    pub(crate) fn set(data: &Data, name: &str, value: &str) -> Result<&'static Known, Failure> {
        let Some(known) = KNOWN.iter().find(|known| known.name == name) else {
            let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
            return Err(Failure::usage(format!(
                "there is no setting {name}; there are: {}",
                names.join(", ")
            )));
        };
        let mut file = read_file(&data.settings_file())?;
        file.insert(known.name.to_owned(), value.to_owned());
        let defaults = KNOWN.iter().map(|known| {
            let value = file.get(known.name).cloned().unwrap_or_else(|| known.default.to_owned());
            (known.name, (value, Source::File))
        });
        Self::of(data, defaults.collect()).map_err(|failure| Failure::usage(failure.text))?;
        let text = toml::to_string(&file).map_err(|e| bad_file(&data.settings_file(), &e.to_string()))?;
        crate::context::write_whole(&data.settings_file(), format!("{HEAD}{text}").as_bytes())?;
        Ok(known)
    }
}

/// Values on their way to their types.
struct Values<'a>(&'a BTreeMap<&'static str, (String, Source)>);

impl Values<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |(value, _)| value.as_str())
    }

    /// That a value is none, where it stands, and what it may be. The value itself may hold a password.
    fn bad(&self, name: &str, problem: &dyn std::fmt::Display) -> Failure {
        let source = self.0.get(name).map_or(String::new(), |(_, source)| format!(" (from {source})"));
        let text = KNOWN.iter().find(|known| known.name == name).map_or("", |known| known.text);
        Failure::new("BAD_SETTINGS", format!("the setting {name}{source}: {problem}. It may be: {text}"))
    }

    /// An address of the web, as it was given; none where nothing is set.
    fn address(&self, name: &str) -> Result<Option<String>, Failure> {
        let text = self.text(name).trim();
        let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        match (text, host) {
            ("", _) => Ok(None),
            (_, Some(host))
                if !host.starts_with('/')
                    && !host.is_empty()
                    && text.bytes().all(|b| b.is_ascii_graphic()) =>
            {
                Ok(Some(text.to_owned()))
            }
            _ => Err(self.bad(name, &"this is no address")),
        }
    }

    fn parse<T: std::str::FromStr>(&self, name: &str) -> Result<T, Failure>
    where
        T::Err: std::fmt::Display,
    {
        self.text(name).parse().map_err(|e: T::Err| self.bad(name, &e))
    }

    fn number(&self, name: &str, least: u64, most: u64) -> Result<u64, Failure> {
        let number: u64 = self.parse(name)?;
        if (least..=most).contains(&number) {
            return Ok(number);
        }
        Err(self.bad(name, &format!("{number} is not within {least} to {most}")))
    }

    fn ms(&self, name: &str, least: u64, most: u64) -> Result<Duration, Failure> {
        self.number(name, least, most).map(Duration::from_millis)
    }
}

/// The value of a setting in the environment, and the variable that gives it.
fn environment(name: &str) -> Result<Option<(String, String)>, Failure> {
    let variable = format!("ANNALS_{}", name.to_uppercase());
    let file = format!("{variable}_FILE");
    match (std::env::var(&variable).ok(), std::env::var_os(&file)) {
        (Some(_), Some(_)) => {
            Err(Failure::new("BAD_SETTINGS", format!("{variable} and {file} are both set: give one of them")))
        }
        (Some(value), None) => Ok(Some((variable, value))),
        (None, Some(path)) => {
            let path = PathBuf::from(path);
            let text = std::fs::read_to_string(&path).map_err(|e| {
                Failure::new("BAD_SETTINGS", format!("{file}: {} can not be read: {e}", path.display()))
            })?;
            Ok(Some((file, text.trim_end().to_owned())))
        }
        (None, None) => Ok(None),
    }
}

/// The settings in a file, as text; none where there is no file.
fn read_file(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(e) => return Err(bad_file(path, &e.to_string())),
    };
    let table: toml::Table = toml::from_str(&text).map_err(|e| bad_file(path, &unread(&text, &e)))?;
    let mut found = BTreeMap::new();
    for (name, value) in table {
        if !KNOWN.iter().any(|known| known.name == name) {
            let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
            return Err(bad_file(
                path,
                &format!("there is no setting {name}; there are: {}", names.join(", ")),
            ));
        }
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(_)
            | toml::Value::Float(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => {
                return Err(bad_file(path, &format!("{name} must be a text or a whole number")));
            }
        };
        found.insert(name, value);
    }
    Ok(found)
}

/// Where a file is no TOML and why, without what stands there: that may be a password.
fn unread(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("line {line}: {}", error.message())
}

fn bad_file(path: &Path, problem: &str) -> Failure {
    Failure::new("BAD_SETTINGS", format!("{}: {}", path.display(), problem.trim_end()))
}

/// A URL, or several by commas, as they may be shown.
pub(crate) fn without_password(text: &str) -> String {
    let mut shown = String::new();
    // A password may hold a comma; the next URL begins where there is a scheme, too.
    for (n, part) in text.split("://").enumerate() {
        if n == 0 {
            shown.push_str(part);
            continue;
        }
        shown.push_str("://");
        shown.push_str(&hidden(part));
    }
    shown
}

/// What follows `://`, up to the next scheme at its end, with its passwords hidden.
fn hidden(rest: &str) -> String {
    let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
    let place = match before.rsplit_once('@') {
        Some((who, place)) => match who.split_once(':') {
            Some((user, _)) => format!("{user}:***@{place}"),
            None => before.to_owned(),
        },
        None => before.to_owned(),
    };
    let Some(query) = query else { return place };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.to_lowercase().contains("pass") => format!("{name}=***"),
            Some(_) | None => pair.to_owned(),
        })
        .collect();
    format!("{place}?{}", pairs.join("&"))
}

/// Whether a text is the URL of a NATS server.
fn is_of_nats(text: &str) -> bool {
    ["nats://", "tls://"].iter().any(|scheme| text.trim().starts_with(scheme))
}

/// The host's name as a node's: small letters, digits and dashes.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let clean: String = name
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(48)
        .collect();
    let clean = clean.trim_matches('-').to_owned();
    if clean.is_empty() { "n1".to_owned() } else { clean }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

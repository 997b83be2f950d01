//! The scripts of the deployment, and the bus, as they run.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use deploy::{compose, root, yaml};

fn secrets_made_in(folder: &Path) -> BTreeMap<String, (u32, String)> {
    // The script works from its own place, so that it can be called from anywhere.
    let script = folder.join("deploy/make-secrets.sh");
    std::fs::create_dir_all(folder.join("deploy")).unwrap();
    std::fs::copy(root().join("deploy/make-secrets.sh"), &script).unwrap();
    let made = Command::new("bash").arg(&script).current_dir("/").output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let entries = std::fs::read_dir(folder.join("secrets")).unwrap().map(Result::unwrap);
    let read = |entry: std::fs::DirEntry| {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let told = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(text.is_empty() || !told.contains(&text), "a secret was printed");
        (entry.file_name().into_string().unwrap(), (mode, text))
    };
    entries.map(read).collect()
}

#[test]
fn secrets_are_made_once_and_are_those_that_the_compose_file_reads() {
    let dir = tempfile::tempdir().unwrap();
    let first = secrets_made_in(dir.path());
    assert!(first.values().all(|(mode, _)| *mode == 0o600), "others can read them");
    // One of them only Discord can give: there is a place for it.
    const OF_DISCORD: [&str; 2] = ["discord_token", "discord_client_secret"];
    for name in OF_DISCORD {
        assert_eq!(first[name].1, "");
    }
    let made = || first.iter().filter(|(name, _)| !OF_DISCORD.contains(&name.as_str()));
    assert!(made().all(|(_, (_, text))| text.len() >= 65), "they can be guessed");
    let folder = dir.path().join("secrets").metadata().unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    assert_eq!(secrets_made_in(dir.path()), first, "a second run changes nothing");
    let other = tempfile::tempdir().unwrap();
    let second = secrets_made_in(other.path());
    assert!(made().all(|(name, secret)| second[name] != *secret), "two installations share a secret");
    let found = yaml(&std::fs::read_to_string(root().join("compose.yaml")).unwrap()).unwrap();
    let read = compose::list(&found["secrets"]);
    assert_eq!(first.keys().cloned().collect::<Vec<_>>(), {
        let mut sorted = read;
        sorted.sort();
        sorted
    });
    // One that was deleted is made anew, and the others stay.
    std::fs::remove_file(dir.path().join("secrets/grafana_password")).unwrap();
    let third = secrets_made_in(dir.path());
    let changed: Vec<&String> =
        first.iter().filter(|(name, secret)| third[*name] != **secret).map(|(n, _)| n).collect();
    assert_eq!(changed, ["grafana_password"]);
}

/// Asks the health check of a container about a server that answers so.
fn healthy(answer: &'static str) -> Output {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (mut client, _) = server.accept().unwrap();
        let mut request = String::new();
        let mut lines = BufReader::new(client.try_clone().unwrap());
        while !request.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut request).unwrap() > 0, "{request}");
        }
        client.write_all(answer.as_bytes()).unwrap();
        request
    });
    let asked = check(port);
    assert!(serving.join().unwrap().starts_with("GET /readyz HTTP/1."));
    asked
}

fn check(port: u16) -> Output {
    let mut check = Command::new("bash");
    check.arg(root().join("deploy/healthy.sh")).env("ANNALS_LISTEN", format!("0.0.0.0:{port}"));
    check.output().unwrap()
}

#[test]
fn a_container_is_healthy_when_its_server_is_ready() {
    assert!(healthy("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nready\n").status.success());
    let loading = healthy("HTTP/1.1 503 Service Unavailable\r\n\r\nloading worlds\n");
    assert!(!loading.status.success());
    assert!(String::from_utf8_lossy(&loading.stderr).contains("loading worlds"), "it says why");
    assert!(!healthy("").status.success());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(!check(free).status.success(), "nobody listens");
}

/// A bus with the configuration, the command and the secrets that are deployed.
struct Bus {
    process: Child,
    port: u16,
    node: String,
    reader: String,
}

impl Bus {
    /// None, with a word on standard error, where there is no nats-server.
    fn start(folder: &Path) -> Option<Self> {
        // Debian puts it where only the administrator's path leads.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let there = std::env::split_paths(&path).any(|folder| folder.join("nats-server").is_file());
        if !there {
            eprintln!("not run: no nats-server; apt-get install nats-server");
            return None;
        }
        let secrets = secrets_made_in(folder);
        let found = yaml(&std::fs::read_to_string(root().join("compose.yaml")).unwrap()).unwrap();
        let service = &found["services"]["nats"];
        assert_eq!(service["entrypoint"], serde_json::json!(["/bin/sh", "-c"]));
        let configuration = root().join("deploy/nats.conf");
        // What docker compose makes of it, at the places where its files are here.
        let command = service["command"][0].as_str().unwrap().replace("$$", "$");
        let command = command.replace("/run/secrets", &folder.join("secrets").to_string_lossy());
        let command = command.replace("/etc/nats/nats.conf", &configuration.to_string_lossy());
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (port, monitor) = (free(), free());
        let process = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("{command} --addr 127.0.0.1 --port {port} --http_port {monitor}"))
            .env("PATH", path)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let secret = |name: &str| secrets[name].1.clone();
        Some(Self {
            process,
            port,
            node: secret("nats_node_password"),
            reader: secret("nats_reader_password"),
        })
    }

    fn connect(&self, user: &str, password: &str) -> Client {
        let deadline = Instant::now() + Duration::from_secs(20);
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            std::thread::yield_now();
        };
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut client = Client { lines: BufReader::new(stream.try_clone().unwrap()), stream };
        assert!(client.line().starts_with("INFO "));
        let login = format!(
            "CONNECT {{\"verbose\":false,\"user\":\"{user}\",\"pass\":\"{password}\",\"lang\":\"test\",\"version\":\"1\"}}"
        );
        client.say(&login);
        client
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The protocol of NATS is lines.
struct Client {
    lines: BufReader<TcpStream>,
    stream: TcpStream,
}

impl Client {
    fn say(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What the server says until it has done all that it was told.
    fn settle(&mut self) -> Vec<String> {
        self.say("PING");
        self.said_until("PONG")
    }

    /// What the server says before it hangs up. Nothing is sent meanwhile, or the end would be cut off.
    fn last_words(&mut self) -> Vec<String> {
        self.said_until("")
    }

    fn said_until(&mut self, end: &str) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let line = self.line();
            if line == end {
                return said;
            }
            assert!(!line.is_empty(), "the server has hung up: {said:?}");
            said.push(line);
        }
    }

    fn publish(&mut self, subject: &str) -> Vec<String> {
        self.say(&format!("PUB {subject} 2\r\nhi"));
        self.settle()
    }

    fn subscribe(&mut self, subject: &str) -> Vec<String> {
        self.say(&format!("SUB {subject} 1"));
        self.settle()
    }
}

fn refused(said: &[String]) -> bool {
    said.iter().any(|line| line.starts_with("-ERR 'Permissions Violation"))
}

#[test]
fn on_the_bus_nodes_talk_and_readers_listen_to_commits() {
    let dir = tempfile::tempdir().unwrap();
    let Some(bus) = Bus::start(dir.path()) else { return };
    for (user, password) in [("node", bus.reader.as_str()), ("node", ""), ("", ""), ("guest", "guest")] {
        let said = bus.connect(user, password).last_words();
        assert!(said.iter().any(|line| line.contains("Authorization Violation")), "{user}: {said:?}");
    }
    let mut node = bus.connect("node", &bus.node);
    for subject in ["annals.world.w.command", "annals.open", "annals.node.node1", "_INBOX.x.1"] {
        assert_eq!(node.publish(subject), [""; 0], "{subject}");
        assert_eq!(node.subscribe(subject), [""; 0], "{subject}");
    }
    for subject in ["other.world.w.command", "$SYS.REQ.SERVER.PING", "annals"] {
        assert!(refused(&node.publish(subject)), "{subject}");
    }
    let mut reader = bus.connect("reader", &bus.reader);
    for subject in ["annals.world.*.commits", "annals.world.w.commits", "annals.eu.world.w.commits"] {
        assert_eq!(reader.subscribe(subject), [""; 0], "{subject}");
    }
    for subject in ["annals.>", ">", "annals.world.w.command", "annals.world.*.*", "annals.nodes", "_INBOX.>"]
    {
        assert!(refused(&reader.subscribe(subject)), "{subject}");
    }
    for subject in ["annals.world.w.commits", "annals.world.w.command", "_INBOX.x.1", "x"] {
        assert!(refused(&reader.publish(subject)), "{subject}");
    }
    // What a node tells, a reader hears.
    let mut listener = bus.connect("reader", &bus.reader);
    assert_eq!(listener.subscribe("annals.world.*.commits"), [""; 0]);
    node.publish("annals.world.w.commits");
    assert!(listener.settle().contains(&"MSG annals.world.w.commits 1 2".to_owned()));
    // A megabyte is the end.
    node.say(&format!("PUB annals.open {}", 1 << 21));
    assert!(node.last_words().iter().any(|line| line.contains("Maximum Payload Violation")));
}

//! A stand-in for Twitch's chat: it takes logins, keeps what is said in its channel, lets others speak there, and does on a
//! switch what the real one does now and then.
//!
//! It speaks without TLS and blocks its callers, so that any test can use it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long [`Chat::until`] waits before it gives up.
const AWAITED: Duration = Duration::from_secs(60);

/// What the chat does wrong.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// It answers no login.
    pub mute: bool,
    /// It hears what is said, and does not say so.
    pub deaf: bool,
    /// It hangs up instead of hearing the next message.
    pub drops_next: bool,
    /// It refuses the next message, with this id.
    pub refuses_next: Option<String>,
    /// It sends garbage, and a line that does not end, to whoever comes in.
    pub garbage: bool,
}

#[derive(Default)]
struct Inside {
    faults: Faults,
    /// Every message in the channel, in order.
    said: Vec<String>,
    /// How often somebody logged in, and how often in vain.
    logins: usize,
    refused: usize,
    /// How often somebody asked whether anybody is there.
    pings: usize,
    open: Vec<Arc<Line>>,
}

/// The way out of one connection. Whole lines go through it one at a time, whoever writes them: what somebody says in the
/// channel never falls into the middle of an answer.
struct Line(Mutex<TcpStream>);

impl Line {
    fn tell(&self, line: &str) -> std::io::Result<()> {
        self.write(format!("{line}\r\n").as_bytes())
    }

    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(bytes)
    }

    fn hang_up(&self) -> std::io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).shutdown(Shutdown::Both)
    }
}

struct Shared {
    token: String,
    inside: Mutex<Inside>,
    changed: Condvar,
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The chat. It ends with this.
pub struct Chat {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Chat {
    /// Starts one on a free port of this machine, which takes this token and no other.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start(token: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared =
            Arc::new(Shared { token: token.to_owned(), inside: Mutex::default(), changed: Condvar::new() });
        let served = Arc::downgrade(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(shared) = served.upgrade() else { return };
                std::thread::spawn(move || drop(serve(&shared, stream)));
            }
        });
        Ok(Self { address, shared })
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets what it does wrong from now on.
    pub fn set(&self, faults: Faults) {
        self.shared.inside().faults = faults;
    }

    /// Everything that was said in the channel.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.shared.inside().said.clone()
    }

    /// How often somebody logged in.
    #[must_use]
    pub fn logins(&self) -> usize {
        self.shared.inside().logins
    }

    /// How often a login was refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.shared.inside().refused
    }

    /// How often somebody asked whether anybody is there, without having said anything.
    #[must_use]
    pub fn pings(&self) -> usize {
        self.shared.inside().pings
    }

    /// Waits until this is so; false when it has not become so for a long time.
    #[must_use]
    pub fn until(&self, so: impl Fn(&Self) -> bool) -> bool {
        let end = Instant::now() + AWAITED;
        loop {
            if so(self) {
                return true;
            }
            let inside = self.shared.inside();
            let (_inside, waited) = self
                .shared
                .changed
                .wait_timeout(inside, Duration::from_millis(100))
                .unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() && Instant::now() > end {
                return so(self);
            }
        }
    }

    /// Waits for a message with this in it, and gives it.
    #[must_use]
    pub fn heard(&self, part: &str) -> Option<String> {
        let found = |chat: &Self| chat.said().into_iter().find(|said| said.contains(part));
        self.until(|chat| found(chat).is_some()).then(|| found(self)).flatten()
    }

    /// Sends a line to everybody.
    pub fn send(&self, line: &str) {
        for open in &self.shared.inside().open {
            let _ = open.tell(line);
        }
    }

    /// Somebody else says something in the channel.
    pub fn say(&self, login: &str, id: &str, channel: &str, text: &str) {
        self.send(&format!(
            "@badges=;display-name={login};user-id={id} :{login}!{login}@{login}.tmi.twitch.tv PRIVMSG #{channel} :{text}"
        ));
    }

    /// Breaks every connection.
    pub fn drop_all(&self) {
        for open in self.shared.inside().open.drain(..) {
            let _ = open.hang_up();
        }
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        self.drop_all();
    }
}

/// Serves one connection to its end.
fn serve(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    let out = Arc::new(Line(Mutex::new(stream.try_clone()?)));
    let (mut nick, mut pass, mut joined) = (String::new(), String::new(), false);
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let faults = shared.inside().faults.clone();
        match word {
            "PASS" => pass = rest.to_owned(),
            "NICK" => {
                nick = rest.to_owned();
                if faults.mute {
                    continue;
                }
                if pass != format!("oauth:{}", shared.token) {
                    shared.inside().refused += 1;
                    shared.changed.notify_all();
                    out.tell(":tmi.twitch.tv NOTICE * :Login authentication failed")?;
                    return out.hang_up();
                }
                out.tell(&format!(":tmi.twitch.tv 001 {nick} :Welcome, GLHF!"))?;
            }
            "CAP" => out.tell(&format!(":tmi.twitch.tv CAP * ACK {rest}"))?,
            "JOIN" if !nick.is_empty() => {
                if faults.garbage {
                    out.write(b"\xff\xfe\x00\r\n@@@ ;;; :\r\n:\r\n\r\n")?;
                    out.write(&[b'x'; 50_000])?;
                    out.write(b"\r\n")?;
                }
                out.tell(&format!(":{nick}!{nick}@{nick}.tmi.twitch.tv JOIN {rest}"))?;
                out.tell(&format!(":{nick}.tmi.twitch.tv 366 {nick} {rest} :End of /NAMES list"))?;
                joined = true;
                let mut inside = shared.inside();
                inside.logins += 1;
                inside.open.push(Arc::clone(&out));
                drop(inside);
                shared.changed.notify_all();
            }
            "PRIVMSG" if joined => {
                let mut inside = shared.inside();
                if std::mem::take(&mut inside.faults.drops_next) {
                    drop(inside);
                    return out.hang_up();
                }
                if let Some(id) = inside.faults.refuses_next.take() {
                    drop(inside);
                    out.tell(&format!("@msg-id={id} :tmi.twitch.tv NOTICE #c :Your message was not sent."))?;
                    continue;
                }
                let text = rest.split_once(" :").map_or(rest, |(_, text)| text);
                inside.said.push(text.to_owned());
                drop(inside);
                shared.changed.notify_all();
            }
            "PING" => {
                if !rest.contains("said-") {
                    shared.inside().pings += 1;
                    shared.changed.notify_all();
                }
                if !faults.deaf {
                    out.tell(&format!(":tmi.twitch.tv PONG tmi.twitch.tv {rest}"))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

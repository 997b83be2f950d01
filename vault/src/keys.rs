//! The server's own keys, each in a file that only its owner may read.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::{SigningKey, VerifyingKey};
use schemas::{WorldId, hex32};

use crate::crypt;
use crate::error::KeyError;

/// Thirty-two secret bytes. They are never printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes the bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes. Name what you do with them where you call this.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The server's keys.
///
/// | file | what for | when it is lost |
/// | --- | --- | --- |
/// | `signing.key` | Ed25519: checkpoints, archives | new checkpoints name a new key; old ones stay good |
/// | `sealing.key` | season secrets in opening envelopes | open seasons can not be revealed or proven in depth |
/// | `vault.key` | wraps every player's key | every name and sealed text is gone |
/// | `tag.key` | equality tags, finding identities | nobody is recognised again |
///
/// Two people should hold copies of the last two.
#[derive(Clone)]
pub struct ServerKeys {
    signing: SigningKey,
    sealing: Secret,
    pub(crate) wrapping: Secret,
    pub(crate) tagging: Secret,
}

impl fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKeys(..)")
    }
}

/// What a sealed season secret is, among everything that is sealed.
const SEASON_SECRET: &str = "annals-season-secret-v1";

impl ServerKeys {
    /// Reads the keys in `DIR/keys/`, where `data` is `DIR`; makes those that are not there, readable by their owner
    /// alone and on disk when this returns.
    ///
    /// # Errors
    /// [`KeyError`]; among them that others can read a key.
    pub fn load_or_create(data: &Path) -> Result<Self, KeyError> {
        let directory = data.join("keys");
        make_directory(&directory)?;
        let key = |name: &str| key_file(&directory.join(name));
        Ok(Self {
            signing: SigningKey::from_bytes(key("signing.key")?.expose()),
            sealing: key("sealing.key")?,
            wrapping: key("vault.key")?,
            tagging: key("tag.key")?,
        })
    }

    /// Keys that stand in no file, for worlds held in memory and for tests.
    ///
    /// # Errors
    /// [`KeyError::NoRandom`].
    pub fn ephemeral() -> Result<Self, KeyError> {
        let key = || crypt::random().map(Secret::new);
        Ok(Self {
            signing: SigningKey::from_bytes(key()?.expose()),
            sealing: key()?,
            wrapping: key()?,
            tagging: key()?,
        })
    }

    /// The key that signs checkpoints.
    #[must_use]
    pub const fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// Its public half, which stands in every opening event.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        self.signing.verifying_key()
    }

    /// The key that signs what the dashboard's visitors are given: access tokens, and what goes with a sign-in. The same on
    /// every node. Derived, so that no file has to be made for it; losing `tag.key` ends all sessions, too.
    #[must_use]
    pub fn sessions(&self) -> Secret {
        Secret(crypt::tag(&self.tagging, &["annals-sessions-v1"]))
    }

    /// Seals a season's secret for its world's opening envelope: hex of nonce and sealed bytes, the world's id as
    /// associated data. The same secret is sealed to the same text: what is repeated, or replayed elsewhere under the same
    /// keys, is the same to the byte.
    ///
    /// # Errors
    /// [`KeyError::DoesNotOpen`] when it can not be sealed, which does not happen with 32 bytes.
    pub fn seal_secret(&self, world: &WorldId, secret: &[u8; 32]) -> Result<String, KeyError> {
        let (about, plain) = ([SEASON_SECRET, world.as_str()], hex::encode(secret));
        let parts = ["annals-season-secret-nonce-v1", world.as_str(), &plain];
        crypt::seal_drawn(&self.sealing, &parts, &about, secret).map(hex::encode)
    }

    /// Opens what [`Self::seal_secret`] has sealed for this world.
    ///
    /// # Errors
    /// [`KeyError::DoesNotOpen`].
    pub fn open_secret(&self, world: &WorldId, sealed: &str) -> Result<[u8; 32], KeyError> {
        let sealed = hex::decode(sealed).map_err(|_| KeyError::DoesNotOpen)?;
        let secret = crypt::open_key(&self.sealing, &[SEASON_SECRET, world.as_str()], &sealed)?;
        Ok(*secret.expose())
    }
}

fn unreachable(path: &Path) -> impl Fn(std::io::Error) -> KeyError + '_ {
    |error| KeyError::Unreachable { path: path.to_owned(), problem: error.to_string() }
}

fn refuse_exposed(path: &Path, mode: u32) -> Result<(), KeyError> {
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyError::Exposed { path: path.to_owned(), mode: mode & 0o777 })
    }
}

fn make_directory(path: &Path) -> Result<(), KeyError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
        Err(e) => return Err(unreachable(path)(e)),
    }
    let found = path.metadata().map_err(unreachable(path))?;
    // Others may list the directory without harm; to write in it is to put keys there.
    if found.permissions().mode() & 0o022 == 0 {
        Ok(())
    } else {
        Err(KeyError::Exposed { path: path.to_owned(), mode: found.permissions().mode() & 0o777 })
    }
}

fn key_file(path: &PathBuf) -> Result<Secret, KeyError> {
    match File::open(path) {
        Ok(file) => read_key(path, file),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            make_key(path)?;
            read_key(path, File::open(path).map_err(unreachable(path))?)
        }
        Err(e) => Err(unreachable(path)(e)),
    }
}

fn read_key(path: &Path, file: File) -> Result<Secret, KeyError> {
    // Asked of the open file, not of the name: nothing can be put in its place in between.
    let found = file.metadata().map_err(unreachable(path))?;
    refuse_exposed(path, found.permissions().mode())?;
    let mut text = String::new();
    let broken = || KeyError::Broken { path: path.to_owned() };
    file.take(1024).read_to_string(&mut text).map_err(|_| broken())?;
    let mut bytes = [0; 32];
    hex32::read_hex(text.trim_end(), &mut bytes).ok_or_else(broken)?;
    Ok(Secret(bytes))
}

/// Makes the key under another name first: a crash leaves no half of a key under its own.
fn make_key(path: &Path) -> Result<(), KeyError> {
    let secret: [u8; 32] = crypt::random()?;
    let suffix: [u8; 8] = crypt::random()?;
    let partial = path.with_extension(hex::encode(suffix));
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        writeln!(file, "{}", hex::encode(secret))?;
        file.sync_all()?;
        // A link, not a rename: where another process was first, its key stays.
        match std::fs::hard_link(&partial, path) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
            Ok(()) | Err(_) => {}
        }
        std::fs::remove_file(&partial)?;
        path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    };
    let made = write();
    if made.is_err() {
        std::fs::remove_file(&partial).ok();
    }
    made.map_err(unreachable(path))
}

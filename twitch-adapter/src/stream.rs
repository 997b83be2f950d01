//! A connection: bytes in both directions, with TLS or on this machine without, and lines made of them.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::Address;

/// The most bytes of a line. Longer ones are passed over.
pub const LINE_BYTES_MAX: usize = 8 * 1024;

/// TLS as everybody on the web is trusted.
///
/// # Errors
/// When this build's cryptography has no version of TLS in common with it, which does not happen.
pub fn web_roots() -> Result<Arc<ClientConfig>, rustls::Error> {
    own_roots(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
}

/// TLS with these roots and no others.
///
/// # Errors
/// See [`web_roots`].
pub fn own_roots(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// A stream of either kind.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// What is written to.
pub(crate) struct Writer(tokio::io::WriteHalf<Box<dyn Duplex>>);

/// What is read from.
pub(crate) struct Reader {
    half: tokio::io::ReadHalf<Box<dyn Duplex>>,
    /// What was read and is no line yet.
    bytes: Vec<u8>,
    /// The line that has begun is too long, and passed over up to its end.
    skipping: bool,
}

/// Connects.
pub(crate) async fn connect(address: &Address, tls: &Arc<ClientConfig>) -> std::io::Result<(Reader, Writer)> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    stream.set_nodelay(true)?;
    let whole: Box<dyn Duplex> = if address.tls {
        let name = ServerName::try_from(address.host.clone()).map_err(std::io::Error::other)?;
        Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?)
    } else {
        Box::new(stream)
    };
    let (half, writer) = tokio::io::split(whole);
    Ok((Reader { half, bytes: Vec::new(), skipping: false }, Writer(writer)))
}

impl Writer {
    /// Writes one line; its end is added. What is no UTF-8 never comes here, and no text holds an end of line.
    pub(crate) async fn line(&mut self, line: &str) -> std::io::Result<()> {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.0.flush().await
    }
}

impl Reader {
    /// The next line, without its end; none when the other side has ended. What is no UTF-8 is shown as far as it is. May be
    /// dropped while it waits, and loses nothing.
    pub(crate) async fn line(&mut self) -> std::io::Result<Option<String>> {
        loop {
            while let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                if !std::mem::take(&mut self.skipping) && line.len() <= LINE_BYTES_MAX {
                    return Ok(Some(
                        String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned(),
                    ));
                }
            }
            if self.bytes.len() > LINE_BYTES_MAX {
                self.bytes.clear();
                self.skipping = true;
            }
            let mut part = [0; 4096];
            match self.half.read(&mut part).await? {
                0 => return Ok(None),
                read => self.bytes.extend_from_slice(&part[..read]),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn long_lines_are_passed_over_and_garbage_is_a_line() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let whole: Box<dyn Duplex> = Box::new(near);
        let (half, _writer) = tokio::io::split(whole);
        let mut reader = Reader { half, bytes: Vec::new(), skipping: false };
        far.write_all(b"one\r\n").await.unwrap();
        far.write_all(&[b'x'; 3 * LINE_BYTES_MAX]).await.unwrap();
        far.write_all(b"tail\ntwo\n\xff\xfe three\r\n\r\nleft").await.unwrap();
        drop(far);
        let mut lines = Vec::new();
        while let Some(line) = reader.line().await.unwrap() {
            lines.push(line);
        }
        assert_eq!(lines, ["one", "two", "\u{fffd}\u{fffd} three", ""]);
        assert!(reader.bytes.len() <= LINE_BYTES_MAX);
    }
}

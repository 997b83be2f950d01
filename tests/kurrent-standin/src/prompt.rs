//! A connection that acknowledges at once what comes in.
//!
//! A call of the client's is two small packets, and it does not set `TCP_NODELAY`: the second waits until the first is
//! acknowledged, for which the other side's system takes 40 ms when it is not asked to hurry. Tests make thousands of
//! calls.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

pub(crate) struct Prompt(TcpStream);

impl Prompt {
    pub(crate) fn new(connection: TcpStream) -> Self {
        // Where this is not to be had, tests only take longer.
        connection.set_nodelay(true).ok();
        let prompt = Self(connection);
        prompt.hurry();
        prompt
    }

    /// The system forgets it again with what is sent.
    fn hurry(&self) {
        #[cfg(target_os = "linux")]
        self.0.set_quickack(true).ok();
    }
}

impl AsyncRead for Prompt {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let read = Pin::new(&mut self.0).poll_read(cx, buf);
        self.hurry();
        read
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

//! Connections, and the way from a path to what answers it.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tonic::body::Body;
use tonic::codec::ProstCodec;
use tonic::server::{ClientStreamingService, Grpc, ServerStreamingService, UnaryService};
use tonic::{Request, Response, Status, Streaming};

use crate::node::{Node, ReadAnswers, Shared};
use crate::prompt::Prompt;
use crate::wire::{AppendReq, AppendResp, ClusterInfo, Empty, ReadReq, ReadResp, SupportedMethods};

/// The largest message that is taken.
const MESSAGE_BYTES_MAX: usize = 17 << 20;

type Answering<T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send>>;

struct Append(Node);

impl ClientStreamingService<AppendReq> for Append {
    type Response = AppendResp;
    type Future = Answering<AppendResp>;

    fn call(&mut self, request: Request<Streaming<AppendReq>>) -> Self::Future {
        let node = self.0.clone();
        Box::pin(async move { node.append(request).await.map(Response::new) })
    }
}

struct Read(Node);

impl ServerStreamingService<ReadReq> for Read {
    type Response = ReadResp;
    type ResponseStream = ReadAnswers;
    type Future = Answering<ReadAnswers>;

    fn call(&mut self, request: Request<ReadReq>) -> Self::Future {
        let node = self.0.clone();
        Box::pin(async move { node.read(request).await.map(Response::new) })
    }
}

struct Features;

impl UnaryService<Empty> for Features {
    type Response = SupportedMethods;
    type Future = Answering<SupportedMethods>;

    fn call(&mut self, _request: Request<Empty>) -> Self::Future {
        Box::pin(async { Ok(Response::new(Node::features())) })
    }
}

struct Gossip(Node);

impl UnaryService<Empty> for Gossip {
    type Response = ClusterInfo;
    type Future = Answering<ClusterInfo>;

    fn call(&mut self, _request: Request<Empty>) -> Self::Future {
        let members = self.0.gossip();
        Box::pin(async move { Ok(Response::new(members)) })
    }
}

async fn answer(node: Node, request: http::Request<Incoming>) -> Result<http::Response<Body>, Infallible> {
    Ok(match request.uri().path() {
        "/event_store.client.streams.Streams/Append" => {
            let mut grpc = Grpc::new(ProstCodec::default()).max_decoding_message_size(MESSAGE_BYTES_MAX);
            grpc.client_streaming(Append(node), request).await
        }
        "/event_store.client.streams.Streams/Read" => {
            Grpc::new(ProstCodec::default()).server_streaming(Read(node), request).await
        }
        "/event_store.client.server_features.ServerFeatures/GetSupportedMethods" => {
            Grpc::new(ProstCodec::default()).unary(Features, request).await
        }
        "/event_store.client.gossip.Gossip/Read" => {
            Grpc::new(ProstCodec::default()).unary(Gossip(node), request).await
        }
        _ => Status::unimplemented("").into_http(),
    })
}

/// Takes connections as long as the runtime lives.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    port: u16,
    acceptor: Option<TlsAcceptor>,
) {
    loop {
        let Ok((connection, _)) = listener.accept().await else { return };
        let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
        tokio::spawn(async move {
            let connection = Prompt::new(connection);
            match acceptor {
                None => connected(connection, shared, port).await,
                // A client that does not trust the certificate, or speaks no TLS, is told so by the handshake.
                Some(acceptor) => {
                    if let Ok(connection) = acceptor.accept(connection).await {
                        connected(connection, shared, port).await;
                    }
                }
            }
        });
    }
}

async fn connected(
    connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    shared: Arc<Shared>,
    port: u16,
) {
    let cut = Arc::new(Notify::new());
    let node = Node { shared, port, cut: Arc::clone(&cut) };
    let service = service_fn(move |request| answer(node.clone(), request));
    let serving =
        http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(connection), service);
    tokio::select! {
        // How a connection ends is its client's affair.
        _ = serving => {}
        () = cut.notified() => {}
    }
}

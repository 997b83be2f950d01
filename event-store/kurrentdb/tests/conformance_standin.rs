//! The suite of every engine, on the stand-in for a KurrentDB server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod operations;
mod server;

use server::{OnServer, Server};

event_store::conformance_tests!(OnServer::new(Server::stand_in()));

#[test]
fn random_operations_agree_with_a_plain_model() {
    operations::run(16, || OnServer::new(Server::stand_in()));
}

//! The suite of every engine, on a real KurrentDB server: where `ANNALS_TEST_KURRENTDB` holds its connection string. Its
//! `MaxAppendSize` must be 16711680 or more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod operations;
mod server;

use server::{OnServer, Server};

event_store::conformance_tests!(if Server::real().map(OnServer::new));

#[test]
fn random_operations_agree_with_a_plain_model() {
    if Server::real().is_some() {
        operations::run(10, || OnServer::new(Server::real().unwrap()));
    }
}

//! The suite of every engine on a stand-in that misbehaves all the time, in ways that nobody who appends or reads may
//! notice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::time::Duration;

use kurrent_standin::{AppendFault, ReadFault};
use server::{OnServer, Server};

/// Every third append is written and answered that the time was up, every fifth is told that this node is no leader; every
/// seventh read takes its time, every fortieth fails.
fn misbehaving() -> OnServer {
    let server = Server::stand_in();
    let stand_in = server.stand_in.as_ref().unwrap();
    for nth in 1..=300 {
        stand_in.fail_append(".", 3 * nth, AppendFault::CommitThenTimeout);
        stand_in.fail_append(".world-", 5 * nth, AppendFault::NotLeader { port: stand_in.port() });
        stand_in.fail_read(".world-", 7 * nth, ReadFault::Slow(Duration::from_millis(3)));
        stand_in.fail_read(".world-", 40 * nth, ReadFault::Fails);
    }
    OnServer::new(server)
}

event_store::conformance_tests!(misbehaving());

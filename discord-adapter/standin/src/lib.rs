//! A stand-in for Discord, for tests and for people.
//!
//! It serves as much of Discord's REST API on loopback as an application of ours calls, sends signed interactions to the
//! application's endpoint, and judges everything that comes back: by Discord's own description of its API ([`judge`]),
//! by the rules that the description leaves out ([`rules`]), and by the protocol: in time, once, while the token lives,
//! what is private stays private ([`state`]). What breaks a rule is answered as Discord would, and written down.
//!
//! Interactions go to an endpoint or, where none is named, through the gateway ([`gateway`]) on the same address: sessions,
//! heartbeats, resuming, sharding and limits as Discord's documentation has them, with faults of their own.
//!
//! It does not import the code that it judges.

pub mod channels;
pub mod faults;
pub mod gateway;
pub mod judge;
pub mod limits;
pub mod multipart;
pub mod oauth;
pub mod panel;
pub mod people;
mod rest;
pub mod rules;
pub mod send;
mod serve;
pub mod state;

pub use faults::{Fault, Limit, LimitScope};
pub use gateway::GatewayFault;
pub use judge::{Judge, Violation};
pub use send::{Delivery, Tamper};
pub use serve::{Address, Options, Standin, StartError};

//! The tokio shell around the kernel: it moves bytes and holds no decisions.
//!
//! Start at [`Service::start`]. One thread owns the kernel; everything else talks to it through a bounded mailbox and
//! waits for answers. [`opening`] makes new worlds, [`servers`] says which season runs where, [`http`] is the HTTP face.

mod audit;
pub mod clock;
mod health;
mod history;
pub mod http;
pub mod load;
pub mod opening;
mod openings;
mod people;
mod routes;
pub mod sealing;
mod seasons;
pub mod servers;
mod service;
mod shell;
mod stats;

pub use clock::Clock;
pub use health::LogHealth;
pub use people::People;
pub use routes::{Held, News, Routes};
pub use service::{Service, ServiceConfig, ServiceError};
pub use stats::{Histogram, METRICS, Metric, Reading, Stats};

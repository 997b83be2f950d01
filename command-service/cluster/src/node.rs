//! One node of a cluster: how it joins, leaves, and what it says of itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use command_service::Service;
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::bus::Bus;
use crate::error::BusError;
use crate::members::{BEAT_MS, Beat, Members, Millis, SETTLE_MS};
use crate::router::Router;
use crate::running::Running;
use crate::shared::Shared;

/// How a node takes part.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// The bus, `nats://user:password@host:4222`; several servers by commas.
    pub url: String,
    /// The cluster's name, the first word of all subjects: nodes of one log share it.
    pub cluster: String,
    /// This node's name, which no other one of the cluster bears.
    pub node: String,
    /// Whether it holds worlds.
    pub commands: bool,
    /// How long another node may be silent before its worlds are taken over. At least 2 s; longer than questions are
    /// answered without looking at the log.
    pub lease: Duration,
}

/// This node's part in a cluster.
pub struct Cluster {
    shared: Arc<Shared>,
    leave: mpsc::Sender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    taken: watch::Receiver<bool>,
}

impl Cluster {
    /// Joins: connects, tries the user's rights, listens who else is there, and from then on takes worlds, gives them away
    /// and brings commands to their owner. The service must hold no world yet.
    ///
    /// # Errors
    /// When the bus can not be reached or used, or another node bears the name.
    pub async fn join(config: ClusterConfig, service: &Service) -> Result<Self, BusError> {
        check_name("node", &config.node)?;
        check_name("cluster", &config.cluster)?;
        let (bus, lines) = Bus::connect(&config.url, &config.cluster, &config.node).await?;
        let lease = Millis::try_from(config.lease.as_millis()).unwrap_or(Millis::MAX);
        let started_ms = service.clock().now().ms();
        let mut members =
            Members::new(config.node.clone(), random(), started_ms, config.commands, lease.max(4 * BEAT_MS));
        members.connected(0);
        let shared = Arc::new(Shared::new(bus, service.unrouted(), config.node, members));
        let (leave, leaving) = mpsc::channel(1);
        let (took, mut taken) = watch::channel(false);
        let running = Running::new(Arc::clone(&shared), lines, took).await?;
        let task = tokio::spawn(running.run(leaving));
        // Whoever bears the name already tells so within a beat. What holds no worlds can do no harm by then.
        let settle = Duration::from_millis(if config.commands { SETTLE_MS } else { 0 });
        if matches!(tokio::time::timeout(settle, taken.wait_for(|taken| *taken)).await, Ok(Ok(_))) {
            task.abort();
            return Err(BusError::NameTaken { node: shared.node.clone() });
        }
        service.route(Arc::new(Router { shared: Arc::clone(&shared) }));
        Ok(Self { shared, leave, task, taken })
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> Arc<dyn Fn() -> [(&'static str, u64); 4] + Send + Sync> {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || {
            let stats = &shared.stats;
            [
                ("annals_bus_connected", u64::from(stats.connected.load(Ordering::Relaxed))),
                ("annals_cluster_peers", stats.peers.load(Ordering::Relaxed)),
                ("annals_handovers_total", stats.handovers.load(Ordering::Relaxed)),
                ("annals_takeovers_total", stats.takeovers.load(Ordering::Relaxed)),
            ]
        })
    }

    /// Resolves when it turns out that another node has borne this one's name for longer: this one must stop.
    pub async fn name_taken(&self) -> BusError {
        let mut taken = self.taken.clone();
        if taken.wait_for(|taken| *taken).await.is_err() {
            std::future::pending::<()>().await;
        }
        BusError::NameTaken { node: self.shared.node.clone() }
    }

    /// Gives all worlds to others, as far as others are there, and goes. Commands go on being routed until the service
    /// stops.
    pub async fn leave(self) {
        let (done, gone) = oneshot::channel();
        if self.leave.send(done).await.is_ok() {
            let _ = gone.await;
        }
        self.shared.bus.flush().await;
    }
}

impl Drop for Cluster {
    /// A node that is only dropped falls silent, as one that is killed.
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Looks who is there, without taking part: each node with how many worlds it holds, by name.
///
/// # Errors
/// When the bus can not be reached or used.
pub async fn look(url: &str, cluster: &str, name: &str) -> Result<Vec<String>, BusError> {
    check_name("cluster", cluster)?;
    let (bus, _lines) = Bus::connect(url, cluster, name).await?;
    let mut found = BTreeMap::new();
    if let Some(mut beats) = bus.subscribe(bus.subjects.nodes()).await {
        let until = Instant::now() + Duration::from_millis(SETTLE_MS);
        while let Ok(Some(message)) = tokio::time::timeout_at(until, beats.next()).await {
            if let Ok(beat) = serde_json::from_slice::<Beat>(&message.payload) {
                found.insert(beat.node, beat.worlds.len());
            }
        }
    }
    Ok(found.into_iter().map(|(node, worlds)| format!("{node} ({worlds} worlds)")).collect())
}

/// Which run of a node this is. Where there is no chance to be had, the time will do.
fn random() -> u64 {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_be_bytes(bytes),
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos() as u64),
    }
}

fn check_name(what: &'static str, text: &str) -> Result<(), BusError> {
    let good = (1..=48).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-');
    if good { Ok(()) } else { Err(BusError::BadName { what, text: text.to_owned() }) }
}

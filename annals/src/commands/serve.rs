//! `annals serve`: the server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use command_service::http::{HttpState, Probe, probe_router, router};
use command_service::{Metric, Reading, Service};
use discord_http::Rest;
use kernel::io::Asked;
use kernel::{Answer, Question, Request};
use projections::{ReadModels, State, WorldStatus};
use schemas::{Actor, CommandId, Facts, WorldId};
use tokio::task::JoinHandle;
use vault::{Scope, Vault};

use super::remote::Endpoint;
use crate::cli;
use crate::context::{Data, Exit, Failure, Part, Running, ServiceOptions, now};
use crate::dashboard::Doors;
use crate::discord::webhooks::Hooks;
use crate::discord::{Desk, Gateway, Seasons, Sender, Watch};
use crate::engine::{Engine, Hints};
use crate::host::Backend;
use crate::keeper::Keeper;
use crate::people::{Folk, Known};
use crate::plans::Plans;
use crate::print::Printer;
use crate::settings::{Discord, Serving, Settings};
use crate::terminal::Terminals;

/// How long a node without the role projector waits for one that has it to make the read models.
const MODELS_AWAITED: std::time::Duration = std::time::Duration::from_secs(60);
/// How long a stop waits for answers to Discord that were put off. An interaction's token lives longer.
const ANSWERS_AWAITED: std::time::Duration = std::time::Duration::from_secs(20);
/// How often the lag of the read models is measured.
const LAG_LOOK: std::time::Duration = std::time::Duration::from_secs(5);
/// How often a server looks for plans that have expired.
const EXPIRY_LOOK: std::time::Duration = std::time::Duration::from_secs(2);

pub(crate) async fn run(data: &Data, _arguments: &cli::Serve, printer: &Printer) -> Result<Exit, Failure> {
    let settings = data.settings()?;
    let served = Served {
        discord: crate::discord::is_served(&settings)?,
        twitch: crate::twitch::is_served(&settings)?,
    };
    let listener = tokio::net::TcpListener::bind(settings.listen).await.map_err(|e| {
        let text = format!("{} can not be listened on ({e}): choose another with --listen", settings.listen);
        Failure::new("PORT_IN_USE", text)
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    let running = data.service(ServiceOptions { part: Part::Node, ..ServiceOptions::default() }).await?;
    let mut node = Node::start(data, &settings, served, &running, &url, printer).await?;
    printer.talk(&node.greeting(&settings, &url));
    let Running { service, store, cluster, .. } = running;
    let (stop, ready) = (node.stop.clone(), Arc::clone(&node.ready));
    let mut lost = node.gateway.as_mut().and_then(Gateway::lost);
    // What only Discord's part has lost ends nothing else.
    if (settings.role.has_others() || served.twitch) && lost.is_some() {
        let (watch, lost) = (Arc::clone(&node.watch), lost.take());
        node.tasks.push(tokio::spawn(async move {
            watch.ended(&crate::discord::gateway::ended(lost).await);
        }));
    }
    let alone = !settings.role.has_others() && !served.discord;
    // As above: a bot that is all that runs ends the process with it.
    let silenced = if alone { node.silenced.take() } else { None };
    let (told, mut why) = tokio::sync::oneshot::channel::<Failure>();
    let served = axum::serve(listener, node.router.clone())
        .with_graceful_shutdown(async move {
            let taken = async {
                match &cluster {
                    Some(cluster) => Failure::from(cluster.name_taken().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop_asked() => {}
                failure = taken => drop(told.send(failure)),
                error = crate::discord::gateway::ended(lost) => drop(told.send(error.into())),
                error = crate::twitch::ended(silenced) => drop(told.send(error.into())),
            }
            // Others take over first: what is asked here meanwhile is brought to them.
            ready.store(false, Ordering::Relaxed);
            if let Some(cluster) = cluster {
                cluster.leave().await;
            }
            let _ = stop.send(true);
        })
        .await;
    if let Some(gateway) = node.gateway.take() {
        gateway.ended().await;
    }
    if let Some(desk) = node.desk.take() {
        // Nobody is left with an answer that never comes: what was put off is given while worlds still answer.
        let left = desk.drained(ANSWERS_AWAITED).await;
        if left > 0 {
            tracing::warn!(left, "answers to Discord were still under way when the server was stopped");
        }
    }
    printer.talk("stopping: what waits becomes durable first");
    node.end_tasks();
    service.stop().await;
    node.forget(data).await?;
    drop(service);
    crate::context::close(store).await;
    served?;
    if let Ok(failure) = why.try_recv() {
        return Err(failure);
    }
    printer.talk("stopped");
    Ok(Exit::Done)
}

/// Whom this process serves.
#[derive(Clone, Copy)]
struct Served {
    discord: bool,
    twitch: bool,
}

/// What runs beside the service for the roles of this process.
struct Node {
    router: axum::Router,
    ready: Arc<AtomicBool>,
    stop: tokio::sync::watch::Sender<bool>,
    worlds: usize,
    /// What answers Discord, where it does.
    desk: Option<Desk>,
    /// How Discord's side is.
    watch: Arc<Watch>,
    /// The connection through which Discord's interactions come, where they come so.
    gateway: Option<Gateway>,
    /// Why the bot on Twitch has ended, where there is one and it has.
    silenced: Option<tokio::sync::oneshot::Receiver<twitch_adapter::TwitchError>>,
    /// Where the bot on Twitch speaks.
    channel: Option<String>,
    tasks: Vec<JoinHandle<()>>,
    /// The vault and the token in the endpoint file, where there is an API.
    api: Option<(Arc<Vault>, String)>,
}

impl Node {
    async fn start(
        data: &Data,
        settings: &Settings,
        served: Served,
        running: &Running,
        url: &str,
        printer: &Printer,
    ) -> Result<Self, Failure> {
        let (role, Served { discord, twitch }) = (settings.role, served);
        let ready = Arc::new(AtomicBool::new(false));
        let lags = Arc::new(Mutex::new(Vec::new()));
        let watch = Arc::new(Watch::default());
        let (seen, chat) = (Arc::clone(&watch), Arc::new(crate::twitch::Watch::default()));
        let heard = Arc::clone(&chat);
        let probe = Probe {
            service: running.service.clone(),
            ready: Arc::clone(&ready),
            others: others(settings, running, Arc::clone(&lags), Arc::clone(&watch), Arc::clone(&chat)),
            ailing: Arc::new(move || seen.ailing().into_iter().chain(heard.ailing()).collect()),
        };
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let stopped = stopping.clone();
        let mut node = Self {
            router: probe_router(probe.clone()),
            ready: Arc::clone(&ready),
            stop,
            worlds: super::season_worlds(&*running.store).await?.len(),
            desk: None,
            watch,
            gateway: None,
            silenced: None,
            channel: None,
            tasks: vec![tokio::spawn(load(running.service.clone(), running.store.clone(), ready))],
            api: None,
        };
        if !role.api && !role.projector && !discord && !twitch {
            return Ok(node);
        }
        let models = if role.projector {
            super::projection::models(data).await?
        } else {
            awaited(data, printer).await?
        };
        let keeper = Keeper::new(&running.store, &models, role.projector);
        if role.projector {
            let (store, service) = (Arc::clone(&running.store), running.service.clone());
            node.tasks.push(tokio::spawn(project(keeper.clone(), store, Arc::clone(&models), service, lags)));
        }
        // Who keeps the outbox sends what stands in it.
        let sends = role.projector && settings.discord.sends();
        if !role.api && !discord && !sends && !twitch {
            return Ok(node);
        }
        let vault = Arc::new(data.vault().await?);
        let folk = Folk::new(&running.store, &vault, &models, &keeper);
        running.service.know(Known::by(&folk));
        node.tasks.push(tokio::spawn(Arc::clone(&folk).forget_all(running.service.clone())));
        let backend = Backend {
            service: running.service.clone(),
            store: Arc::clone(&running.store),
            keys: running.keys.clone(),
            vault,
            models,
            keeper,
            folk,
            public_url: settings.public_url.clone().map(Into::into),
        };
        if role.api {
            node.serve_api(data, settings, url, probe, &backend, stopping).await?;
        }
        if twitch {
            let bot = crate::twitch::start(data, settings, backend.clone(), &chat, stopped.clone())?;
            node.tasks.extend(bot.tasks);
            (node.silenced, node.channel) = (Some(bot.lost), settings.twitch.channel.clone());
        }
        if sends || discord {
            // One client for both: they share Discord's limits.
            let rest = settings.discord.rest()?;
            node.watch.calls(&rest);
            if sends {
                node.tasks.push(Sender::start(
                    backend.clone(),
                    rest.clone(),
                    Arc::clone(&node.watch),
                    Hooks::new(data.dir())?,
                ));
            }
            if discord {
                node.answer(&settings.discord, rest, backend, stopped)?;
            }
        }
        Ok(node)
    }

    /// Adds Discord to what is served.
    fn answer(
        &mut self,
        settings: &Discord,
        rest: Rest,
        backend: Backend,
        stopped: tokio::sync::watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let desk = crate::discord::desk(rest, backend.clone());
        match crate::discord::routes(settings, &desk)? {
            Some(routes) => self.router = std::mem::take(&mut self.router).merge(routes),
            None => {
                self.gateway = Some(Gateway::start(&desk, Seasons::new(backend), settings.shards, stopped));
            }
        }
        self.watch.answers(&desk);
        self.desk = Some(desk);
        Ok(())
    }

    /// Adds the API to what is served.
    async fn serve_api(
        &mut self,
        data: &Data,
        settings: &Settings,
        url: &str,
        probe: Probe,
        backend: &Backend,
        stopping: tokio::sync::watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let vault = Arc::clone(&backend.vault);
        revoke_last(data, &vault).await?;
        let expires = now().plus_ms(365 * 86_400_000);
        let token = vault.create_token(Scope::Operator, "local", now(), expires).await?;
        write_endpoint(data, &Endpoint { url: url.to_owned(), token: token.text.clone() })?;
        let state = HttpState {
            service: backend.service.clone(),
            probe,
            vault: Arc::clone(&vault),
            keys: backend.keys.clone(),
            local_token: Some(token.info.id.clone()),
            plans: Arc::new(Plans::of(data)),
            terminals: Arc::new(Terminals(backend.clone())),
            accounts: Arc::new(Doors::new(Arc::clone(&backend.store), settings.discord.oauth()?)),
            turnstile: Arc::default(),
            stopping,
        };
        self.router = router(state).0;
        self.tasks.push(tokio::spawn(resume_expired(Plans::of(data), backend.service.clone())));
        self.api = Some((vault, token.info.id));
        Ok(())
    }

    fn greeting(&self, settings: &Settings, url: &str) -> String {
        let docs = if settings.role.api { format!(" · docs {url}/openapi.json") } else { String::new() };
        let part = match &settings.bus {
            Some(_) => format!(" · node {} of {}, {}", settings.node, settings.cluster, settings.role),
            None => String::new(),
        };
        let discord = if self.gateway.is_some() {
            " · Discord's gateway".to_owned()
        } else if self.desk.is_some() {
            format!(" · Discord posts to {}", discord_http::endpoint::PATH)
        } else if settings.role.discord == Serving::WhereSet && settings.discord.any() {
            format!(" · not Discord, for want of {}", settings.discord.missing().join(", "))
        } else {
            String::new()
        };
        let twitch = match &self.channel {
            Some(channel) => format!(" · #{channel} on Twitch"),
            None if settings.role.twitch == Serving::WhereSet && settings.twitch.any() => {
                format!(" · not Twitch, for want of {}", settings.twitch.missing().join(", "))
            }
            None => String::new(),
        };
        format!("serving {} worlds on {url}{docs}{part}{discord}{twitch} · Ctrl-C stops", self.worlds)
    }

    fn end_tasks(&self) {
        for task in &self.tasks {
            task.abort();
        }
    }

    /// Makes worthless what let others talk to this process.
    async fn forget(self, data: &Data) -> Result<(), Failure> {
        for task in self.tasks {
            let _ = task.await;
        }
        // The router holds what its handlers share, the log too.
        drop(self.router);
        if let Some((vault, token)) = self.api {
            vault.revoke_token(&token, now()).await?;
            let _ = std::fs::remove_file(data.endpoint());
        }
        Ok(())
    }
}

/// The read models, once the process that keeps them has made them: nodes may be started in any order.
async fn awaited(data: &Data, printer: &Printer) -> Result<Arc<ReadModels>, Failure> {
    let since = std::time::Instant::now();
    let mut told = false;
    loop {
        match super::projection::reader(data).await {
            Err(failure) if failure.code == "READ_MODELS_MISSING" && since.elapsed() < MODELS_AWAITED => {
                if !told {
                    printer.talk("there are no read models yet: waiting for a node with the role projector");
                    told = true;
                }
                tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            }
            found => return found,
        }
    }
}

/// Waits until every world that this node holds has been loaded.
async fn load(service: Service, store: Arc<Engine>, ready: Arc<AtomicBool>) {
    let worlds = super::season_worlds(&*store).await.unwrap_or_default();
    drop(store);
    for world in worlds.into_iter().filter(|world| service.holds(world)) {
        let question =
            Question { ticket: 0, world, actor: Actor::System, facts: Facts::default(), what: Asked::Status };
        let _ = service.ask(question).await;
    }
    ready.store(true, Ordering::Relaxed);
}

/// How far the read models of each world are behind, and whether they stand still.
type Lags = Arc<Mutex<Vec<WorldStatus>>>;

/// The metrics that the service does not know.
fn others(
    settings: &Settings,
    running: &Running,
    lags: Lags,
    watch: Arc<Watch>,
    chat: Arc<crate::twitch::Watch>,
) -> Arc<dyn Fn() -> Vec<Metric> + Send + Sync> {
    let up = Metric {
        name: "annals_up_info",
        labels: format!(
            "node=\"{}\",version=\"{}\",role=\"{}\"",
            settings.node,
            env!("CARGO_PKG_VERSION"),
            settings.role
        ),
        value: Reading::Whole(1),
    };
    let cluster = running.cluster.as_ref().map(cluster::Cluster::stats);
    Arc::new(move || {
        let plain = |name, value: u64| Metric { name, labels: String::new(), value: value.into() };
        let mut all = vec![up.clone()];
        all.extend(watch.metrics());
        all.extend(chat.metrics());
        all.extend(memory().map(|bytes| plain("process_resident_memory_bytes", bytes)));
        if let Some(stats) = &cluster {
            all.extend(stats().into_iter().map(|(name, value)| plain(name, value)));
        }
        for status in &*lags.lock().unwrap_or_else(PoisonError::into_inner) {
            let labels = format!("world=\"{}\"", status.world);
            let stopped = u64::from(matches!(status.state, State::Stopped { .. }));
            all.push(Metric {
                name: "annals_projection_lag_commits",
                labels: labels.clone(),
                value: status.lag.into(),
            });
            all.push(Metric { name: "annals_projection_stopped", labels, value: stopped.into() });
        }
        all
    })
}

/// Memory of this process that is in use, in bytes; none where the system does not tell.
fn memory() -> Option<u64> {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Follows the log with the read models: after every published commit and every hint of the log's server, and once a
/// second.
async fn project(keeper: Keeper, store: Arc<Engine>, models: Arc<ReadModels>, service: Service, lags: Lags) {
    if models.is_outdated().await {
        tracing::warn!(
            "the read models were made by another build: they are made anew, and until then answer as they are"
        );
        match projections::rebuild(&*store, &models, now(), &mut |_| ()).await {
            Ok(report) => {
                tracing::info!(events = report.events, rows = report.rows, "the read models are made anew");
            }
            Err(error) => tracing::error!(%error, "the read models can not be made anew"),
        }
    }
    let mut published = service.subscribe();
    let mut hints = store.hints().await;
    let mut looked: Option<std::time::Instant> = None;
    let mut away = false;
    loop {
        match keeper.catch_up_all(now()).await {
            Ok(steps) => {
                if std::mem::take(&mut away) {
                    tracing::info!("the read models follow the log again");
                }
                for (world, step) in steps {
                    if let Err(error) = step {
                        tracing::error!(%world, %error, "the projection of this world stands still");
                    }
                }
            }
            // Told once, and not every second.
            Err(_) if away => {}
            Err(error) => {
                away = true;
                tracing::error!(%error, "the read models can not follow the log");
            }
        }
        if looked.is_none_or(|looked| looked.elapsed() >= LAG_LOOK) {
            looked = Some(std::time::Instant::now());
            if let Ok(found) = models.status(&*store).await {
                *lags.lock().unwrap_or_else(PoisonError::into_inner) = found;
            }
        }
        // Both signals are hints; the second is what can be relied on.
        tokio::select! {
            _ = published.recv() => {}
            () = heard(&mut hints) => {}
            () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
        }
    }
}

/// Waits for a hint of the log's server; for ever where it gives none.
async fn heard(hints: &mut Option<Hints>) {
    match hints {
        Some(hints) => hints.heard().await,
        None => std::future::pending().await,
    }
}

/// Lets worlds go on that a plan held still which has expired.
async fn resume_expired(plans: Plans, service: Service) {
    loop {
        let left = plans.left_paused(now()).unwrap_or_else(|error| {
            tracing::error!(%error, "plans can not be read");
            Vec::new()
        });
        for (world, expired) in left {
            if resume(&service, &world, &expired).await {
                for plan in expired {
                    if let Err(error) = plans.let_go(&plan) {
                        tracing::error!(%error, %plan, "a plan can not be written");
                    }
                }
            }
        }
        tokio::time::sleep(EXPIRY_LOOK).await;
    }
}

/// Resumes a world in the host's own name; false when it can not be done now.
async fn resume(service: &Service, world: &WorldId, expired: &[String]) -> bool {
    let id = format!("host:expired:{}:{:x}", expired.first().map_or("", String::as_str), now().ms());
    let Ok(id) = CommandId::new(&id) else { return false };
    let request = Request {
        ticket: 0,
        world: world.clone(),
        id,
        actor: Actor::System,
        channel: "host".to_owned(),
        kind: "WorldResume".to_owned(),
        payload: b"{}".to_vec(),
        facts: Facts::admin(),
    };
    match service.command(request).await {
        // Resumed, or no longer paused.
        Ok(Answer::Done(_)) => true,
        Ok(Answer::Refused(rejection)) => rejection.code == "WORLD_ENDED" || rejection.code == "NO_WORLD",
        Ok(Answer::View(..)) | Err(_) => false,
    }
}

/// Makes the token worthless that a server left behind which was not stopped but killed.
async fn revoke_last(data: &Data, vault: &Vault) -> Result<(), Failure> {
    let left = std::fs::read_to_string(data.endpoint()).ok();
    let token = left.and_then(|text| serde_json::from_str::<Endpoint>(&text).ok()).map(|e| e.token);
    if let Some(id) = token.as_deref().and_then(|token| token.split('_').nth(1)) {
        vault.revoke_token(id, now()).await?;
    }
    Ok(())
}

/// The endpoint file lets whoever may read the data directory talk to the server that owns it.
fn write_endpoint(data: &Data, endpoint: &Endpoint) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let path = data.endpoint();
    let _ = std::fs::remove_file(&path);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(serde_json::to_string(endpoint)?.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

async fn stop_asked() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

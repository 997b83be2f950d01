//! `annals serve`: the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use command_service::Service;
use command_service::http::{HttpState, router};
use event_store::SqliteStore;
use kernel::io::Asked;
use kernel::{Answer, Question, Request};
use projections::Projector;
use schemas::{Actor, CommandId, Facts, WorldId};
use vault::Scope;

use super::remote::Endpoint;
use crate::cli;
use crate::context::{Data, Exit, Failure, ServiceOptions, now};
use crate::host::LocalHost;
use crate::plans::Plans;
use crate::print::Printer;
use crate::terminal::Terminals;

/// How often a server looks for plans that have expired.
const EXPIRY_LOOK: std::time::Duration = std::time::Duration::from_secs(2);

pub(crate) async fn run(data: &Data, arguments: &cli::Serve, printer: &Printer) -> Result<Exit, Failure> {
    let listener = tokio::net::TcpListener::bind(arguments.listen).await.map_err(|e| {
        let text = format!("{} can not be listened on ({e}): choose another with --listen", arguments.listen);
        Failure::new("PORT_IN_USE", text)
    })?;
    let running = data.service(ServiceOptions::default()).await?;
    let vault = Arc::new(data.vault().await?);
    let url = format!("http://{}", listener.local_addr()?);
    revoke_last(data, &vault).await?;
    let token = vault.create_token(Scope::Operator, "local", now(), now().plus_ms(365 * 86_400_000)).await?;
    write_endpoint(data, &Endpoint { url: url.clone(), token: token.text.clone() })?;
    let ready = Arc::new(AtomicBool::new(false));
    let models = super::projection::models(data).await?;
    let projector = LocalHost::projector(&running.store, &models);
    let terminals = Terminals {
        service: running.service.clone(),
        store: Arc::clone(&running.store),
        keys: running.keys.clone(),
        vault: Arc::clone(&vault),
        models,
        projector: Arc::clone(&projector),
    };
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let state = HttpState {
        service: running.service.clone(),
        vault: Arc::clone(&vault),
        keys: running.keys.clone(),
        local_token: Some(token.info.id.clone()),
        plans: Arc::new(Plans::of(data)),
        terminals: Arc::new(terminals),
        stopping,
        ready: Arc::clone(&ready),
    };
    let (router, _) = router(state);
    let worlds = super::season_worlds(&*running.store).await?;
    let loading = {
        let (service, worlds) = (running.service.clone(), worlds.clone());
        tokio::spawn(async move {
            for world in worlds {
                let question = Question {
                    ticket: 0,
                    world,
                    actor: Actor::System,
                    facts: Facts::default(),
                    what: Asked::Status,
                };
                let _ = service.ask(question).await;
            }
            ready.store(true, Ordering::Relaxed);
        })
    };
    let projecting = tokio::spawn(project(projector, running.service.clone()));
    let expiring = tokio::spawn(resume_expired(Plans::of(data), running.service.clone()));
    printer
        .talk(&format!("serving {} worlds on {url} · docs {url}/openapi.json · Ctrl-C stops", worlds.len()));
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            stop_asked().await;
            let _ = stop.send(true);
        })
        .await;
    printer.talk("stopping: what waits becomes durable first");
    loading.abort();
    expiring.abort();
    running.service.stop().await;
    projecting.abort();
    let _ = projecting.await;
    crate::context::close(running.store).await;
    vault.revoke_token(&token.info.id, now()).await?;
    let _ = std::fs::remove_file(data.endpoint());
    served?;
    printer.talk("stopped");
    Ok(Exit::Done)
}

/// Follows the log with the read models: after every published commit, and once a second.
async fn project(projector: Arc<Projector<SqliteStore>>, service: Service) {
    let mut published = service.subscribe();
    loop {
        match projector.catch_up_all(now()).await {
            Ok(steps) => {
                for (world, step) in steps {
                    if let Err(error) = step {
                        tracing::error!(%world, %error, "the projection of this world stands still");
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the log can not be read"),
        }
        // The signal is a hint; the second is what can be relied on.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), published.recv()).await;
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
async fn revoke_last(data: &Data, vault: &vault::Vault) -> Result<(), Failure> {
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

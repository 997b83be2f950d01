//! Changing a world from the command line: through the running server where one owns the data, else by owning it for a
//! moment.

use kernel::{Answer, Request};
use schemas::{Actor, CommandId, Facts, Outcome, WorldId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::{Data, Exit, Failure, ServiceOptions, now, operator, refused};

/// Where a running server listens, and a token for whoever may read its data directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) token: String,
}

/// What came of an operator's command.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Done {
    pub(crate) commit: u64,
    pub(crate) events: Vec<String>,
}

/// Gives a host command as the operator at the terminal.
pub(crate) async fn operate(
    data: &Data,
    world: &WorldId,
    kind: &str,
    payload: Value,
) -> Result<Done, Failure> {
    let key = format!("{}-{:x}", kind.to_lowercase(), now().ms());
    match data.service(ServiceOptions::default()).await {
        Ok(running) => {
            running.service.adopt(world.clone()).await?;
            let id = CommandId::new(&format!("cli:{}:{key}", operator()))
                .map_err(|e| Failure::usage(e.to_string()))?;
            let request = Request {
                ticket: 0,
                world: world.clone(),
                id,
                actor: Actor::Operator(operator()),
                channel: "cli".to_owned(),
                kind: kind.to_owned(),
                payload: payload.to_string().into_bytes(),
                facts: Facts::admin(),
            };
            let answer = running.service.command(request).await;
            running.service.stop().await;
            super::projection::catch_up(data, std::sync::Arc::clone(&running.store)).await?;
            crate::context::close(running.store).await;
            match answer? {
                Answer::Done(receipt) => match &receipt.outcome {
                    Outcome::Accepted => Ok(Done {
                        commit: receipt.commit.get(),
                        events: receipt.events.iter().map(|seen| seen.kind.clone()).collect(),
                    }),
                    Outcome::Rejected(rejection) => Err(refused(rejection)),
                },
                Answer::Refused(rejection) => Err(refused(&rejection)),
                Answer::View(..) => {
                    Err(Failure::new("INTERNAL_ERROR", "a command was answered as a question"))
                }
            }
        }
        Err(failure) if failure.code == "STORE_IN_USE" => {
            let endpoint = endpoint(data).map_err(|_| failure)?;
            let (world, kind) = (world.clone(), kind.to_owned());
            tokio::task::spawn_blocking(move || post(&endpoint, &world, &kind, &payload, &key))
                .await
                .map_err(|e| Failure::new("INTERNAL_ERROR", e.to_string()))?
        }
        Err(failure) => Err(failure),
    }
}

fn endpoint(data: &Data) -> Result<Endpoint, Failure> {
    Ok(serde_json::from_str(&std::fs::read_to_string(data.endpoint())?)?)
}

/// Sends a command to a running server.
fn post(
    endpoint: &Endpoint,
    world: &WorldId,
    kind: &str,
    payload: &Value,
    key: &str,
) -> Result<Done, Failure> {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let mut answer = agent
        .post(format!("{}/v1/worlds/{world}/commands", endpoint.url))
        .header("authorization", format!("Bearer {}", endpoint.token))
        .send_json(serde_json::json!({ "key": key, "kind": kind, "options": payload }))
        .map_err(|e| {
            Failure::new("SERVER_UNREACHABLE", format!("the server at {} does not answer: {e}", endpoint.url))
        })?;
    let body: Value =
        answer.body_mut().read_json().map_err(|e| Failure::new("SERVER_UNREACHABLE", e.to_string()))?;
    let code = body.get("code").or_else(|| body.pointer("/rejection/code")).and_then(Value::as_str);
    if let Some(code) = code {
        let context = body.get("context").or_else(|| body.pointer("/rejection/context"));
        let mut failure = Failure::new(code, context.map_or_else(String::new, Value::to_string));
        if failure.exit == Exit::Done {
            failure.exit = Exit::Failed;
        }
        return Err(failure);
    }
    let events = body.get("events").and_then(Value::as_array).map(|events| {
        events.iter().filter_map(|e| e.get("kind").and_then(Value::as_str)).map(str::to_owned).collect()
    });
    Ok(Done {
        commit: body.get("commit").and_then(Value::as_u64).unwrap_or(0),
        events: events.unwrap_or_default(),
    })
}

//! Changing a world from the command line: through the running server where one owns the data, else by owning it for a
//! moment.

use std::sync::Arc;

use command_service::http::OPERATOR_HEADER;
use command_service::opening::{self, Opener, Opening};
use kernel::{Answer, Request};
use schemas::{Actor, CommandId, Facts, Outcome, Rejection, WorldId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::context::{Data, Exit, Failure, Running, ServiceOptions, now, operator, refused};

/// Where a running server listens, and a token for whoever may read its data directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) token: String,
}

/// Who owns the data: this process for a moment, or a server that runs.
pub(crate) enum Owner {
    Here(Box<Running>),
    There(Client),
}

impl Owner {
    /// Takes the data if it is free, else goes to the server that has it.
    pub(crate) async fn of(data: &Data) -> Result<Self, Failure> {
        match data.service(ServiceOptions::default()).await {
            Ok(running) => Ok(Self::Here(Box::new(running))),
            Err(failure) if failure.code == "STORE_IN_USE" => match Client::of(data) {
                Ok(client) => Ok(Self::There(client)),
                Err(_) => Err(failure),
            },
            Err(failure) => Err(failure),
        }
    }
}

/// What came of an operator's command.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Done {
    pub(crate) commit: u64,
    /// Types and payloads of the events, in order.
    pub(crate) events: Vec<(String, Value)>,
}

impl Done {
    fn of(answer: &Answer) -> Result<Self, Failure> {
        match answer {
            Answer::Done(receipt) => match &receipt.outcome {
                Outcome::Accepted => Ok(Self {
                    commit: receipt.commit.get(),
                    events: receipt
                        .events
                        .iter()
                        .map(|seen| {
                            (seen.kind.clone(), serde_json::from_slice(&seen.payload).unwrap_or_default())
                        })
                        .collect(),
                }),
                Outcome::Rejected(rejection) => Err(refused(rejection)),
            },
            Answer::Refused(rejection) => Err(refused(rejection)),
            Answer::View(..) => Err(Failure::new("INTERNAL_ERROR", "a command was answered as a question")),
        }
    }

    fn read(body: &Value) -> Self {
        let text = |event: &Value| event.get("kind").and_then(Value::as_str).map(str::to_owned);
        let events = body.get("events").and_then(Value::as_array).map(|events| {
            events
                .iter()
                .filter_map(|e| Some((text(e)?, e.get("payload").cloned().unwrap_or_default())))
                .collect()
        });
        Self {
            commit: body.get("commit").and_then(Value::as_u64).unwrap_or(0),
            events: events.unwrap_or_default(),
        }
    }
}

/// A key that no other run of a command has.
fn fresh_key(kind: &str) -> String {
    format!("{}-{:x}", kind.to_lowercase(), now().ms())
}

fn command_id(key: &str) -> Result<CommandId, Failure> {
    CommandId::new(&format!("cli:{}:{key}", operator())).map_err(|e| Failure::usage(e.to_string()))
}

/// Lets go of the data after a command: what was done is projected, and the log is one whole file.
async fn leave(data: &Data, running: Running) -> Result<(), Failure> {
    let alone = running.cluster.is_none();
    running.stop().await;
    if alone {
        super::projection::catch_up(data).await?;
    }
    Ok(())
}

/// Gives a host command as the operator at the terminal.
pub(crate) async fn operate(
    data: &Data,
    world: &WorldId,
    kind: &str,
    payload: Value,
) -> Result<Done, Failure> {
    let key = fresh_key(kind);
    match Owner::of(data).await? {
        Owner::Here(running) => {
            if running.cluster.is_none() {
                running.service.adopt(world.clone()).await?;
            }
            let request = Request {
                ticket: 0,
                world: world.clone(),
                id: command_id(&key)?,
                actor: Actor::Operator(operator()),
                channel: "cli".to_owned(),
                kind: kind.to_owned(),
                payload: payload.to_string().into_bytes(),
                facts: Facts::admin(),
            };
            let answer = running.service.command(request).await;
            leave(data, *running).await?;
            Done::of(&answer?)
        }
        Owner::There(client) => {
            let body = json!({ "key": key, "kind": kind, "options": payload });
            Ok(Done::read(&client.post(&format!("/v1/worlds/{world}/commands"), body).await?))
        }
    }
}

/// Opens a season as the operator at the terminal.
pub(crate) async fn open_season(data: &Data, opening: &Opening<'_>) -> Result<Done, Failure> {
    let key = fresh_key("WorldOpen");
    match Owner::of(data).await? {
        Owner::Here(running) => {
            let opener = Opener {
                id: command_id(&key)?,
                actor: Actor::Operator(operator()),
                channel: "cli".to_owned(),
                facts: Facts::admin(),
            };
            let answer = opening::open(&running.service, &running.keys, opening, opener).await;
            leave(data, *running).await?;
            Done::of(&answer?)
        }
        Owner::There(client) => {
            let body = json!({
                "key": key,
                "world": opening.world,
                "game": opening.game,
                "server": opening.server,
                "config": opening.config,
                "rules": opening.rules,
            });
            Ok(Done::read(&client.post("/v1/worlds", body).await?))
        }
    }
}

/// Talks to a running server as whoever may read its data directory.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    endpoint: Arc<Endpoint>,
    agent: ureq::Agent,
}

impl Client {
    /// A client of the server that was last started on this data.
    pub(crate) fn of(data: &Data) -> Result<Self, Failure> {
        let endpoint = serde_json::from_str(&std::fs::read_to_string(data.endpoint())?)?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        Ok(Self { endpoint: Arc::new(endpoint), agent })
    }

    /// Where the server listens.
    pub(crate) fn url(&self) -> &str {
        &self.endpoint.url
    }

    /// Sends a document and gives the answer's; a refusal is a failure.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        let answer = self.send(path, body).await?;
        match rejection_of(&answer) {
            Some(rejection) => {
                let mut failure = refused(&rejection);
                if failure.exit == Exit::Done {
                    failure.exit = Exit::Failed;
                }
                Err(failure)
            }
            None => Ok(answer),
        }
    }

    /// Sends a document and gives the answer's, refusals too.
    pub(crate) async fn send(&self, path: &str, body: Value) -> Result<Value, Failure> {
        let (client, url) = (self.clone(), format!("{}{path}", self.endpoint.url));
        let sent = tokio::task::spawn_blocking(move || {
            let unreachable = |e: ureq::Error| {
                let url = &client.endpoint.url;
                Failure::new("SERVER_UNREACHABLE", format!("the server at {url} does not answer: {e}"))
            };
            let mut answer = client
                .agent
                .post(url)
                .header("authorization", format!("Bearer {}", client.endpoint.token))
                .header(OPERATOR_HEADER, operator())
                .send_json(body)
                .map_err(unreachable)?;
            answer.body_mut().read_json().map_err(unreachable)
        });
        sent.await.map_err(|e| Failure::new("INTERNAL_ERROR", e.to_string()))?
    }
}

/// The refusal in an answer: of the host at its top, of the rules inside a receipt.
pub(crate) fn rejection_of(answer: &Value) -> Option<Rejection> {
    let found = answer.get("rejection").filter(|r| !r.is_null()).or(Some(answer))?;
    let code = found.get("code")?.as_str()?;
    let mut rejection =
        Rejection { code: code.to_owned().into(), context: std::collections::BTreeMap::new() };
    for (name, value) in found.get("context").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        rejection.context.insert(name.clone().into(), value);
    }
    Some(rejection)
}

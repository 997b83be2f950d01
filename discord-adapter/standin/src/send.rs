//! Sending interactions to the application: signed to its endpoint, with the answers that come inline, or through the
//! gateway.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ed25519_dalek::Signer;
use serde_json::Value;

use crate::judge::violation;
use crate::multipart;
use crate::people::{self, Person, Spot};
use crate::serve::Standin;
use crate::state::{FIRST, Refusal, Told};

/// What is done to a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    /// Nothing.
    None,
    /// One byte of the body is another.
    Body,
    /// The signature is another's.
    Signature,
    /// There is no signature.
    Unsigned,
    /// Signed so many seconds away from now.
    Aged(i64),
}

/// A request as it went out, to be sent again.
#[derive(Debug, Clone)]
pub struct Request {
    /// The timestamp's header.
    pub timestamp: String,
    /// The signature's header; none where there is none.
    pub signature: Option<String>,
    /// The body.
    pub body: Bytes,
}

/// How the application took an interaction.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The interaction's id.
    pub id: u64,
    /// Its token.
    pub token: String,
    /// The HTTP status; 0 where none came. Through the gateway 200 stands for a first answer in time.
    pub status: u16,
    /// The body of the answer.
    pub answer: Value,
    /// How the stand-in took that answer as a callback; none if it was none.
    pub refused: Option<Refusal>,
    /// What was sent. Through the gateway nothing is signed.
    pub request: Request,
}

impl Standin {
    /// Someone uses a slash command.
    pub async fn command(
        &self,
        person: &Person,
        spot: Spot,
        path: &str,
        options: &[(&str, u64, Value)],
    ) -> Delivery {
        self.send(people::interaction(2, person, spot, &people::command(path, options)), Tamper::None).await
    }

    /// Someone types a command.
    pub async fn typing(
        &self,
        person: &Person,
        spot: Spot,
        path: &str,
        option: &str,
        typed: &str,
    ) -> Delivery {
        self.send(people::interaction(4, person, spot, &people::typing(path, option, typed)), Tamper::None)
            .await
    }

    /// Someone presses a button of a message.
    pub async fn press(&self, person: &Person, spot: Spot, message: u64, custom_id: &str) -> Delivery {
        let mut value = people::interaction(3, person, spot, &people::button(custom_id));
        let known = self.state().messages.get(&message).cloned();
        let application = self.options().application;
        if let Some(known) = known {
            value["message"] = people::message(application, message, &known);
        }
        self.send(value, Tamper::None).await
    }

    /// Someone sends a form.
    pub async fn form(
        &self,
        person: &Person,
        spot: Spot,
        custom_id: &str,
        texts: &[(&str, &str)],
    ) -> Delivery {
        self.send(people::interaction(5, person, spot, &people::form(custom_id, texts)), Tamper::None).await
    }

    /// Discord looks whether the endpoint is there.
    pub async fn ping(&self, tamper: Tamper) -> Delivery {
        let nobody = Person::member(1, "discord");
        self.send(people::interaction(1, &nobody, Spot { guild: None, channel: 1 }, &Value::Null), tamper)
            .await
    }

    /// Sends an interaction; its id, token and application are put in where they are missing.
    pub async fn send(&self, mut value: Value, tamper: Tamper) -> Delivery {
        let application = self.options().application;
        let (id, token) = {
            let mut state = self.state();
            let id = value["id"].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| state.id());
            let token = value["token"].as_str().map_or_else(|| format!("standin-{id}"), str::to_owned);
            let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
            let told = Told {
                id,
                kind: value["type"].as_u64().unwrap_or(0),
                channel: number(&value["channel_id"]).unwrap_or(0),
                at: state.now(),
                on: number(&value["message"]["id"]),
                first: None,
                original: None,
                deferred: false,
                more: Vec::new(),
            };
            if !state.interactions.contains_key(&token) {
                state.sent(&token, told);
            }
            (id, token)
        };
        value["id"] = id.to_string().into();
        value["token"] = token.clone().into();
        value["application_id"] = application.to_string().into();
        if self.options().endpoint.is_empty() {
            return self.through_gateway(id, &token, &value).await;
        }
        let request = self.sign(value.to_string().into_bytes(), tamper);
        self.deliver(id, &token, request).await
    }

    /// Sends an interaction through the gateway, and waits for its first answer as long as Discord would.
    async fn through_gateway(&self, id: u64, token: &str, value: &Value) -> Delivery {
        let request = Request { timestamp: String::new(), signature: None, body: value.to_string().into() };
        let mut delivery =
            Delivery { id, token: token.to_owned(), status: 0, answer: Value::Null, refused: None, request };
        let guild = value["guild_id"].as_str().and_then(|text| text.parse().ok());
        if !self.state().gateway.dispatch(guild, "INTERACTION_CREATE", value) {
            return delivery;
        }
        let until = tokio::time::Instant::now() + FIRST;
        loop {
            let told = self.inner.answered.notified();
            tokio::pin!(told);
            // From here on nothing is missed, whenever it is polled.
            told.as_mut().enable();
            if let Some(first) = self.state().interactions.get(token).and_then(|told| told.first.clone()) {
                delivery.status = 200;
                delivery.answer = first;
                return delivery;
            }
            if tokio::time::timeout_at(until, told).await.is_err() {
                return delivery;
            }
        }
    }

    /// Signs a body.
    #[must_use]
    pub fn sign(&self, mut body: Vec<u8>, tamper: Tamper) -> Request {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |span| span.as_secs().cast_signed());
        let seconds = if let Tamper::Aged(by) = tamper { now + by } else { now };
        let timestamp = seconds.to_string();
        let mut signature = self.inner.key.sign(&[timestamp.as_bytes(), &body].concat()).to_bytes();
        match tamper {
            Tamper::Body => {
                if let Some(last) = body.last_mut() {
                    *last = last.wrapping_add(1);
                }
            }
            Tamper::Signature => signature[5] ^= 1,
            Tamper::None | Tamper::Unsigned | Tamper::Aged(_) => {}
        }
        let signature = (tamper != Tamper::Unsigned).then(|| hex::encode(signature));
        Request { timestamp, signature, body: body.into() }
    }

    /// Sends a request as it stands; the status, 0 where no answer came, and the body of the answer, which nobody judges.
    pub async fn post(&self, request: &Request) -> (u16, Bytes) {
        match self.ask(request).send().await {
            Ok(response) => (response.status().as_u16(), response.bytes().await.unwrap_or_default()),
            Err(_) => (0, Bytes::new()),
        }
    }

    fn ask(&self, request: &Request) -> reqwest::RequestBuilder {
        let endpoint = self.options().endpoint.clone();
        let mut ask = self.inner.client.post(endpoint).header("content-type", "application/json");
        ask = ask.header("x-signature-timestamp", &request.timestamp);
        if let Some(signature) = &request.signature {
            ask = ask.header("x-signature-ed25519", signature);
        }
        ask.body(request.body.clone())
    }

    /// Sends a request as it stands, and takes an inline answer for the interaction's first one.
    pub async fn deliver(&self, id: u64, token: &str, request: Request) -> Delivery {
        let ask = self.ask(&request);
        let mut delivery =
            Delivery { id, token: token.to_owned(), status: 0, answer: Value::Null, refused: None, request };
        let Ok(response) = ask.send().await else { return delivery };
        delivery.status = response.status().as_u16();
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let body = response.bytes().await.unwrap_or_default();
        let read = multipart::read(&kind, &body);
        if delivery.status == 200 {
            let mut state = self.state();
            match read {
                Some((value, files)) => {
                    if !kind.starts_with("application/json") {
                        state.violations.push(violation("inline", format!("content type {kind:?}")));
                    }
                    delivery.refused = state.callback(token, &value, files).err();
                    delivery.answer = value;
                }
                None => state.violations.push(violation("inline", "the answer can not be read")),
            }
        } else if let Some((value, _)) = read {
            delivery.answer = value;
        }
        delivery
    }
}

//! The calls by name.

use std::time::Duration;

use discord_adapter::interaction::Token;
use discord_adapter::reply::Attachment;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::body::quiet;
use super::limiter::Key;
use super::{Again, Body, Call, Code, Rest, RestError};

/// The first answer is of no use after this.
const CALLBACK: Duration = Duration::from_millis(2_500);

/// Where an interaction's answers go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The interaction.
    pub id: String,
    /// Its token.
    pub token: Token,
}

/// The commands of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lists {
    /// The server.
    pub guild: u64,
}

/// Where the gateway is, and what Discord advises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayAdvice {
    /// Its address.
    pub url: String,
    /// How many shards are advised.
    pub shards: u32,
    /// How many sessions may still be begun until [`GatewayAdvice::reset_after`] has passed.
    pub remaining: u64,
    /// How long until all may be begun again.
    pub reset_after: Duration,
}

impl Lists {
    fn call(self, rest: &Rest, method: Method, route: &'static str) -> Call {
        let path = format!("/applications/{}/guilds/{}/commands", rest.application(), self.guild);
        rest.call(method, route, path, self.guild.to_string())
    }

    /// The commands as Discord has them, with their texts in all languages.
    ///
    /// # Errors
    /// [`RestError`]; [`Code::MissingAccess`] where the application is not in the server.
    pub async fn get(self, rest: &Rest) -> Result<Value, RestError> {
        let mut call = self.call(rest, Method::GET, "GET /applications/guilds/commands");
        call.path.push_str("?with_localizations=true");
        rest.send(&call).await
    }

    /// Puts this list in the place of the one that is there.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn overwrite(self, rest: &Rest, list: &Value) -> Result<Value, RestError> {
        let call = self.call(rest, Method::PUT, "PUT /applications/guilds/commands");
        rest.send(&Call { body: Some(Body::json(list)), ..call }).await
    }
}

impl Rest {
    /// A call in the bot's name that may be sent again.
    fn call(&self, method: Method, route: &'static str, path: String, major: String) -> Call {
        let key = Key { route, major };
        Call { method, path, key, body: None, again: Again::Safe, bot: true, until: self.until() }
    }

    /// A call with an interaction's token, which needs no other.
    fn webhook(&self, method: Method, route: &'static str, to: &Answered, tail: &str) -> Call {
        let path = format!("/webhooks/{}/{}{tail}", self.application(), to.token.expose());
        Call { bot: false, ..self.call(method, route, path, to.id.clone()) }
    }

    /// Gives the first answer to an interaction.
    ///
    /// # Errors
    /// [`RestError`]; [`Code::UnknownInteraction`] when it comes too late, [`Code::AlreadyAcknowledged`] when somebody
    /// else has answered.
    pub async fn callback(&self, to: &Answered, body: &Value, files: &[Attachment]) -> Result<(), RestError> {
        let mut body = body.clone();
        if matches!(body["type"].as_u64(), Some(4 | 7)) {
            body["data"] = quiet(&body["data"]);
        }
        let path = format!("/interactions/{}/{}/callback", to.id, to.token.expose());
        let call = self.call(Method::POST, "POST /interactions/callback", path, to.id.clone());
        let until = call.until.min(Instant::now() + CALLBACK);
        let call = Call { body: Some(Body::with_files(&body, files).await), bot: false, until, ..call };
        match self.sent(&call).await {
            // Of several attempts an earlier one was heard.
            (2.., Err(error)) if error.code() == Some(Code::AlreadyAcknowledged) => Ok(()),
            (_, ending) => ending.map(drop),
        }
    }

    /// Draws the first answer anew.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn edit_original(
        &self,
        to: &Answered,
        message: &Value,
        files: &[Attachment],
    ) -> Result<(), RestError> {
        let route = "PATCH /webhooks/messages/@original";
        let call = self.webhook(Method::PATCH, route, to, "/messages/@original");
        self.send(&Call { body: Some(Body::with_files(&quiet(message), files).await), ..call })
            .await
            .map(drop)
    }

    /// Takes the first answer away. Gone already is well.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn delete_original(&self, to: &Answered) -> Result<(), RestError> {
        let route = "DELETE /webhooks/messages/@original";
        match self.send(&self.webhook(Method::DELETE, route, to, "/messages/@original")).await {
            Err(error) if error.code() == Some(Code::UnknownMessage) => Ok(()),
            ending => ending.map(drop),
        }
    }

    /// Says one thing more; answers the message's id. Never sent twice: when no answer comes it may stand or not.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn follow_up(
        &self,
        to: &Answered,
        message: &Value,
        files: &[Attachment],
    ) -> Result<u64, RestError> {
        let call = self.webhook(Method::POST, "POST /webhooks", to, "?wait=true");
        let call =
            Call { body: Some(Body::with_files(&quiet(message), files).await), again: Again::Never, ..call };
        self.send(&call).await.map(|message| id(&message))
    }

    /// Posts into a channel; answers the message's id. With a nonce (at most 25 characters) Discord itself drops the
    /// second of two, so the call may be sent again.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn post(
        &self,
        channel: u64,
        message: &Value,
        files: &[Attachment],
        nonce: Option<&str>,
    ) -> Result<u64, RestError> {
        let mut message = quiet(message);
        if let Some(nonce) = nonce {
            message["nonce"] = nonce.into();
            message["enforce_nonce"] = true.into();
        }
        let again = if nonce.is_some() { Again::Safe } else { Again::Never };
        let path = format!("/channels/{channel}/messages");
        let call = self.call(Method::POST, "POST /channels/messages", path, channel.to_string());
        let call = Call { body: Some(Body::with_files(&message, files).await), again, ..call };
        self.send(&call).await.map(|message| id(&message))
    }

    /// The channels of a server.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn channels(&self, guild: u64) -> Result<Value, RestError> {
        let path = format!("/guilds/{guild}/channels");
        self.send(&self.call(Method::GET, "GET /guilds/channels", path, guild.to_string())).await
    }

    /// Makes a channel of text; answers its id. Never sent twice: when no answer comes it may be there or not.
    ///
    /// # Errors
    /// [`RestError`]; [`Code::MissingPermissions`] without Manage Channels.
    pub async fn create_channel(&self, guild: u64, name: &str, topic: &str) -> Result<u64, RestError> {
        let path = format!("/guilds/{guild}/channels");
        let call = self.call(Method::POST, "POST /guilds/channels", path, guild.to_string());
        let body = json!({ "name": name, "type": 0, "topic": topic });
        let call = Call { body: Some(Body::json(&body)), again: Again::Never, ..call };
        self.send(&call).await.map(|channel| id(&channel))
    }

    /// A channel.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn channel(&self, channel: u64) -> Result<Value, RestError> {
        let path = format!("/channels/{channel}");
        self.send(&self.call(Method::GET, "GET /channels", path, channel.to_string())).await
    }

    /// Sets what stands above a channel.
    ///
    /// # Errors
    /// [`RestError`]; [`Code::MissingPermissions`] without Manage Channels.
    pub async fn set_topic(&self, channel: u64, topic: &str) -> Result<(), RestError> {
        let path = format!("/channels/{channel}");
        let call = self.call(Method::PATCH, "PATCH /channels", path, channel.to_string());
        let body = json!({ "topic": topic });
        self.send(&Call { body: Some(Body::json(&body)), ..call }).await.map(drop)
    }

    /// Pins a message of a channel.
    ///
    /// # Errors
    /// [`RestError`]; [`Code::MissingPermissions`] without Pin Messages.
    pub async fn pin(&self, channel: u64, message: u64) -> Result<(), RestError> {
        let path = format!("/channels/{channel}/messages/pins/{message}");
        let call = self.call(Method::PUT, "PUT /channels/messages/pins", path, channel.to_string());
        self.send(&call).await.map(drop)
    }

    /// The channel of private messages with a user. Only for those who asked for messages.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn private_channel(&self, user: u64) -> Result<u64, RestError> {
        let path = "/users/@me/channels".to_owned();
        let call = self.call(Method::POST, "POST /users/@me/channels", path, String::new());
        let body = json!({ "recipient_id": user.to_string() });
        self.send(&Call { body: Some(Body::json(&body)), ..call }).await.map(|channel| id(&channel))
    }

    /// Where the gateway is.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn gateway(&self) -> Result<GatewayAdvice, RestError> {
        let path = "/gateway/bot".to_owned();
        let value = self.send(&self.call(Method::GET, "GET /gateway/bot", path, String::new())).await?;
        let limit = &value["session_start_limit"];
        Ok(GatewayAdvice {
            url: value["url"].as_str().unwrap_or_default().to_owned(),
            shards: value["shards"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or(1),
            // Where nothing is said of a limit, there is none.
            remaining: limit["remaining"].as_u64().unwrap_or(u64::MAX),
            reset_after: Duration::from_millis(limit["reset_after"].as_u64().unwrap_or(0)),
        })
    }

    /// The application that the token belongs to.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn own_application(&self) -> Result<Value, RestError> {
        let path = "/applications/@me".to_owned();
        self.send(&self.call(Method::GET, "GET /applications/@me", path, String::new())).await
    }

    /// A server that the application is in.
    ///
    /// # Errors
    /// [`RestError`]; [`Code::MissingAccess`] where it is not.
    pub async fn guild(&self, guild: u64) -> Result<Value, RestError> {
        let path = format!("/guilds/{guild}");
        self.send(&self.call(Method::GET, "GET /guilds", path, guild.to_string())).await
    }

    /// The permission bits that the bot has in a server by its roles, before what single channels add or take away; none
    /// where it is not in that server.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn permissions(&self, guild: u64) -> Result<Option<u64>, RestError> {
        // The list is by id, so the first after the one before is this one.
        let path = format!("/users/@me/guilds?limit=1&after={}", guild.saturating_sub(1));
        let found = self.send(&self.call(Method::GET, "GET /users/@me/guilds", path, String::new())).await?;
        let found = found.as_array().and_then(|all| all.first()).filter(|found| id(found) == guild);
        Ok(found.and_then(|found| found["permissions"].as_str()?.parse().ok()))
    }
}

fn id(object: &Value) -> u64 {
    object["id"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

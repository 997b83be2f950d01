//! Signing in through Discord: the page on which a person agrees, and the endpoints that a server asks afterwards.
//!
//! As strict as Discord is: a code is good once, for a minute, for the application, the secret and the address that it was
//! given for; and with PKCE for whoever has the verifier.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::people::Person;
use crate::serve::{Inner, Standin};

/// How long a code is good.
pub const CODE_LIFE: Duration = Duration::from_secs(60);

/// A code that was given.
#[derive(Debug, Clone)]
struct Grant {
    user: u64,
    challenge: Option<String>,
    redirect: String,
    until: Duration,
    used: bool,
}

/// What is remembered of sign-ins.
#[derive(Debug)]
pub struct OAuth {
    /// The application's secret.
    pub secret: String,
    /// The addresses that people may be sent back to.
    pub redirects: Vec<String>,
    /// How many access tokens were given out and not given back.
    pub tokens: BTreeMap<String, u64>,
    names: BTreeMap<u64, String>,
    codes: BTreeMap<String, Grant>,
    count: u64,
}

impl Default for OAuth {
    fn default() -> Self {
        Self {
            secret: "standin-client-secret".to_owned(),
            redirects: vec!["https://play.example/signed-in".to_owned()],
            tokens: BTreeMap::new(),
            names: BTreeMap::new(),
            codes: BTreeMap::new(),
            count: 0,
        }
    }
}

pub(crate) fn routes() -> Router<Arc<Inner>> {
    Router::new()
        .route("/oauth2/token", post(token))
        .route("/oauth2/token/revoke", post(revoke))
        .route("/users/@me", get(me))
}

/// The fields of a form or a query.
fn fields(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            (other, _) => {
                bytes.push(*other);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn base64url(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for n in 0..=chunk.len() {
            text.push(char::from(SIGNS[(word >> (18 - 6 * n)) as usize & 63]));
        }
    }
    text
}

fn base64_decoded(text: &str) -> Option<String> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut word, mut bits, mut bytes) = (0_u32, 0, Vec::new());
    for sign in text.trim_end_matches('=').bytes() {
        word = (word << 6) | SIGNS.iter().position(|known| *known == sign)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn refused(error: &str) -> Response {
    answer(if error == "invalid_client" { 401 } else { 400 }, &json!({ "error": error }))
}

impl Standin {
    /// A person agrees on the page to which they were sent, and is sent back: the address with code and state.
    ///
    /// # Errors
    /// What Discord's page would say instead.
    pub fn agree(&self, person: &Person, page: &str) -> Result<String, String> {
        let (path, query) = page.split_once('?').ok_or("the page has no query")?;
        if !path.ends_with("/oauth2/authorize") {
            return Err(format!("{path} is no page of Discord's"));
        }
        let mut asked = fields(query);
        let mut take = |name: &str| asked.remove(name).unwrap_or_default();
        let application = self.options().application.to_string();
        for (name, expected) in
            [("client_id", application.as_str()), ("response_type", "code"), ("scope", "identify")]
        {
            let found = take(name);
            if found != expected {
                return Err(format!("{name} is {found:?}"));
            }
        }
        let (redirect, state, challenge) = (take("redirect_uri"), take("state"), take("code_challenge"));
        if !challenge.is_empty() && take("code_challenge_method") != "S256" {
            return Err("the challenge is not S256".to_owned());
        }
        let mut known = self.state();
        if !known.oauth.redirects.contains(&redirect) {
            return Err(format!("{redirect} is not registered"));
        }
        let now = known.now();
        let oauth = &mut known.oauth;
        oauth.count += 1;
        let code = format!("standin-code-{}", oauth.count);
        let challenge = Some(challenge).filter(|text| !text.is_empty());
        let (user, until) = (person.id, now + CODE_LIFE);
        oauth.names.insert(user, person.name.clone());
        let grant = Grant { user, challenge, redirect: redirect.clone(), until, used: false };
        oauth.codes.insert(code.clone(), grant);
        let joined = if redirect.contains('?') { '&' } else { '?' };
        Ok(format!("{redirect}{joined}code={code}&state={state}"))
    }
}

/// Whether the application's id and secret were shown, in the header or in the form.
fn is_application(me: &Inner, headers: &HeaderMap, form: &BTreeMap<String, String>) -> bool {
    let application = me.options.lock().map(|options| options.application).unwrap_or_default();
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = header.and_then(|text| text.strip_prefix("Basic ")).and_then(base64_decoded);
    let shown = basic.or_else(|| Some(format!("{}:{}", form.get("client_id")?, form.get("client_secret")?)));
    shown == Some(format!("{application}:{}", me.state().oauth.secret))
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

async fn token(Shared(me): Shared<Arc<Inner>>, headers: HeaderMap, body: String) -> Response {
    let form = fields(&body);
    if !is_form(&headers) {
        return refused("invalid_request");
    }
    if !is_application(&me, &headers, &form) {
        return refused("invalid_client");
    }
    if form.get("grant_type").map(String::as_str) != Some("authorization_code") {
        return refused("unsupported_grant_type");
    }
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let mut state = me.state();
    let now = state.now();
    let oauth = &mut state.oauth;
    let Some(grant) = oauth.codes.get_mut(&field("code")) else { return refused("invalid_grant") };
    let proven = grant
        .challenge
        .as_ref()
        .is_none_or(|challenge| *challenge == base64url(&Sha256::digest(field("code_verifier").as_bytes())));
    if grant.used || now > grant.until || grant.redirect != field("redirect_uri") || !proven {
        return refused("invalid_grant");
    }
    grant.used = true;
    let user = grant.user;
    oauth.count += 1;
    let access = format!("standin-{}-access", oauth.count);
    oauth.tokens.insert(access.clone(), user);
    answer(
        200,
        &json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 604_800, "scope": "identify",
            "refresh_token": format!("standin-{}-refresh", oauth.count),
        }),
    )
}

async fn revoke(Shared(me): Shared<Arc<Inner>>, headers: HeaderMap, body: String) -> Response {
    let form = fields(&body);
    if !is_form(&headers) || !is_application(&me, &headers, &form) {
        return refused("invalid_client");
    }
    me.state().oauth.tokens.remove(form.get("token").map(String::as_str).unwrap_or_default());
    answer(200, &json!({}))
}

async fn me(Shared(me): Shared<Arc<Inner>>, headers: HeaderMap) -> Response {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = header.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
    let state = me.state();
    match state.oauth.tokens.get(shown) {
        None => answer(401, &json!({ "message": "401: Unauthorized", "code": 0 })),
        Some(user) => answer(
            200,
            &json!({
                "id": user.to_string(), "username": state.oauth.names.get(user), "discriminator": "0",
                "global_name": null, "avatar": null, "public_flags": 0, "flags": 0, "locale": "en-GB",
                "mfa_enabled": false,
            }),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_digests_are_read_as_written() {
        assert_eq!(
            fields("a=b%20c+d&e=%2F%zz&f="),
            BTreeMap::from(
                [("a", "b c d"), ("e", "/%zz"), ("f", "")].map(|(n, v)| (n.to_owned(), v.to_owned()))
            )
        );
        // RFC 7636, appendix B.
        let digest = Sha256::digest(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(base64url(&digest), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(
            ["Zg==", "Zm8=", "Zm9v"].map(base64_decoded),
            ["f", "fo", "foo"].map(|t| Some(t.to_owned()))
        );
    }
}

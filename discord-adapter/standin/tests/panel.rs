//! The page for people: what is done on it reaches the application, and what came back stands on it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

use std::net::SocketAddr;

use axum::routing::post;
use axum::{Json, Router};
use discord_standin::{Judge, Options, Standin, panel};
use serde_json::{Value, json};

/// An application that answers everything with a message, and a button's press with a form.
async fn application() -> SocketAddr {
    let answer = |Json(interaction): Json<Value>| async move {
        let row = |one: Value| json!([{ "type": 1, "components": [one] }]);
        Json(match interaction["type"].as_u64() {
            Some(1) => json!({ "type": 1 }),
            Some(3) => {
                let entry = json!({ "type": 4, "custom_id": "name", "label": "Name", "style": 1 });
                json!({ "type": 9, "data": { "custom_id": "f", "title": "Form", "components": row(entry) } })
            }
            _ => {
                let said = interaction["data"].to_string() + interaction["locale"].as_str().unwrap();
                let button = json!({ "type": 2, "style": 2, "label": "Go", "custom_id": "b" });
                json!({ "type": 4, "data": {
                    "embeds": [{ "title": "told", "description": said }], "components": row(button),
                    "allowed_mentions": { "parse": [] },
                } })
            }
        })
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
    address
}

/// A request by hand: the panel is on loopback and speaks plain HTTP.
async fn ask(panel: SocketAddr, head: &str, kind: &str, body: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(panel).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: {panel}\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn wish(panel: SocketAddr, what: Value) -> Value {
    let (status, body) = ask(panel, "POST /do", "application/json", &what.to_string()).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_plays_on_the_page() {
    let options = Options { endpoint: format!("http://{}/", application().await), ..Options::default() };
    let guild = options.guilds[0].to_string();
    let standin = Standin::start(options, Judge::default()).await.unwrap();
    let panel = panel::open(&standin, ([127, 0, 0, 1], 0).into()).await.unwrap();
    let (status, page) = ask(panel, "GET /", "text/plain", "").await;
    assert!(status == 200 && page.contains("</html>"));
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing comes from elsewhere");
    let command = json!({
        "act": "command", "who": "bob", "guild": guild, "locale": "de", "path": "map tile",
        "options": [{ "name": "x", "type": 4, "value": 7 }],
    });
    let told = wish(panel, command).await;
    assert_eq!((told["status"].as_u64(), &told["refused"]), (Some(200), &Value::Null), "{told}");
    let seen = || async {
        serde_json::from_str::<Value>(&ask(panel, "GET /look", "text/plain", "").await.1).unwrap()
    };
    let look = seen().await;
    let message = &look["messages"][0];
    let said = message["body"]["embeds"][0]["description"].as_str().unwrap();
    assert!(said.contains("\"x\"") && said.ends_with("de"), "{said}");
    assert_eq!(
        (look["broken"].as_array().unwrap().len(), &look["answers"][0]["first"]),
        (0, &json!(4)),
        "{look}"
    );
    let press = json!({ "act": "press", "guild": guild, "message": message["id"], "custom_id": "b" });
    assert_eq!(wish(panel, press).await["answer"]["data"]["title"], "Form");
    let form = json!({ "act": "form", "guild": guild, "custom_id": "f", "fields": { "name": "x" } });
    assert_eq!(wish(panel, form).await["status"], 200);
    assert_eq!(seen().await["messages"].as_array().unwrap().len(), 2);
    wish(panel, json!({ "act": "fault", "fault": "429 user" })).await;
    wish(panel, json!({ "act": "fault", "fault": "drop before" })).await;
    assert_eq!(seen().await["faults"].as_array().unwrap().len(), 2);
    wish(panel, json!({ "act": "calm" })).await;
    assert_eq!(seen().await["faults"], json!([]));
    // A page from elsewhere can not send this kind of body without asking first, and is not answered.
    let (status, _) = ask(panel, "POST /do", "text/plain", "{\"act\":\"ping\"}").await;
    assert_eq!(status, 415);
    let (status, _) = ask(panel, "POST /do", "application/json", "{\"act\":\"nonsense\"}").await;
    assert_eq!(status, 400);
}

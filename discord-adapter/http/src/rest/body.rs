//! Bodies of calls: JSON, or JSON beside files as `multipart/form-data`.

use discord_adapter::reply::Attachment;
use discord_adapter::{lang, limits};
use schemas::Hash;
use serde_json::{Value, json};

/// A body with its content type.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    /// The header `Content-Type`.
    pub(crate) kind: String,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
}

/// A file as it is sent.
struct File {
    name: String,
    kind: &'static str,
    bytes: Vec<u8>,
}

impl Body {
    /// A JSON body without files.
    pub(crate) fn json(payload: &Value) -> Self {
        Self::of(payload, &[])
    }

    /// A JSON body with files; pictures are painted where nothing waits for the thread.
    pub(crate) async fn with_files(payload: &Value, files: &[Attachment]) -> Self {
        if files.is_empty() {
            return Self::json(payload);
        }
        match made(files).await {
            Ok(files) => Self::of(payload, &files),
            Err(error) => {
                tracing::error!(%error, "a picture can not be painted; the text goes alone");
                let mut payload = payload.clone();
                let message = if payload["data"].is_object() { &mut payload["data"] } else { &mut payload };
                without_files(message, files);
                Self::json(&payload)
            }
        }
    }

    /// The JSON; with files it is the first part.
    fn of(payload: &Value, files: &[File]) -> Self {
        let text = payload.to_string();
        if files.is_empty() {
            return Self { kind: "application/json".to_owned(), bytes: text.into_bytes() };
        }
        // A border made of the content's digest can not stand in the content.
        let mut all = text.clone().into_bytes();
        files.iter().for_each(|file| all.extend_from_slice(&file.bytes));
        let border = format!("annals-{}", Hash::of(&all));
        let mut bytes = Vec::with_capacity(all.len() + 512 * (1 + files.len()));
        let mut part = |head: &str, body: &[u8]| {
            bytes.extend_from_slice(format!("--{border}\r\n{head}\r\n\r\n").as_bytes());
            bytes.extend_from_slice(body);
            bytes.extend_from_slice(b"\r\n");
        };
        let json = "Content-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json";
        part(json, text.as_bytes());
        for (number, file) in files.iter().enumerate() {
            let name = file_name(&file.name);
            let head = format!(
                "Content-Disposition: form-data; name=\"files[{number}]\"; filename=\"{name}\"\r\nContent-Type: {}",
                file.kind
            );
            part(&head, &file.bytes);
        }
        bytes.extend_from_slice(format!("--{border}--\r\n").as_bytes());
        Self { kind: format!("multipart/form-data; boundary={border}"), bytes }
    }
}

async fn made(files: &[Attachment]) -> Result<Vec<File>, String> {
    let files = files.to_vec();
    let make = move || {
        let file = |file: Attachment| match file {
            Attachment::Picture(picture) => {
                let bytes = pictures::png(&picture.drawing)?;
                Ok(File { name: picture.name, kind: "image/png", bytes })
            }
            Attachment::Document(document) => {
                Ok(File { name: document.name, kind: document.kind, bytes: document.text.into_bytes() })
            }
        };
        files.into_iter().map(file).collect::<Result<Vec<File>, pictures::PaintError>>()
    };
    let made = tokio::task::spawn_blocking(make).await.map_err(|error| error.to_string())?;
    made.map_err(|error| error.to_string())
}

/// Takes the files out of a message; what is said in their stead takes their place.
pub(crate) fn without_files(message: &mut Value, files: &[Attachment]) {
    let Some(fields) = message.as_object_mut() else { return };
    fields.remove("attachments");
    for embed in fields.get_mut("embeds").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(embed) = embed.as_object_mut() else { continue };
        embed.remove("image");
        let said = embed.get("description").and_then(Value::as_str).unwrap_or_default();
        let instead = files.iter().map(|file| match file {
            Attachment::Picture(one) if one.instead.is_empty() => one.alt.clone(),
            Attachment::Picture(one) => one.instead.clone(),
            Attachment::Document(_) => lang::t("The file could not be sent. Try again in a few minutes."),
        });
        let mut text = said.to_owned();
        for one in instead {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&one);
        }
        embed.insert("description".to_owned(), limits::cut(&text, limits::TEXT).into());
    }
}

/// A name that can stand in a header: letters, digits, dots and dashes.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

/// The message with its mentions explicit: nobody is pinged unless the message names them on purpose.
pub(crate) fn quiet(message: &Value) -> Value {
    let mut message = message.clone();
    if let Some(fields) = message.as_object_mut() {
        fields.entry("allowed_mentions").or_insert_with(|| json!({ "parse": [] }));
    }
    message
}

#[cfg(test)]
mod tests {
    use discord_adapter::picture::Sheet;
    use discord_adapter::render::embed;
    use discord_adapter::reply::{Document, Picture};
    use discord_adapter::{Reply, Response};

    use super::*;

    #[test]
    fn files_stand_beside_the_json() {
        let file =
            File { name: "a\"b\r\n.png".into(), kind: "image/png", bytes: b"--annals-\x89PNG".to_vec() };
        let body = Body::of(&json!({ "a": 1 }), &[file]);
        let text = String::from_utf8_lossy(&body.bytes);
        let border = body.kind.split_once("boundary=").unwrap().1;
        assert_eq!(text.matches(border).count(), 3);
        assert!(text.contains("name=\"files[0]\"; filename=\"a_b__.png\""), "{text}");
        assert!(text.contains("\r\n\r\n{\"a\":1}\r\n"), "{text}");
        assert_eq!(Body::json(&json!({})).kind, "application/json");
    }

    #[tokio::test]
    async fn a_picture_is_painted_and_one_that_can_not_be_is_told_in_words() {
        let mut picture = Picture {
            name: "map.png".into(),
            drawing: Sheet::new(4, 4).finish(),
            alt: "a map".into(),
            instead: "```\n.@.\n```".into(),
        };
        let reply = Reply::new("Map", "").pictured(picture.clone());
        let body = Body::with_files(&embed::message(&reply), &reply.files()).await;
        assert!(body.bytes.windows(4).any(|part| part == b"\x89PNG"));
        let document = Document { name: "a.json".into(), kind: "application/json", text: "{}".into() };
        let both = reply.clone().documented(document);
        let body = Body::with_files(&embed::message(&both), &both.files()).await;
        let text = String::from_utf8_lossy(&body.bytes);
        assert!(
            text.contains(
                "name=\"files[1]\"; filename=\"a.json\"\r\nContent-Type: application/json\r\n\r\n{}"
            )
        );
        assert!(text.contains("\"id\":1"), "{text}");
        picture.drawing = Sheet::new(0, 0).finish();
        let broken = [Attachment::Picture(picture.clone())];
        let body = Body::with_files(&embed::callback(&Response::New(reply.clone())), &broken).await;
        let told: Value = serde_json::from_slice(&body.bytes).unwrap();
        assert_eq!(told["data"]["embeds"][0]["description"], picture.instead);
        assert_eq!(
            (&told["data"]["embeds"][0]["image"], &told["data"]["attachments"]),
            (&Value::Null, &Value::Null)
        );
    }

    #[test]
    fn nobody_is_pinged_by_default() {
        assert_eq!(quiet(&json!({ "content": "@everyone" }))["allowed_mentions"], json!({ "parse": [] }));
        let meant = json!({ "allowed_mentions": { "users": ["1"] } });
        assert_eq!(quiet(&meant), meant);
    }
}

//! Bodies of calls: JSON, or JSON beside files as `multipart/form-data`.

use discord_adapter::reply::Picture;
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

impl Body {
    /// A JSON body; with files, the JSON is its first part.
    pub(crate) fn of(payload: &Value, files: &[Picture]) -> Self {
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
                "Content-Disposition: form-data; name=\"files[{number}]\"; filename=\"{name}\"\r\nContent-Type: image/png"
            );
            part(&head, &file.bytes);
        }
        bytes.extend_from_slice(format!("--{border}--\r\n").as_bytes());
        Self { kind: format!("multipart/form-data; boundary={border}"), bytes }
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
    use super::*;

    #[test]
    fn files_stand_beside_the_json() {
        let picture =
            Picture { name: "a\"b\r\n.png".into(), bytes: b"--annals-\x89PNG".to_vec(), alt: String::new() };
        let body = Body::of(&json!({ "a": 1 }), &[picture]);
        let text = String::from_utf8_lossy(&body.bytes);
        let border = body.kind.split_once("boundary=").unwrap().1;
        assert_eq!(text.matches(border).count(), 3);
        assert!(text.contains("name=\"files[0]\"; filename=\"a_b__.png\""), "{text}");
        assert!(text.contains("\r\n\r\n{\"a\":1}\r\n"), "{text}");
        assert_eq!(Body::of(&json!({}), &[]).kind, "application/json");
    }

    #[test]
    fn nobody_is_pinged_by_default() {
        assert_eq!(quiet(&json!({ "content": "@everyone" }))["allowed_mentions"], json!({ "parse": [] }));
        let meant = json!({ "allowed_mentions": { "users": ["1"] } });
        assert_eq!(quiet(&meant), meant);
    }
}

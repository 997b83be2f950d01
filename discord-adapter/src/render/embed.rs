//! A reply as Discord takes it: one embed and old-style rows.

use schemas::WallTime;
use serde_json::{Map, Value, json};

use crate::limits;
use crate::reply::{Attachment, Button, Form, Reply, Response, Row, Style};

/// The flag of a message that only one person sees.
const EPHEMERAL: u64 = 1 << 6;

/// The answer to an interaction, as the body of the callback.
#[must_use]
pub fn callback(response: &Response) -> Value {
    match response {
        Response::Pong => json!({ "type": 1 }),
        Response::New(reply) => json!({ "type": 4, "data": message(reply) }),
        Response::Update(reply) => json!({ "type": 7, "data": edit(reply) }),
        Response::Form(form) => json!({ "type": 9, "data": modal(form) }),
        Response::Choices(choices) => {
            let choices: Vec<Value> = limits::fit_choices(choices.clone())
                .into_iter()
                .map(|(name, value)| json!({ "name": name, "value": value }))
                .collect();
            json!({ "type": 8, "data": { "choices": choices } })
        }
    }
}

/// The reply as a message. What breaks a limit is cut.
#[must_use]
pub fn message(reply: &Reply) -> Value {
    let reply = limits::fit(reply.clone());
    let mut embed = Map::new();
    let mut put = |name: &str, value: Value| embed.insert(name.to_owned(), value);
    if !reply.title.is_empty() {
        put("title", reply.title.as_str().into());
    }
    if !reply.text.is_empty() {
        put("description", reply.text.as_str().into());
    }
    put("color", reply.colour.0.into());
    if !reply.fields.is_empty() {
        let fields = reply.fields.iter();
        let fields = fields.map(|f| json!({ "name": f.name, "value": f.value, "inline": f.inline }));
        put("fields", fields.collect());
    }
    if let Some(text) = &reply.footer {
        put("footer", json!({ "text": text }));
    }
    if let Some(at) = reply.at {
        // RFC 3339, as Discord takes it: every reader sees it by their own clock.
        put("timestamp", WallTime::from_ms(at).to_string().into());
    }
    if let Some(picture) = &reply.picture {
        put("image", json!({ "url": format!("attachment://{}", picture.name) }));
    }
    let rows: Vec<Value> = reply.rows.iter().map(row).collect();
    let mut message = json!({
        "embeds": [embed],
        "components": rows,
        // Names and texts of players may look like mentions: nobody is ever pinged by them.
        "allowed_mentions": { "parse": [] },
    });
    if reply.private {
        message["flags"] = EPHEMERAL.into();
    }
    // Files are numbered in this order: the picture, the document.
    let files: Vec<Value> =
        reply.files().iter().enumerate().map(|(number, file)| attachment(number, file)).collect();
    if !files.is_empty() {
        message["attachments"] = files.into();
    }
    message
}

fn attachment(number: usize, file: &Attachment) -> Value {
    match file {
        Attachment::Picture(one) => json!({ "id": number, "filename": one.name, "description": one.alt }),
        Attachment::Document(one) => json!({ "id": number, "filename": one.name }),
    }
}

/// The reply as the new shape of a message that stands already. Who sees it is settled, so nothing is said of that; a
/// picture that it had goes when there is no new one.
#[must_use]
pub fn edit(reply: &Reply) -> Value {
    let mut message = message(reply);
    if let Some(fields) = message.as_object_mut() {
        fields.remove("flags");
        fields.entry("attachments").or_insert_with(|| json!([]));
    }
    message
}

/// A form with old-style rows, which every client library reads.
fn modal(form: &Form) -> Value {
    let rows = form.entries.iter().map(|entry| {
        json!({ "type": 1, "components": [{
            "type": 4,
            "custom_id": entry.name,
            "style": if entry.long { 2 } else { 1 },
            "label": entry.label,
            "placeholder": entry.placeholder,
            "required": entry.required,
            "max_length": entry.most,
        }]})
    });
    let rows: Vec<Value> = rows.collect();
    json!({ "custom_id": form.id.to_string(), "title": form.title, "components": rows })
}

fn row(row: &Row) -> Value {
    match row {
        Row::Buttons(buttons) => {
            json!({ "type": 1, "components": buttons.iter().map(button).collect::<Vec<_>>() })
        }
        Row::Select(select) => {
            let options = select.options.iter();
            let options: Vec<Value> =
                options.map(|(label, value)| json!({ "label": label, "value": value })).collect();
            json!({ "type": 1, "components": [{
                "type": 3,
                "custom_id": select.id.to_string(),
                "placeholder": select.placeholder,
                "options": options,
            }]})
        }
    }
}

fn button(button: &Button) -> Value {
    let style = match button.style {
        Style::Primary => 1,
        Style::Secondary => 2,
        Style::Danger => 4,
    };
    let mut value = json!({
        "type": 2,
        "style": style,
        "label": button.label,
        "custom_id": button.id.to_string(),
    });
    if button.disabled {
        value["disabled"] = true.into();
    }
    value
}

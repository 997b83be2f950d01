//! Reads `multipart/form-data` as Discord takes it: one part `payload_json`, the others files.

use serde_json::Value;

/// A file that came with a body: its name and its bytes.
pub type File = (String, Vec<u8>);

/// The JSON and the files of a body; none if it can not be read.
pub(crate) fn read(kind: &str, body: &[u8]) -> Option<(Value, Vec<File>)> {
    let Some(border) = kind.strip_prefix("multipart/form-data").and_then(|rest| rest.split_once("boundary="))
    else {
        return if body.is_empty() {
            Some((Value::Null, Vec::new()))
        } else {
            Some((serde_json::from_slice(body).ok()?, Vec::new()))
        };
    };
    let border = format!("--{}", border.1.trim_matches('"'));
    let mut payload = None;
    let mut files = Vec::new();
    let mut rest = after(body, border.as_bytes())?;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, format!("\r\n{border}").as_bytes())?;
        let head_end = find(part, b"\r\n\r\n").filter(|at| *at < end)?;
        let (head, content) =
            (String::from_utf8_lossy(&part[..head_end]).into_owned(), &part[head_end + 4..end]);
        if value(&head, "name=\"") == Some("payload_json") {
            payload = serde_json::from_slice(content).ok();
        } else {
            files.push((value(&head, "filename=\"")?.to_owned(), content.to_vec()));
        }
        rest = &part[end + 2 + border.len()..];
    }
    let mut payload: Value = payload?;
    name(&mut payload, &files);
    Some((payload, files))
}

/// A file's name may stand beside its bytes alone: puts it where the message describes the file.
fn name(payload: &mut Value, files: &[File]) {
    let message = if payload["data"].is_object() { &mut payload["data"] } else { payload };
    for one in message.get_mut("attachments").and_then(Value::as_array_mut).into_iter().flatten() {
        let id = &one["id"];
        let number = id.as_u64().or_else(|| id.as_str()?.parse().ok());
        let number = number.and_then(|number| usize::try_from(number).ok());
        if let Some((name, _)) = number.and_then(|number| files.get(number))
            && one["filename"].is_null()
        {
            one["filename"] = name.clone().into();
        }
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn after<'a>(text: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    find(text, wanted).map(|at| &text[at + wanted.len()..])
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    // The name of a part begins with a blank, so that "name=" is not found within "filename=".
    let at = head.find(&format!(" {name}"))? + 1 + name.len();
    head[at..].split('"').next()
}

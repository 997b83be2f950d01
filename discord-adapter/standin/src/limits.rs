//! Limits of routes as a real answer tells them, and as they are kept where it is asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::Response;

use crate::faults::Limit;

/// A bucket's span: when it is over, and how many calls came in it.
type Span = (Duration, u32);

/// What was called of late.
#[derive(Debug, Default)]
pub struct Buckets {
    spans: BTreeMap<String, Span>,
    /// Calls that were refused because a bucket was empty.
    pub overrun: u64,
}

/// What a bucket says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    name: String,
    limit: u32,
    remaining: u32,
    reset_after: Duration,
}

/// The route without ids, which names the bucket, and the first id in it, by which buckets are told apart.
fn bucket(method: &str, path: &str) -> (String, String) {
    let mut major = String::new();
    let is_id = |part: &str| part.starts_with("standin-") || part.bytes().all(|b| b.is_ascii_digit());
    let route: Vec<&str> = path
        .split('/')
        .map(|part| {
            if part.is_empty() || !is_id(part) {
                return part;
            }
            // An interaction's token stands behind the application, and it is the token that counts.
            if major.is_empty() || part.starts_with("standin-") {
                part.clone_into(&mut major);
            }
            "{}"
        })
        .collect();
    (format!("{method} {}", route.join("/")), major)
}

impl Buckets {
    /// Takes a call in; how long until it may be made, where its bucket is empty.
    pub(crate) fn take(
        &mut self,
        limit: Option<Limit>,
        method: &str,
        path: &str,
        now: Duration,
    ) -> Result<Standing, Duration> {
        let (route, major) = bucket(method, path);
        let name =
            format!("{:x}", route.bytes().fold(7_u64, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into())));
        let Some(Limit { calls, span }) = limit else {
            return Ok(Standing { name, limit: 50, remaining: 49, reset_after: Duration::from_secs(1) });
        };
        let (until, used) = self.spans.entry(format!("{route} {major}")).or_insert((now + span, 0));
        if *until <= now {
            (*until, *used) = (now + span, 0);
        }
        if *used >= calls {
            self.overrun += 1;
            return Err(*until - now);
        }
        *used += 1;
        Ok(Standing { name, limit: calls, remaining: calls - *used, reset_after: *until - now })
    }
}

impl Standing {
    /// The answer with what the bucket says.
    pub(crate) fn told(&self, mut response: Response) -> Response {
        for (name, value) in [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset-after", format!("{:.3}", self.reset_after.as_secs_f64())),
            ("x-ratelimit-bucket", self.name.clone()),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_a_route_with_its_first_id() {
        let mut buckets = Buckets::default();
        let limit = Some(Limit { calls: 2, span: Duration::from_secs(1) });
        let mut take = |path: &str, ms| buckets.take(limit, "POST", path, Duration::from_millis(ms));
        assert_eq!(take("/channels/1/messages", 0).unwrap().remaining, 1);
        assert_eq!(take("/channels/1/messages", 100).unwrap().remaining, 0);
        assert_eq!(take("/channels/1/messages", 400), Err(Duration::from_millis(600)));
        assert_eq!(take("/channels/2/messages", 400).unwrap().remaining, 1);
        assert_eq!(take("/channels/1/messages", 1_000).unwrap().remaining, 1);
        assert_eq!(take("/webhooks/9/standin-1", 0).unwrap().remaining, 1);
        assert_eq!(take("/webhooks/9/standin-2", 0).unwrap().remaining, 1);
        assert_eq!(buckets.overrun, 1);
    }
}

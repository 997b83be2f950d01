//! Reading events of earlier versions. A version is never changed in place; each has a step to the next.

use std::borrow::Cow;

use schemas::codec::DecodeError;

/// A version with the payload that it reads, if there is one.
type Next<'p> = Option<(u16, Cow<'p, [u8]>)>;

/// The next version of an event with its payload; nothing for what is current or unknown.
///
/// # Errors
/// When a payload is not what its version says.
#[allow(clippy::unnecessary_wraps, reason = "the shape that every game's steps have: most can fail")]
pub(crate) fn event<'p>(kind: &str, version: u16, payload: &'p [u8]) -> Result<Next<'p>, DecodeError> {
    // Version 2 of these knows more causes than version 1: whatever was written then reads the same now.
    let wider = ["ResourcesSpilled", "MarchTurnedBack", "HeroXpGained", "HeroShardGained"];
    Ok((version == 1 && wider.contains(&kind)).then_some((2, Cow::Borrowed(payload))))
}

#[cfg(test)]
mod tests {
    use schemas::codec::Recorded;

    use crate::event::{Event, TurnBackReason};

    #[test]
    fn what_was_written_with_fewer_causes_still_reads() {
        let old = br#"{"march":3,"reason":"city_gone","home_at":5000}"#;
        let Ok(Event::MarchTurnedBack(event)) = Event::decode("MarchTurnedBack", 1, old) else {
            panic!("version 1 does not read");
        };
        assert_eq!(event.reason, TurnBackReason::CityGone);
        assert!(Event::decode("MarchTurnedBack", 3, old).is_err());
    }
}

//! Sentences of refusals (rulebook 4.3).
use schemas::Rejection;
use schemas::rejection::RejectionText;
pub(crate) const CODES: &[&str] = &[];
pub(crate) fn describe(_: &Rejection) -> Option<RejectionText> {
    None
}

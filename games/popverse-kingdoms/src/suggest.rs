//! Suggestions while typing.
use crate::rules::Rules;
use crate::state::State;
use games_core::Asked;
pub(crate) fn suggest(
    _: &Rules,
    _: &State,
    _: &str,
    _: &str,
    _: &str,
    _: &Asked<'_>,
) -> Vec<(String, String)> {
    Vec::new()
}

//! Notices (rulebook 7).
use crate::event::Event;
use crate::rules::Rules;
use crate::state::State;
use games_core::game::Notice;
pub(crate) fn notices(_: &Rules, _: &State, _: &Event, _: &mut Vec<Notice>) {}

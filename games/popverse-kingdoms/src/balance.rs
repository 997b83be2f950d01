//! What a season came to (rulebook 2.16, 3.8 and wherever the rulebook says how seasons go): aggregates from commands and
//! events, figures of the state at the end, and the rulebook's claims held against them. Pure: told of a record, it gives
//! the same report again.

mod battles;
mod claims;
mod economy;
mod people;
mod society;
mod stats;

use games_core::Moment;
use games_core::balance::{Answered, Balance, BalanceReport};

use crate::event::Event;
use crate::game::PopVerse;
use crate::rules::Rules;
use crate::state::State;

/// Watches a season.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    economy: economy::Economy,
    battles: battles::Battles,
    people: people::People,
    society: society::Society,
}

impl Balance<PopVerse> for Watcher {
    fn command(&mut self, state: &State, answered: Answered<'_>) {
        self.people.command(state, answered);
    }

    fn event(&mut self, rules: &Rules, state: &State, event: &Event, at: Moment<'_>) {
        self.economy.event(rules, state, event);
        self.battles.event(rules, state, event);
        self.people.event(rules, state, event, at);
        self.society.event(rules, state, event, at);
    }

    fn report(&self, rules: &Rules, state: &State) -> BalanceReport {
        let sections = [
            self.people.sections(rules, state),
            self.economy.sections(state),
            self.battles.sections(),
            self.society.sections(rules, state),
        ];
        BalanceReport { sections: sections.concat(), claims: claims::claims(self, rules, state) }
    }
}

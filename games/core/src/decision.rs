//! A decision under way: the only place where a game draws dice, numbers new things and makes events.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use schemas::{Allocation, GameTime, Position, Rejection};

use crate::dice::{Rng, Script, Secret};
use crate::game::{Game, Moment};
use crate::ids::Counters;

/// What a command does once nothing speaks against it. It can not refuse any more.
pub type Effect<G> = Box<dyn FnOnce(&mut Decision<'_, G>)>;

/// What a check comes to: a refusal, or an effect.
pub type Checked<G> = Result<Effect<G>, Rejection>;

/// Accepts: what is to happen.
///
/// # Errors
/// Never; it is the accepting half of a check.
pub fn act<G: Game>(effect: impl FnOnce(&mut Decision<'_, G>) + 'static) -> Checked<G> {
    Ok(Box::new(effect))
}

/// Refuses with a code that needs no figures.
///
/// # Errors
/// Always: the refusal.
pub fn refuse<G: Game>(code: &'static str) -> Checked<G> {
    Err(Rejection::new(code))
}

/// Draws that a test lays down, shared by all generators of one decision.
pub type Draws = Option<Script>;

/// Numbers that keep their value when history is re-decided: by kind and ordinal within the cause.
pub type KnownNumbers = BTreeMap<(String, u32), u64>;

/// A decision under way. Each event is folded the moment it is made, so the state always shows what has happened
/// so far within the decision.
pub struct Decision<'a, G: Game> {
    rules: &'a G::Rules,
    state: &'a mut G::State,
    secret: &'a Secret,
    cause: &'a str,
    now: GameTime,
    next: Position,
    counters: &'a mut Counters,
    known: Option<&'a KnownNumbers>,
    draws: Draws,
    events: Vec<G::Event>,
    allocations: Vec<Allocation>,
    ordinals: BTreeMap<&'static str, u32>,
}

/// What [`Decision::new`] needs.
pub struct DecisionInput<'a, G: Game> {
    /// The rules in force.
    pub rules: &'a G::Rules,
    /// The state, folded in place.
    pub state: &'a mut G::State,
    /// The secret of the dice generation in force.
    pub secret: &'a Secret,
    /// Id of the cause.
    pub cause: &'a str,
    /// Game time.
    pub now: GameTime,
    /// Position of the first event to be made.
    pub next: Position,
    /// The world's counters.
    pub counters: &'a mut Counters,
    /// Numbers known from an earlier decision of the same cause.
    pub known: Option<&'a KnownNumbers>,
    /// Draws laid down by a test.
    pub draws: Draws,
}

impl<'a, G: Game> Decision<'a, G> {
    /// Begins a decision.
    #[must_use]
    pub fn new(input: DecisionInput<'a, G>) -> Self {
        Self {
            rules: input.rules,
            state: input.state,
            secret: input.secret,
            cause: input.cause,
            now: input.now,
            next: input.next,
            counters: input.counters,
            known: input.known,
            draws: input.draws,
            events: Vec::new(),
            allocations: Vec::new(),
            ordinals: BTreeMap::new(),
        }
    }

    /// The rules in force. They outlive the decision, so they can be read while events are made.
    #[must_use]
    pub const fn rules(&self) -> &'a G::Rules {
        self.rules
    }

    /// The state, with every event of this decision so far.
    #[must_use]
    pub const fn state(&self) -> &G::State {
        self.state
    }

    /// The events of this decision so far, in order.
    #[must_use]
    pub fn events(&self) -> &[G::Event] {
        &self.events
    }

    /// The world's time.
    #[must_use]
    pub const fn now(&self) -> GameTime {
        self.now
    }

    /// Makes an event: folds it and puts it on the record.
    pub fn emit(&mut self, event: impl Into<G::Event>) {
        let event = event.into();
        let at = Moment { now: self.now, cause: self.cause, position: self.next };
        G::evolve(self.rules, self.state, &event, at);
        self.next = self.next.next();
        self.events.push(event);
    }

    /// The seed of a tagged draw, to be recorded in the event that uses it.
    #[must_use]
    pub fn seed(&self, tag: &str, n: u64) -> u64 {
        self.secret.seed(tag, n)
    }

    /// The generator of a seed. In a test with laid-down draws it answers with those first.
    #[must_use]
    pub fn rng(&self, seed: u64) -> Rng {
        self.draws.as_ref().map_or_else(|| Rng::new(seed), |script| Rng::scripted(seed, Rc::clone(script)))
    }

    /// The secret of the dice generation in force, for what draws many streams, as map generation does.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        self.secret
    }

    /// Numbers a new thing of `kind`, from 1 per world and kind. Decided anew, the same cause gives the same number.
    pub fn allocate(&mut self, kind: &'static str) -> u64 {
        let ordinal = self.ordinals.entry(kind).or_insert(0);
        let known = self.known.and_then(|known| known.get(&(kind.to_owned(), *ordinal))).copied();
        let number = known.unwrap_or_else(|| self.counters.next(kind));
        self.allocations.push(Allocation { kind: kind.into(), ordinal: *ordinal, number });
        *ordinal += 1;
        number
    }

    /// Ends the decision: what it made.
    #[must_use]
    pub fn finish(self) -> (Vec<G::Event>, Vec<Allocation>) {
        (self.events, self.allocations)
    }
}

/// Draws for a test, in order.
#[must_use]
pub fn script(draws: impl IntoIterator<Item = u64>) -> Draws {
    Some(Rc::new(RefCell::new(draws.into_iter().collect())))
}

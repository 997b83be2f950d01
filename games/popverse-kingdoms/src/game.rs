//! The game as the engine sees it: every method leads into the room that answers it.

use games_core::duty::{Counted, Gauge, Handed, Page};
use games_core::game::{BattleRecord, BattleReport, Notice};
use games_core::people::People;
use games_core::tree::CommandTree;
use games_core::view::{Board, Cell, HistoryRow, RowKey, Table};
use games_core::{Asked, Audience, Checked, Decision, Game, Lesson, Moment, Rng, RulesError, has_timers};
use schemas::rejection::RejectionText;
use schemas::{GameTime, PlayerId, Rejection};

use crate::amounts::Res;
use crate::command::Command;
use crate::config::Config;
use crate::event::{Event, SeasonEndReason};
use crate::query::Query;
use crate::rules::{self, Rules};
use crate::state::{State, TimerKey};
use crate::{
    audience, balance, battles, boards, bot, decide, duty, evolve, fire, ledger, lessons, notices, people,
    suggest, tables, text, tree, view,
};

has_timers!(State, TimerKey);

/// The game.
#[derive(Debug, Clone, Copy)]
pub struct PopVerse;

impl Game for PopVerse {
    const NAME: &'static str = "popverse-kingdoms";
    const TITLE: &'static str = "PopVerse Kingdoms";
    const STATE_VERSION: u32 = 7;
    const RULES: &'static str = rules::V1;
    const TREE: &'static CommandTree = &tree::TREE;
    const REJECTIONS: &'static [&'static str] = text::CODES;
    const LESSONS: &'static [Lesson] = lessons::LESSONS;

    type Config = Config;
    type Rules = Rules;
    type Command = Command;
    type Event = Event;
    type State = State;
    type Timer = TimerKey;
    type Query = Query;

    fn parse_rules(text: &str) -> Result<Rules, RulesError> {
        Rules::parse(text).map_err(|error| RulesError { problem: error.to_string() })
    }

    fn check_config(config: &Config) -> Result<(), Rejection> {
        config.check()
    }

    fn genesis(rules: &Rules, config: &Config, opened: GameTime) -> State {
        let anchors = Res::new(rules.market.food_price, rules.market.iron_price, 0);
        State::genesis(config, anchors, opened)
    }

    fn open(decision: &mut Decision<'_, Self>) {
        fire::open(decision);
    }

    fn check(rules: &Rules, state: &State, command: Command, asked: &Asked<'_>) -> Checked<Self> {
        decide::check(rules, state, command, asked)
    }

    fn fire(timer: &TimerKey, decision: &mut Decision<'_, Self>) {
        fire::fire(*timer, decision);
    }

    fn lesson_pays(rules: &Rules, lesson: &Lesson) -> Vec<(&'static str, i64)> {
        lessons::pays(rules, lesson)
    }

    fn pay_lesson(lesson: &Lesson, player: PlayerId, decision: &mut Decision<'_, Self>) {
        lessons::pay(lesson, player, decision);
    }

    fn close(decision: &mut Decision<'_, Self>) {
        fire::end_season(decision, SeasonEndReason::Admin);
    }

    fn evolve(rules: &Rules, state: &mut State, event: &Event, at: Moment<'_>) {
        evolve::evolve(rules, state, event, at);
    }

    fn ended(state: &State) -> bool {
        state.ended
    }

    fn audience(state: &State, event: &Event) -> Audience {
        audience::audience(state, event)
    }

    fn query(
        rules: &Rules,
        state: &State,
        query: Query,
        asked: &Asked<'_>,
    ) -> Result<serde_json::Value, Rejection> {
        view::answer(rules, state, &query, asked)
    }

    fn suggest(
        rules: &Rules,
        state: &State,
        path: &str,
        option: &str,
        typed: &str,
        asked: &Asked<'_>,
    ) -> Vec<(String, String)> {
        suggest::suggest(rules, state, path, option, typed, asked)
    }

    fn describe(rejection: &Rejection) -> Option<RejectionText> {
        text::describe(rejection)
    }

    fn tables() -> &'static [Table] {
        tables::TABLES
    }

    fn touched(state: &State, event: &Event, out: &mut Vec<RowKey>) {
        tables::touched(state, event, out);
    }

    fn row(rules: &Rules, state: &State, key: &RowKey) -> Option<Vec<Cell>> {
        tables::row(rules, state, key)
    }

    fn history(rules: &Rules, state: &State, event: &Event, at: Moment<'_>, out: &mut Vec<HistoryRow>) {
        tables::history(rules, state, event, at, out);
    }

    fn boards() -> &'static [Board] {
        boards::BOARDS
    }

    fn scores(rules: &Rules, state: &State, entity: u64) -> Vec<(usize, i64)> {
        boards::scores(rules, state, entity)
    }

    fn scored(state: &State, event: &Event, out: &mut Vec<u64>) {
        boards::scored(state, event, out);
    }

    fn notices(rules: &Rules, state: &State, event: &Event, out: &mut Vec<Notice>) {
        notices::notices(rules, state, event, out);
    }

    fn news() -> &'static [&'static str] {
        &notices::NEWS
    }

    fn wanting(state: &State, kind: &str) -> Vec<PlayerId> {
        people::wanting(state, kind)
    }

    fn people() -> Option<&'static People> {
        Some(&people::PEOPLE)
    }

    fn bot(rules: &Rules, state: &State, player: PlayerId, now: GameTime, rng: &mut Rng) -> Option<Command> {
        bot::play(rules, state, player, now, rng)
    }

    fn balance() -> Option<Box<dyn games_core::balance::Balance<Self>>> {
        Some(Box::new(balance::Watcher::default()))
    }

    fn battle(event: &Event) -> Option<BattleRecord> {
        battles::record(event)
    }

    fn refight(rules: &Rules, inputs: &serde_json::Value) -> Result<BattleReport, String> {
        battles::refight(rules, inputs)
    }

    fn ledger(event: &Event, out: &mut Vec<(&'static str, i64)>) {
        ledger::ledger(event, out);
    }

    fn holdings(state: &State) -> Vec<(&'static str, i64)> {
        ledger::holdings(state)
    }

    fn place(command: &Command) -> Option<(i64, i64)> {
        duty::place(command)
    }

    fn place_asked(query: &Query) -> Option<(i64, i64)> {
        duty::place_asked(query)
    }

    fn handed(state: &State, event: &Event, out: &mut Vec<Handed>) {
        duty::handed(state, event, out);
    }

    fn counted(event: &Event) -> Option<Counted> {
        duty::counted(event)
    }

    fn gauges(rules: &Rules, state: &State, now: GameTime) -> Vec<Gauge> {
        duty::gauges(rules, state, now)
    }

    fn page(
        rules: &Rules,
        state: &State,
        page: &Page,
        asked: &Asked<'_>,
    ) -> Option<Result<serde_json::Value, Rejection>> {
        Some(view::page_of(decide::Ctx { rules, state, asked }, page))
    }
}

//! Where resources come from and go to, stocks, modifiers, prices (rulebook 2.6, 2.15, 2.16).

use std::collections::BTreeMap;

use games_core::balance::Section;
use serde_json::json;

use crate::amounts::Res;
use crate::event::{EconomyRebalanced, Event, Grant};
use crate::facts::army;
use crate::formulas::production;
use crate::keys::Resource;
use crate::rules::Rules;
use crate::state::State;

/// Why resources come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    Start,
    Production,
    Upkeep,
    Hunts,
    Gathering,
    Quests,
    Exchange,
    Salvage,
    Granted,
    Buildings,
    Research,
    Troops,
    Healing,
    Scouting,
    Donations,
    Guilds,
    Lands,
    LandTax,
    Fees,
    Forge,
    Spilled,
    Left,
}

impl Flow {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Production => "production",
            Self::Upkeep => "upkeep",
            Self::Hunts => "hunts",
            Self::Gathering => "gathering",
            Self::Quests => "quests",
            Self::Exchange => "exchange",
            Self::Salvage => "salvage",
            Self::Granted => "granted",
            Self::Buildings => "buildings",
            Self::Research => "research",
            Self::Troops => "troops",
            Self::Healing => "healing",
            Self::Scouting => "scouting",
            Self::Donations => "donations",
            Self::Guilds => "guilds",
            Self::Lands => "lands",
            Self::LandTax => "land tax",
            Self::Fees => "offer fees",
            Self::Forge => "forge",
            Self::Spilled => "spilled",
            Self::Left => "left with a player",
        }
    }
}

/// What an event brings in or takes out; the sum is the ledger's. Refunds lessen what was spent.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "most events move no resource; a test holds the sum to the ledger"
)]
pub(super) fn flow(event: &Event) -> Option<(Flow, Res)> {
    let less = |res: Res| Res::ZERO.minus(res);
    let gold = |amount: i64| Res::new(0, 0, amount);
    Some(match event {
        Event::StarterKitGranted(e) => (Flow::Start, e.stock),
        Event::PlayerDeleted(e) => (Flow::Left, less(e.stock)),
        Event::ResourcesProduced(e) => (Flow::Production, e.gained),
        Event::ResourcesGranted(e) => match e.item {
            Grant::Food => (Flow::Granted, Res::only(Resource::Food, e.amount)),
            Grant::Iron => (Flow::Granted, Res::only(Resource::Iron, e.amount)),
            Grant::Gold => (Flow::Granted, gold(e.amount)),
            Grant::Diamonds | Grant::Scroll => return None,
        },
        Event::ResourcesSpilled(e) => (Flow::Spilled, less(e.lost)),
        Event::BuildingStarted(e) => (Flow::Buildings, less(e.cost)),
        Event::BuildingCancelled(e) => (Flow::Buildings, e.refund),
        Event::ResearchStarted(e) => (Flow::Research, less(e.cost)),
        Event::ResearchCancelled(e) => (Flow::Research, e.refund),
        Event::TrainingStarted(e) => (Flow::Troops, less(e.cost)),
        Event::TrainingCancelled(e) => (Flow::Troops, e.refund),
        Event::HealingStarted(e) => (Flow::Healing, less(e.cost)),
        Event::HealingCancelled(e) => (Flow::Healing, e.refund),
        Event::GearForged(e) => (Flow::Forge, gold(-e.cost)),
        Event::GearSalvaged(e) => (Flow::Salvage, gold(e.gold)),
        Event::MarchStarted(e) => (Flow::Scouting, less(e.cost)),
        Event::GatheringEnded(e) => (Flow::Gathering, Res::only(e.kind, e.collected)),
        Event::DropsGained(e) => (Flow::Hunts, e.res),
        Event::GuildFounded(e) => (Flow::Guilds, less(e.cost)),
        Event::GuildDisbanded(e) => (Flow::Guilds, less(e.lost)),
        Event::GuildDonated(e) => (Flow::Donations, less(Res::only(e.resource, e.amount))),
        Event::LandBought(e) => (Flow::Lands, gold(-e.price)),
        Event::LandSold(e) => (Flow::Fees, gold(-e.fee)),
        Event::LandReturned(e) => (Flow::Lands, gold(e.paid)),
        Event::LandTaxed(e) => (Flow::LandTax, gold(-e.gold)),
        Event::ExchangeBought(e) => (Flow::Exchange, Res::only(e.resource, e.amount).minus(gold(e.gold))),
        Event::ExchangeSold(e) => (Flow::Exchange, gold(e.gold).minus(Res::only(e.resource, e.amount))),
        Event::OfferAccepted(e) => {
            (Flow::Fees, less(Res::only(e.give, e.fee_give) + Res::only(e.want, e.fee_want)))
        }
        Event::QuestRewarded(e) => (Flow::Quests, e.res),
        _ => return None,
    })
}

/// Prices as they were told: the span of price against anchor, in ‰.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PriceSpan {
    pub(super) least: i64,
    pub(super) most: i64,
}

/// What came in and went out, and how the season was steered.
#[derive(Debug, Default)]
pub(super) struct Economy {
    flows: BTreeMap<Flow, Res>,
    /// Every daily rebalancing.
    pub(super) days: Vec<EconomyRebalanced>,
    /// Food and iron.
    pub(super) prices: BTreeMap<&'static str, PriceSpan>,
    /// Looted from cities: moved, neither made nor lost.
    looted: Res,
    /// ‰ of what accepted offers gave that was burned, least and most.
    pub(super) fees: Option<(i64, i64)>,
}

impl Economy {
    pub(super) fn event(&mut self, rules: &Rules, state: &State, event: &Event) {
        if let Some((flow, res)) = flow(event) {
            *self.flows.entry(flow).or_default() += res;
        }
        self.gross(rules, state, event);
        self.steer(event);
    }

    /// Splits what production brought into what was made and what the troops ate.
    fn gross(&mut self, rules: &Rules, state: &State, event: &Event) {
        let Event::ResourcesProduced(e) = event else { return };
        let Some(player) = state.player(e.pn) else { return };
        let upkeep = production::upkeep(rules, army::living(state, player));
        let eaten = Res::new(upkeep * e.to.since(e.from).div_euclid(1000) / 3600, 0, 0);
        *self.flows.entry(Flow::Production).or_default() += eaten;
        *self.flows.entry(Flow::Upkeep).or_default() += Res::ZERO.minus(eaten);
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "most events steer nothing")]
    fn steer(&mut self, event: &Event) {
        match event {
            Event::EconomyRebalanced(e) => self.days.push(e.clone()),
            Event::MarketRepriced(e) => {
                let ratio = e.after * 1000 / e.anchor.max(1);
                let span =
                    self.prices.entry(e.resource.key()).or_insert(PriceSpan { least: ratio, most: ratio });
                (span.least, span.most) = (span.least.min(ratio), span.most.max(ratio));
            }
            Event::CityLooted(e) => self.looted += e.taken,
            Event::OfferAccepted(e) => {
                let fee = e.fee_give * 1000 / e.give_amount.max(1);
                let (least, most) = self.fees.unwrap_or((fee, fee));
                self.fees = Some((least.min(fee), most.max(fee)));
            }
            _ => {}
        }
    }

    /// What a flow came to.
    pub(super) fn total(&self, flow: Flow) -> Res {
        self.flows.get(&flow).copied().unwrap_or_default()
    }

    /// Modifiers on a season day.
    pub(super) fn modifiers(&self, day: i64) -> Option<Res> {
        self.days.iter().find(|e| e.day == day).map(|e| e.modifiers_after)
    }

    pub(super) fn sections(&self, state: &State) -> Vec<Section> {
        let heads = state.living().count().max(1) as i64;
        let mut flows = Section::new(
            "sources and sinks",
            &["flow", "food", "iron", "gold", "food each", "iron each", "gold each"],
        );
        for (flow, res) in &self.flows {
            let each = res.map(|n| n / heads);
            flows.row(vec![
                json!(flow.name()),
                json!(res.food),
                json!(res.iron),
                json!(res.gold),
                json!(each.food),
                json!(each.iron),
                json!(each.gold),
            ]);
        }
        let l = self.looted;
        let each = l.map(|n| n / heads);
        flows.row(vec![
            json!("looted (moved)"),
            json!(l.food),
            json!(l.iron),
            json!(l.gold),
            json!(each.food),
            json!(each.iron),
            json!(each.gold),
        ]);
        let columns = [
            "day",
            "active",
            "food",
            "iron",
            "gold",
            "food target",
            "iron target",
            "gold target",
            "S food",
            "S iron",
            "S gold",
        ];
        let mut days = Section::new("mean stocks and modifiers", &columns);
        let last = self.days.last().map_or(0, |e| e.day);
        for e in self.days.iter().filter(|e| e.day == 2 || e.day == last || e.day % 7 == 0) {
            let (a, t, s) = (e.averages, e.targets, e.modifiers_after);
            let figures =
                [e.day, e.active, a.food, a.iron, a.gold, t.food, t.iron, t.gold, s.food, s.iron, s.gold];
            days.row(figures.into_iter().map(|n| json!(n)).collect());
        }
        let mut prices = Section::new("exchange prices in ‰ of the anchor", &["resource", "least", "most"]);
        for (resource, span) in &self.prices {
            prices.row(vec![json!(resource), json!(span.least), json!(span.most)]);
        }
        vec![flows, days, prices]
    }
}

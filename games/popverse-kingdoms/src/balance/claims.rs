//! What the rulebook claims about balance, economy and bounds, held against a season. Bounds follow from the rules: one
//! that is not held is a fault of the rules as they are built. Expectations are the rulebook's own simulations: one that is
//! not held is a question to who balances the game. What a season is too short or too small to tell stays open.

use games_core::balance::{Claim, ClaimKind};

use super::Watcher;
use super::battles::Match;
use super::economy::Flow;
use super::people::{People, army_of};
use super::stats::percent;
use crate::amounts::Res;
use crate::bot::Pace;
use crate::formulas::market;
use crate::keys::{Faction, Resource};
use crate::rules::Rules;
use crate::state::State;

/// How many played in the simulation that the rulebook tells of (2.16).
const CLAIMED_PLAYERS: i64 = 60;
/// Fewest battles of which a share tells something.
const TELLING: i64 = 30;

/// Claims under way.
struct Held<'a> {
    watcher: &'a Watcher,
    rules: &'a Rules,
    state: &'a State,
    claims: Vec<Claim>,
}

/// Every claim, bounds first.
pub(super) fn claims(watcher: &Watcher, rules: &Rules, state: &State) -> Vec<Claim> {
    let mut held = Held { watcher, rules, state, claims: Vec::new() };
    held.joining();
    held.economy();
    held.fights();
    held.arena();
    held.society();
    held.factions();
    held.elements();
    held.modifiers();
    held.growth();
    held.faucets();
    held.cheaters();
    held.claims
}

impl Held<'_> {
    /// A bound; open where nothing was measured.
    fn bound(&mut self, claim: &str, measured: Option<(String, bool)>) {
        self.push(ClaimKind::Bound, claim, measured);
    }

    fn expected(&mut self, claim: &str, measured: Option<(String, bool)>) {
        self.push(ClaimKind::Expected, claim, measured);
    }

    fn push(&mut self, kind: ClaimKind, claim: &str, measured: Option<(String, bool)>) {
        let held = measured.as_ref().map(|(_, held)| *held);
        let measured = measured.map_or_else(|| "this season does not tell".to_owned(), |(text, _)| text);
        self.claims.push(Claim { claim: claim.to_owned(), measured, held, kind });
    }

    fn joining(&mut self) {
        let lead = self.watcher.people.lead;
        let most = self.rules.joining.faction_lead;
        self.bound(
            "2.3: no faction leads the smallest by more than 5 heads when somebody joins",
            Some((format!("at most {lead}"), lead <= most)),
        );
        let heads = self.state.players.len() as i64;
        self.bound(
            "2.2: no more players than the settings allow",
            Some((
                format!("{heads} of {}", self.state.config.max_players),
                heads <= self.state.config.max_players,
            )),
        );
    }

    fn economy(&mut self) {
        let living = || self.state.living();
        let least =
            living().map(|p| Resource::ALL.map(|r| p.stores.stock[r]).into_iter().min().unwrap_or(0)).min();
        self.bound(
            "1.1 PV-49: no resource is ever negative",
            least.map(|n| (format!("least stock {n}"), n >= 0)),
        );
        let (market, steered) = (&self.rules.market, &self.rules.rebalancing);
        let all = self.watcher.economy.days.iter().flat_map(|e| Resource::ALL.map(|r| e.modifiers_after[r]));
        let (least, most) = (all.clone().min(), all.max());
        self.bound(
            "2.16: server modifiers stay within 800–1200 ‰",
            least
                .zip(most)
                .map(|(a, b)| (format!("{a}–{b} ‰"), a >= steered.modifier_min && b <= steered.modifier_max)),
        );
        let steps = self
            .watcher
            .economy
            .days
            .iter()
            .flat_map(|e| Resource::ALL.map(|r| (e.modifiers_after[r] - e.modifiers_before[r]).abs()));
        self.bound(
            "2.16: a day moves a modifier by at most 20 ‰",
            steps.max().map(|n| (format!("at most {n} ‰"), n <= steered.step)),
        );
        let anchors = self.watcher.economy.days.iter().flat_map(|e| {
            [Resource::Food, Resource::Iron]
                .map(|r| e.anchors_after[r] * 1000 / market::base_price(self.rules, r))
        });
        let (least, most) = (anchors.clone().min(), anchors.max());
        self.bound(
            "2.16: price anchors stay between half and twice the base price",
            least.zip(most).map(|(a, b)| (format!("{a}–{b} ‰"), a >= 499 && b <= 2000)),
        );
        let spans: Vec<_> = self.watcher.economy.prices.values().collect();
        let least = spans.iter().map(|span| span.least).min();
        let most = spans.iter().map(|span| span.most).max();
        self.bound(
            "2.15: prices stay between a quarter and four times their anchor",
            least.zip(most).map(|(a, b)| (format!("{a}–{b} ‰"), a >= 249 && b <= 4000)),
        );
        self.bound(
            "2.15: fees on offers are 20–50 ‰, rounded down",
            self.watcher.economy.fees.map(|(a, b)| (format!("{a}–{b} ‰"), b <= market.fee)),
        );
    }

    fn fights(&mut self) {
        let rounds = self.watcher.battles.rounds_most;
        self.bound(
            "3.4: a field battle ends within 20 rounds",
            (rounds > 0).then(|| (format!("at most {rounds}"), rounds <= self.rules.battle.rounds)),
        );
        self.bound(
            "3.5: of casualties 300–950 ‰ are wounded",
            // Of a hundred casualties the floor takes up to 10 ‰.
            self.watcher.battles.wounded.map(|(a, b)| (format!("{a}–{b} ‰"), a >= 290 && b <= 950)),
        );
        let double = self.watcher.battles.double;
        let share = percent(double.won, double.fought);
        self.expected(
            "3.8: who comes with twice the power wins (1000 t3 against 500 t3: 100 %)",
            (double.fought >= TELLING).then(|| (format!("{share} % of {}", double.fought), share >= 95)),
        );
    }

    fn arena(&mut self) {
        let (society, arena) = (&self.watcher.society, &self.rules.arena);
        let ratings = society
            .ratings
            .map(|(a, b)| (format!("{a}–{b}"), a >= arena.rating_min && b <= arena.rating_max));
        let (gain, loss) = society.changes;
        let changes = (format!("+{gain}, {loss}"), gain <= arena.gain_max && -loss <= arena.loss_max);
        let fought = society.ratings.is_some();
        let decayed = society.decayed.map(|n| (format!("not below {n}"), n >= arena.decay_above));
        let fights = society.fights_most();
        let day = (format!("at most {fights}"), fights <= arena.fights + arena.fights_extra);
        let gap = society.gap_most;
        let widest = arena.windows.iter().copied().max().unwrap_or(0);
        let offers = society.offers;
        let even: Vec<_> = society.arena.range(4..=5).map(|(_, bucket)| *bucket).collect();
        let (fights_even, won): (i64, i64) = even.iter().fold((0, 0), |(n, w), b| (n + b.fights, w + b.won));
        let off = society
            .arena
            .values()
            .filter(|b| b.fights >= TELLING)
            .map(|b| (percent(b.won, b.fights) - percent(b.expected, b.fights * 10_000)).abs());
        let off = off.max();
        self.bound("2.17: ratings stay within 800–3000", ratings);
        self.bound("2.17: a fight brings at most 36 and costs at most 28", fought.then_some(changes));
        self.bound("2.17: decay does not go below 1200", decayed);
        self.bound("2.17: at most 15 fights of a player on a day", fought.then_some(day));
        self.bound(
            "2.17: an offer has five opponents, players among them less than 400 points away",
            (offers.1 > 0).then(|| {
                (
                    format!("{}–{} opponents, at most {gap} points", offers.0, offers.1),
                    offers == (5, 5) && gap <= widest,
                )
            }),
        );
        let share = percent(won, fights_even);
        self.expected(
            "3.7: among equals the challenger wins 52 %",
            (fights_even >= TELLING)
                .then(|| (format!("{share} % of {fights_even}"), (45..=60).contains(&share))),
        );
        self.expected(
            "2.17: expected scores come true within 15 points per cent",
            off.map(|n| (format!("off by at most {n} points"), n <= 15)),
        );
    }

    fn society(&mut self) {
        let society = &self.watcher.society;
        let (members, officers) = society.guild_most;
        let guild = &self.rules.guild;
        let fits = members as i64 <= guild.members_max && officers <= guild.officers_max;
        let guilds = (members > 0).then(|| (format!("at most {members} and {officers}"), fits));
        let parcels = society.parcels_most;
        let tick = society.tick_most;
        let garrison = society.garrison_most;
        let quests = self.watcher.people.quests;
        self.bound("2.13: a guild has at most 20 members and 4 officers", guilds);
        self.bound("2.5: a player has at most 5 parcels", Some((format!("at most {parcels}"), parcels <= 5)));
        self.bound(
            "2.18: a tick brings at most 7 points, twice as many in the finale",
            (tick > 0).then(|| (format!("at most {tick}"), tick <= 14)),
        );
        self.bound(
            "2.18: at most 5 armies garrison a point",
            (garrison > 0).then(|| (format!("at most {garrison}"), garrison <= 5)),
        );
        self.bound("2.19: three quests a day", quests.map(|(a, b)| (format!("{a}–{b}"), (a, b) == (3, 3))));
    }

    /// Whether the whole season was played.
    fn whole(&self) -> bool {
        self.state.ended && self.state.config.season_days >= 85
    }

    fn factions(&mut self) {
        let means = Faction::ALL.map(|faction| army_of(self.rules, self.state, faction).mean);
        let (least, most) =
            (means.iter().min().copied().unwrap_or(0), means.iter().max().copied().unwrap_or(0));
        let lead = percent(most - least, least.max(1));
        let [cinema, otaku, arcade] = means.map(|mean| format!("{}k", mean / 1000));
        let told =
            format!("Cinema {cinema}, Otaku {otaku}, Arcade {arcade}: the first leads the last by {lead} %");
        let counts = self.state.living().count() >= 30 && self.watcher.economy.days.len() >= 28;
        self.expected(
            "2.3: no faction's mean army is more than a tenth above another's",
            counts.then(|| (told.clone(), lead <= 10)),
        );
        let near = means.iter().all(|mean| (55_000..=105_000).contains(mean));
        self.expected(
            "2.3: mean army power at the season's end is 74k–79k, give or take a third",
            self.whole().then_some((told, near)),
        );
    }

    fn elements(&mut self) {
        let of = |which| self.watcher.battles.even.get(&which).copied().unwrap_or_default();
        let told = |which: Match, fits: &dyn Fn(i64) -> bool| {
            let tally = of(which);
            let share = percent(tally.won, tally.fought);
            (tally.fought >= TELLING).then(|| (format!("{share} % of {}", tally.fought), fits(share)))
        };
        let favoured = told(Match::Favoured, &|share| share >= 75);
        let mirror = told(Match::Mirror, &|share| (35..=65).contains(&share));
        let unfavoured = told(Match::Unfavoured, &|share| share <= 25);
        self.expected("2.3: an even attack with the favoured element wins 87–88 %", favoured);
        self.expected("3.8: an even attack between equal elements wins 49 %", mirror);
        self.expected("2.3: an even attack against the favoured element wins 10–12 %", unfavoured);
    }

    fn modifiers(&mut self) {
        let economy = &self.watcher.economy;
        let on = |day: i64| economy.modifiers(day);
        let told = |s: Res| format!("food {}, iron {}, gold {}", s.food, s.iron, s.gold);
        let middle: Vec<Res> =
            economy.days.iter().filter(|e| (14..=60).contains(&e.day)).map(|e| e.modifiers_after).collect();
        let span = |of: &dyn Fn(Res) -> i64| {
            Some((middle.iter().map(|s| of(*s)).min()?, middle.iter().map(|s| of(*s)).max()?))
        };
        let [food, iron] = [span(&|s| s.food), span(&|s| s.iron)];
        let near = |(a, b): (i64, i64)| a >= 1000 && b <= 1160;
        let full = middle.len() == 47;
        self.expected(
            "2.16: from day 14 to 60 food and iron stand at 1000–1160",
            food.zip(iron)
                .filter(|_| full)
                .map(|(f, i)| (format!("food {}–{}, iron {}–{}", f.0, f.1, i.0, i.1), near(f) && near(i))),
        );
        self.expected("2.16: gold stands at about 800 on day 14", on(14).map(|s| (told(s), s.gold <= 840)));
        self.expected(
            "2.16: gold has climbed to 920–1000 by day 45",
            on(45).map(|s| (told(s), (900..=1020).contains(&s.gold))),
        );
        self.expected(
            "2.16: on day 90 iron and gold stand at 800, food at 800–970",
            on(90).map(|s| (told(s), s.iron <= 820 && s.gold <= 820 && s.food <= 970)),
        );
    }

    fn growth(&mut self) {
        let people = &self.watcher.people;
        let compare =
            |pace: Pace, of: &dyn Fn(&super::people::Mark) -> i64, wanted: &[(i64, i64)], off: i64| {
                let seen: Vec<(i64, i64, i64)> = wanted
                    .iter()
                    .filter_map(|(day, level)| Some((*day, *level, people.median(*day, pace, of)?)))
                    .collect();
                let told: Vec<String> =
                    seen.iter().map(|(day, _, has)| format!("{has} on day {day}")).collect();
                let fits = seen.iter().all(|(_, level, has)| (has - level).abs() <= off);
                (!seen.is_empty()).then(|| (told.join(", "), fits))
            };
        let hq = |mark: &super::people::Mark| mark.hq;
        let hero = |mark: &super::people::Mark| mark.hero;
        let very =
            compare(Pace::VeryActive, &hq, &[(3, 5), (7, 9), (14, 12), (30, 15), (60, 18), (90, 20)], 1);
        let regular =
            compare(Pace::Regular, &hq, &[(3, 4), (7, 6), (14, 9), (30, 13), (60, 17), (90, 19)], 1);
        let main = compare(Pace::VeryActive, &hero, &[(14, 17), (30, 23), (60, 32), (90, 40)], 4);
        let first = people.first_t4.values().min().copied();
        self.expected(
            "2.16: HQ of the very active 5, 9, 12, 15, 18, 20 on days 3, 7, 14, 30, 60, 90, give or take one",
            very,
        );
        self.expected(
            "2.16: HQ of the regular 4, 6, 9, 13, 17, 19 on the same days, give or take one",
            regular,
        );
        self.expected(
            "2.16: the first t4 come between days 21 and 30",
            first.map(|day| (format!("on day {day}"), (21..=30).contains(&day))),
        );
        self.expected("2.16: main hero of the very active level 17, 23, 32, 40 on days 14, 30, 60, 90, give or take four", main);
    }

    fn faucets(&mut self) {
        let heads = self.state.living().count().max(1) as i64;
        let whole = self.whole();
        let each = |flow: Flow| self.watcher.economy.total(flow).map(|n| n.abs() / heads / 1000);
        let told = |res: Res| format!("{}/{}/{} thousand each", res.food, res.iron, res.gold);
        // Within a half of what the rulebook's players had: bots are others.
        let near = |has: Res, wanted: Res| {
            Resource::ALL.into_iter().all(|r| {
                let slack = (wanted[r] / 2).max(10);
                (has[r] - wanted[r]).abs() <= slack
            })
        };
        for (flow, claim, wanted) in [
            (
                Flow::Production,
                "2.16: production brings 2463/1123/414 thousand a player",
                Res::new(2463, 1123, 414),
            ),
            (
                Flow::Hunts,
                "2.16: hunts bring 713/374/106 thousand a player, where 60 share the camps",
                Res::new(713, 374, 106),
            ),
            (Flow::Gathering, "2.16: gathering brings 452/395/80 thousand a player", Res::new(452, 395, 80)),
            (Flow::Quests, "2.16: quests bring 86/54/15 thousand a player", Res::new(86, 54, 15)),
            (Flow::Buildings, "2.16: buildings take 905/706/156 thousand a player", Res::new(905, 706, 156)),
            (Flow::Research, "2.16: research takes 424/316/110 thousand a player", Res::new(424, 316, 110)),
            (Flow::Troops, "2.16: troops take 564/383/119 thousand a player", Res::new(564, 383, 119)),
            (Flow::Healing, "2.16: healing takes 81/56/18 thousand a player", Res::new(81, 56, 18)),
            (Flow::Donations, "2.16: donations take 432/286/136 thousand a player", Res::new(432, 286, 136)),
            (Flow::Upkeep, "2.16: upkeep takes 1051 thousand food a player", Res::new(1051, 0, 0)),
            (Flow::LandTax, "2.16: land takes 11 thousand gold a player", Res::new(0, 0, 11)),
        ] {
            let has = each(flow);
            // There are as many camps however many hunt them.
            let shared =
                if matches!(flow, Flow::Hunts) { heads.max(CLAIMED_PLAYERS) } else { CLAIMED_PLAYERS };
            let wanted = Resource::ALL
                .into_iter()
                .fold(Res::ZERO, |sum, r| sum + Res::only(r, wanted[r] * CLAIMED_PLAYERS / shared));
            let claim = format!("{claim}, give or take half");
            self.expected(&claim, whole.then(|| (told(has), near(has, wanted))));
        }
    }

    fn cheaters(&mut self) {
        let (asked, refused) = self.watcher.people.cheats();
        let fed = People::fed_against_honest(self.rules, self.state);
        self.expected(
            "2.15: bounds on offers keep who is fed within a quarter of the honest who play as much",
            fed.filter(|_| asked > 0).map(|(fed, honest)| {
                let more = percent(fed - honest, honest);
                (
                    format!(
                        "{fed} against {honest}: {more} %; {refused} of {asked} cheaters' commands refused"
                    ),
                    more <= 25,
                )
            }),
        );
    }
}

//! Suggestions while an option is being typed: prefix match, own things first, at most 25 (rulebook 4.1).

use games_core::Asked;
use schemas::GameTime;

use crate::amounts::Res;
use crate::event::LandOwner;
use crate::facts::{self, heroes, march, work};
use crate::keys::{Building, HeroKey, Skill, Technology};
use crate::rules::Rules;
use crate::state::{Guild, HeroState, Offer, Phase, Player, State};

/// What Discord shows at most.
const MOST: usize = 25;
/// Characters of a label at most.
const LABEL: usize = 100;
/// What a sealed text begins with.
const SEALED: &str = "sealed:";

/// Pairs of shown text and value.
type Pairs = Vec<(String, String)>;

/// Suggestions for an option of a command.
pub(crate) fn suggest(
    rules: &Rules,
    state: &State,
    path: &str,
    option: &str,
    typed: &str,
    asked: &Asked<'_>,
) -> Pairs {
    let me = asked.player().and_then(|id| state.find(id));
    let all = match (path, option, me) {
        // Anybody may look at guilds.
        ("guild info", "guild", _) => guilds(state, |_| true),
        (_, _, Some(me)) => own_things(rules, state, path, option, me, asked.now),
        (_, _, None) => Vec::new(),
    };
    let typed = typed.trim().to_lowercase();
    let fits = |(shown, value): &(String, String)| {
        // A sealed name is opened by the host; what it begins with is not known here, and so all of them are given.
        shown.contains(SEALED)
            || shown.to_lowercase().starts_with(&typed)
            || value.to_lowercase().starts_with(&typed)
    };
    let most = if all.iter().any(|(shown, _)| shown.contains(SEALED)) { usize::MAX } else { MOST };
    all.into_iter().filter(fits).take(most).collect()
}

/// Things of a player's own that an option can name.
fn own_things(rules: &Rules, state: &State, path: &str, option: &str, me: &Player, now: GameTime) -> Pairs {
    match (path, option) {
        ("build start", "building") => buildings(rules, me),
        ("build cancel" | "build hasten", "building") => me
            .builds
            .iter()
            .map(|job| pair(format!("{} {}", job.building, job.level), job.building.key()))
            .collect(),
        ("research start", "technology") => technologies(rules, me),
        ("research cancel", "technology") => me
            .researching
            .iter()
            .map(|job| pair(format!("{} {}", job.technology, job.level), job.technology.key()))
            .collect(),
        ("attack" | "gather" | "reinforce" | "land garrison" | "conquest march", "hero") => {
            hero_list(rules, state, me, now, true)
        }
        (_, "hero" | "hero1" | "hero2" | "hero3") => hero_list(rules, state, me, now, false),
        ("hero skill", "skill") => skills(rules, me),
        ("march recall", "march") => marches(state, me),
        ("march dismiss", "march") => guests(state, me),
        ("land offer" | "land withdraw" | "land return" | "land garrison", "parcel") => parcels(state, me),
        ("market accept", "offer") => offers(state, |offer| offer.pn != me.pn),
        ("market cancel", "offer") => offers(state, |offer| offer.pn == me.pn),
        ("guild accept" | "guild decline", "guild") => {
            guilds(state, |guild| guild.invites.contains_key(&me.pn))
        }
        ("gear unequip", "gear") => gear(me, Some(true)),
        ("gear salvage", "gear") => gear(me, Some(false)),
        ("gear equip", "gear") => gear(me, None),
        _ => Vec::new(),
    }
}

fn pair(shown: String, value: &str) -> (String, String) {
    (shown, value.to_owned())
}

fn price(cost: Res) -> String {
    format!("{}/{}/{}", cost.food, cost.iron, cost.gold)
}

fn buildings(rules: &Rules, me: &Player) -> Pairs {
    let open = Building::ALL.into_iter().filter(|b| facts::level(me, *b) < rules.city.level_max);
    open.map(|building| {
        let next = facts::level(me, building) + 1;
        let cost = work::building_cost(rules, building, next);
        pair(format!("{building} {next} ({})", price(cost)), building.key())
    })
    .collect()
}

fn technologies(rules: &Rules, me: &Player) -> Pairs {
    let open = Technology::ALL.into_iter().filter(|t| facts::tech(me, *t) < rules.research.level_max);
    open.map(|technology| {
        let next = facts::tech(me, technology) + 1;
        let cost = work::research_cost(rules, technology, next);
        pair(format!("{technology} {next} ({})", price(cost)), technology.key())
    })
    .collect()
}

/// Own heroes by power; for marches the idle ones first.
fn hero_list(rules: &Rules, state: &State, me: &Player, now: GameTime, marches: bool) -> Pairs {
    let mut keys: Vec<HeroKey> = me.heroes.keys().copied().collect();
    let idle = |key: HeroKey| heroes::doing(state, me, key, now) == HeroState::Idle;
    keys.sort_by_key(|key| (marches && !idle(*key), std::cmp::Reverse(heroes::power(rules, me, *key)), *key));
    let shown = |key: HeroKey| {
        let level = me.heroes.get(&key).map_or(0, |hero| hero.level);
        format!("{} (level {level}, power {})", rules.heroes[key].name, heroes::power(rules, me, key))
    };
    keys.into_iter().map(|key| pair(shown(key), key.key())).collect()
}

/// Unlocked skills of all own heroes, each once, with who has it and at which level: what another option says is not
/// known while this one is typed.
fn skills(rules: &Rules, me: &Player) -> Pairs {
    let has = |skill: Skill| {
        let levels = me.heroes.iter().map(move |(key, hero)| (key, hero.skills.get(skill)));
        let levels = levels.filter(|(_, level)| *level > 0);
        levels.map(|(key, level)| format!("{} {level}", rules.heroes[*key].name)).collect::<Vec<_>>()
    };
    let known = Skill::ALL.into_iter().map(|skill| (skill, has(skill))).filter(|(_, has)| !has.is_empty());
    known.map(|(skill, has)| (skill_label(&rules.skills[skill].name, &has), skill.key().to_owned())).collect()
}

/// A skill with who has it, as far as Discord's label has room.
fn skill_label(name: &str, heroes: &[String]) -> String {
    let mut label = format!("{name}: {}", heroes.first().map(String::as_str).unwrap_or_default());
    for (at, hero) in heroes.iter().enumerate().skip(1) {
        if label.chars().count() + hero.chars().count() + 6 > LABEL {
            label.push_str(&format!(" +{}", heroes.len() - at));
            break;
        }
        label.push_str(", ");
        label.push_str(hero);
    }
    label
}

fn marches(state: &State, me: &Player) -> Pairs {
    let out = state.marches_of(me.pn).filter(|(_, march)| march.phase != Phase::Homeward);
    out.map(|(id, march)| {
        let shown = format!("{} {id} to ({},{})", march.kind, march.target.x(), march.target.y());
        (shown, id.to_string())
    })
    .collect()
}

fn guests(state: &State, me: &Player) -> Pairs {
    let here = march::guests(state, me.pn);
    here.map(|(id, m)| pair(format!("{} troops of player {}", m.troops.total(), m.pn), &id.to_string()))
        .collect()
}

/// Own parcels and the guild's.
fn parcels(state: &State, me: &Player) -> Pairs {
    let mine = |owner: LandOwner| match owner {
        LandOwner::Player(pn) => pn == me.pn,
        LandOwner::Guild(id) => me.guild == Some(id),
    };
    let owned = state.lands.iter().filter(|(_, land)| land.owner.is_some_and(mine));
    owned
        .map(|(no, land)| pair(format!("{no} {} (value {})", land.kind, land.value), &no.to_string()))
        .collect()
}

fn offers(state: &State, fits: impl Fn(&Offer) -> bool) -> Pairs {
    let open = state.market.offers.iter().filter(|(_, offer)| fits(offer));
    open.map(|(id, o)| {
        let shown = format!("{} {} for {} {} ({id})", o.give_amount, o.give, o.want_amount, o.want);
        pair(shown, &id.to_string())
    })
    .collect()
}

/// Guilds by name.
fn guilds(state: &State, fits: impl Fn(&Guild) -> bool) -> Pairs {
    let standing = state.guilds.iter().filter(|(_, guild)| !guild.disbanded && fits(guild));
    standing.map(|(id, guild)| pair(format!("{} [{}]", guild.name, guild.tag), &id.to_string())).collect()
}

/// Own gear: worn, not worn, or all.
fn gear(me: &Player, worn: Option<bool>) -> Pairs {
    let pieces = me.gear.iter().filter(|(_, piece)| worn.is_none_or(|worn| piece.hero.is_some() == worn));
    pieces
        .map(|(id, piece)| {
            (format!("{} {} of power {} ({id})", piece.rarity, piece.slot, piece.power), id.to_string())
        })
        .collect()
}

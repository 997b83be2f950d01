//! The tutorial: the first steps of a ruler, and what they pay.

use games_core::Lesson;
use schemas::PlayerId;

use crate::decide::{Deciding, common};
use crate::event::{SpillSource, StepRewarded};
use crate::keys::Step;
use crate::rules::Rules;

/// The steps, in the order of [`Step::ALL`].
pub(crate) const LESSONS: &[Lesson] = &[
    lesson(
        Step::Join,
        "Join the season",
        "You get a city, a hero and a kit to begin with.",
        "/join faction:otaku",
        &["Join"],
    ),
    lesson(
        Step::Build,
        "Raise a building",
        "The headquarters come first: nothing else rises higher. Farms and mines then earn while you are away.",
        "/build start building:hq",
        &["BuildStart"],
    ),
    lesson(
        Step::Train,
        "Train troops",
        "An empty city is an open door, and marches need somebody to walk.",
        "/troops train tier:t1 count:20",
        &["TroopsTrain"],
    ),
    lesson(
        Step::Explore,
        "Send scouts",
        "Scouts lift the fog and tell what stands on a tile.",
        "/scout x:15 y:15",
        &["Scout"],
    ),
    lesson(
        Step::Hunt,
        "Attack a camp",
        "Camps near your city carry resources and gear. Look at /map view, choose a weak one.",
        "/attack x:15 y:15 hero:quiet_widower troops:20",
        &["Attack"],
    ),
    lesson(
        Step::Summon,
        "Summon a hero",
        "A scroll calls a hero, who leads an army and makes it stronger.",
        "/hero summon pay:scrolls count:1",
        &["HeroSummon"],
    ),
    lesson(
        Step::Quest,
        "Take a quest's reward",
        "Three quests a day pay resources, all three a chest. /quest list shows them.",
        "/quest claim",
        &["QuestClaim"],
    ),
    lesson(
        Step::Guild,
        "Join a guild, or found one",
        "Guild mates reinforce each other and hold lands together.",
        "/guild accept guild:1",
        &["GuildAccept", "GuildCreate"],
    ),
];

const fn lesson(
    step: Step,
    title: &'static str,
    why: &'static str,
    line: &'static str,
    commands: &'static [&'static str],
) -> Lesson {
    Lesson { name: step.key(), title, why, line, commands }
}

/// What a step pays.
pub(crate) fn pays(rules: &Rules, lesson: &Lesson) -> Vec<(&'static str, i64)> {
    let Some(step) = Step::from_key(lesson.name) else { return Vec::new() };
    let res = rules.tutorial[step];
    vec![("food", res.food), ("iron", res.iron), ("gold", res.gold)]
}

/// Pays a player for a step.
pub(crate) fn pay(lesson: &Lesson, player: PlayerId, d: &mut Deciding<'_>) {
    let pn = d.state().find(player).map(|player| player.pn);
    let (Some(pn), Some(step)) = (pn, Step::from_key(lesson.name)) else { return };
    let res = d.rules().tutorial[step];
    common::settle(d, pn);
    d.emit(StepRewarded { pn, step, res });
    common::spill(d, pn, res, SpillSource::Tutorial);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use games_core::lesson::LESSONS_MAX;

    use super::*;
    use crate::tree::TREE;

    #[test]
    fn each_step_has_its_lesson_and_each_lesson_a_command_that_there_is() {
        let names: Vec<&str> = LESSONS.iter().map(|lesson| lesson.name).collect();
        assert_eq!(names, Step::ALL.map(Step::key));
        assert!(LESSONS.len() <= LESSONS_MAX);
        for lesson in LESSONS {
            for command in lesson.commands {
                assert!(TREE.find_kind(command).is_some(), "{command}");
            }
            let path = lesson.line.trim_start_matches('/');
            let found = TREE.commands.iter().find(|command| path.starts_with(command.path)).unwrap();
            assert_eq!(lesson.commands[0], found.kind(), "{}", lesson.line);
        }
    }

    #[test]
    fn every_step_pays() {
        let rules = Rules::v1().unwrap();
        for lesson in LESSONS {
            assert!(
                pays(&rules, lesson).iter().map(|(_, amount)| amount).sum::<i64>() > 0,
                "{}",
                lesson.name
            );
        }
    }
}

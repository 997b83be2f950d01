//! The tutorial as data: what a newcomer does first, and how the record shows that it was done.

/// A step of the tutorial. It is done once a command of the player's of one of these types was accepted.
#[derive(Debug, Clone, Copy)]
pub struct Lesson {
    /// Its name on the record: `train`. Never changed.
    pub name: &'static str,
    /// What to do, in a few words.
    pub title: &'static str,
    /// What it is good for, in a sentence.
    pub why: &'static str,
    /// A line that does it.
    pub line: &'static str,
    /// The types of the commands that do it.
    pub commands: &'static [&'static str],
}

/// Most steps of a tutorial.
pub const LESSONS_MAX: usize = 32;

/// The step that a command is, by its place.
#[must_use]
pub fn lesson_of(lessons: &[Lesson], command: &str) -> Option<usize> {
    lessons.iter().position(|lesson| lesson.commands.contains(&command))
}

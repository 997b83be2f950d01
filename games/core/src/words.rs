//! What keys are called among people.

/// A key as an English text begins with it: `iron_mine` is "Iron mine", `hq` is "HQ", `troop_training_ii` is "Troop
/// training II".
#[must_use]
pub fn spelled(key: &str) -> String {
    let mut words = String::new();
    for (i, word) in key.split(['_', '-', ' ']).enumerate() {
        if i > 0 {
            words.push(' ');
        }
        match word {
            "hq" | "xp" | "ii" | "iii" | "iv" => words.push_str(&word.to_uppercase()),
            "i" if i > 0 => words.push('I'),
            _ if i > 0 => words.push_str(word),
            _ => {
                let mut letters = word.chars();
                words.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                words.push_str(letters.as_str());
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn keys_are_spelled_as_people_write_them() {
        let spelled: Vec<_> =
            ["hq", "iron_mine", "troop_training_i", "troop_training_iii"].map(spelled).into();
        assert_eq!(spelled, ["HQ", "Iron mine", "Troop training I", "Troop training III"]);
    }
}

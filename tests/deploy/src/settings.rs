//! The settings of the server, by the names of their environment variables.

/// The list of settings as it stands in the program.
const KNOWN: &str = include_str!("../../../annals/src/settings/known.rs");

/// Variables that the program, or a test that an operator is told of, reads without their being settings.
const OTHERS: &[&str] = &["ANNALS_ADMIN_URL", "ANNALS_DATA", "ANNALS_TEST_KURRENTDB"];

/// Variables that `annals` reads. Each setting may be given as `NAME_FILE`, a file that holds the value.
#[must_use]
pub fn settings() -> Vec<String> {
    let (_, list) = KNOWN.split_once("pub(crate) const KNOWN").unwrap_or_default();
    // A name is the first text in the brackets of each.
    let entries = list.split("known(").flat_map(|part| part.split("secret(")).skip(1);
    let names = entries.filter_map(|entry| entry.split('"').nth(1));
    let settings = names.map(|name| format!("ANNALS_{}", name.to_uppercase()));
    settings.chain(OTHERS.iter().map(|name| (*name).to_owned())).collect()
}

/// Variables that only the deployment's own files read.
pub const OF_THE_DEPLOYMENT: &[&str] =
    &["ANNALS_GID", "ANNALS_POSTGRES", "ANNALS_SECRETS", "ANNALS_UID", "ANNALS_VERSION"];

/// All words of a text that are names of such variables.
#[must_use]
pub fn names(text: &str) -> Vec<&str> {
    let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(|c| !part(c))
        .filter(|word| word.starts_with("ANNALS_") && word.len() > "ANNALS_".len())
        .collect()
}

/// The names in a text that nobody reads.
#[must_use]
pub fn faults(path: &str, text: &str) -> Vec<String> {
    let settings = settings();
    let known = |name: &&str| {
        let setting = name.strip_suffix("_FILE").unwrap_or(name);
        let read = |name: &str| settings.iter().any(|known| known == name);
        // One that ends so may itself be the name of a file.
        read(setting) || read(name) || OF_THE_DEPLOYMENT.contains(name)
    };
    names(text)
        .into_iter()
        .filter(|name| !known(name))
        .map(|name| format!("{path}: nobody reads {name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_the_program() {
        let settings = settings();
        for name in [
            "ANNALS_LOG",
            "ANNALS_DISCORD_TOKEN",
            "ANNALS_PUBLIC_URL",
            "ANNALS_APPEND_BYTES_MAX",
            "ANNALS_DATA",
        ] {
            assert!(settings.iter().any(|known| known == name), "{name}: {settings:?}");
        }
        let plain = |name: &String| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        assert!(settings.iter().all(plain) && settings.len() > 20, "{settings:?}");
    }

    #[test]
    fn a_name_that_nobody_reads_is_found() {
        assert_eq!(faults("a", "ANNALS_LOG=x ANNALS_LOG_FILE: y ${ANNALS_UID:-1}"), Vec::<String>::new());
        assert_eq!(faults("a", "ANNALS_LOGS=x"), ["a: nobody reads ANNALS_LOGS"]);
        assert_eq!(faults("a", "ANNALS_UID_FILE=x").len(), 1);
    }
}

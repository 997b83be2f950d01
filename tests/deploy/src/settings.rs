//! The settings of the server, by the names of their environment variables.

/// Settings that `annals` reads. Each may be given as `NAME_FILE`, a file that holds the value.
pub const SETTINGS: &[&str] = &[
    "ANNALS_ADMIN_URL",
    "ANNALS_BUS",
    "ANNALS_CLUSTER",
    "ANNALS_DATA",
    "ANNALS_DISCORD_API",
    "ANNALS_DISCORD_APPLICATION",
    "ANNALS_DISCORD_CLIENT_SECRET",
    "ANNALS_DISCORD_INTERACTIONS",
    "ANNALS_DISCORD_SHARDS",
    "ANNALS_DISCORD_PUBLIC_KEY",
    "ANNALS_DISCORD_REDIRECT",
    "ANNALS_DISCORD_TOKEN",
    "ANNALS_KEYS",
    "ANNALS_LISTEN",
    "ANNALS_LOG",
    "ANNALS_NODE",
    "ANNALS_PUBLIC_URL",
    "ANNALS_READ_MODELS",
    "ANNALS_ROLE",
    "ANNALS_VAULT",
];

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
    let known = |name: &&str| {
        let setting = name.strip_suffix("_FILE").unwrap_or(name);
        SETTINGS.contains(&setting) || OF_THE_DEPLOYMENT.contains(name)
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
    fn a_name_that_nobody_reads_is_found() {
        assert_eq!(faults("a", "ANNALS_LOG=x ANNALS_LOG_FILE: y ${ANNALS_UID:-1}"), Vec::<String>::new());
        assert_eq!(faults("a", "ANNALS_LOGS=x"), ["a: nobody reads ANNALS_LOGS"]);
        assert_eq!(faults("a", "ANNALS_UID_FILE=x").len(), 1);
    }
}

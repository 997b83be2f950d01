//! `annals explain CODE`: what a code means and what to do about it.

mod discord;

use serde_json::json;

use crate::context::{Exit, Failure};
use crate::print::Printer;

/// A code's page.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) sentence: String,
    pub(crate) next: Vec<String>,
    pub(crate) from: &'static str,
}

/// Codes of the host and its tools: what happened, what to do.
const HOST: &[(&str, &str, &str)] = &[
    (
        "BACKUP_FAILED",
        "The copy could not be written or did not verify.",
        "Look at the cause; choose an empty file on a disk with room.",
    ),
    (
        "BAD_INPUT",
        "What was handed in is not what it should be.",
        "See the command's --help for what it takes.",
    ),
    ("BAD_JSON", "The request's body is not the JSON that it should be.", "See /openapi.json for its shape."),
    (
        "BAD_NODE_NAME",
        "The name of the node or the cluster can not be one.",
        "Give 1 to 48 of a-z, 0-9 and '-' with --node or ANNALS_NODE.",
    ),
    (
        "BAD_POINT",
        "The text names no moment of this world.",
        "Use v184203, c9121, 2026-11-20T10:00Z, -2h, \"day12 06:00\", before:<command id>, open or latest.",
    ),
    (
        "BAD_RULES",
        "The rules file can not be used.",
        "The message names line and key; the game's own file is a good start.",
    ),
    (
        "BAD_SETTINGS",
        "The settings of this data directory can not be read.",
        "The message names file and line; annals config show lists every setting.",
    ),
    (
        "BAD_SECRET",
        "The season secret is not sealed under this server's key.",
        "Open the world on the server whose keys sealed it.",
    ),
    (
        "BAD_STATE",
        "The sign-in was not begun by who ends it here, or more than ten minutes ago.",
        "Begin anew: GET /api/auth/discord with the challenge of a fresh verifier.",
    ),
    (
        "BUS_BAD_URL",
        "The setting bus is no address of a NATS server.",
        "Give nats://user:password@host:4222, several servers by commas, or none.",
    ),
    (
        "BUS_LOGIN_REFUSED",
        "The NATS server refuses this user or password.",
        "Look at user and password in the setting bus; in a URL, write special characters as %2F.",
    ),
    (
        "BUS_NO_PERMISSION",
        "This user may not use the subjects that a node needs.",
        "Let it publish and subscribe to <cluster>.> and _INBOX.>: deploy/nats.conf shows how.",
    ),
    (
        "BUS_UNREACHABLE",
        "Nobody answers at the bus' address.",
        "See that nats-server runs there and that the port is open; the setting is bus.",
    ),
    (
        "BUSY",
        "More commands wait than the server takes in at a time. Nothing was decided.",
        "Ask again in a moment with the same key.",
    ),
    (
        "CHAIN_BROKEN",
        "The record is not what was written.",
        "Stop the server, keep the file as it is, compare with the last backup: annals verify says which record.",
    ),
    (
        "CHECKPOINTS",
        "The file of checkpoints can not be read.",
        "Look at checkpoints.log in the data directory.",
    ),
    (
        "COPY_DIFFERS",
        "The place to copy to holds another record of a world. Nothing of that world was copied.",
        "Copy into an empty log, or into one that was copied from the same source before.",
    ),
    (
        "DISK_FULL",
        "There is no room to write. Nothing was acknowledged that is not on disk.",
        "Make room, then start again.",
    ),
    ("ID_REUSED", "This command id has been used for another command.", "Use a new key for a new command."),
    (
        "INTERNAL_ERROR",
        "Something went wrong on the server's side. Nothing was changed.",
        "The server's log has the cause.",
    ),
    (
        "INVALID_OPTION",
        "An option is missing, unknown, or out of range.",
        "The message names it and the rule.",
    ),
    ("IO", "A file could not be read or written.", "The message names the cause."),
    ("KEYS", "The server's keys can not be used.", "Look at keys/ in the data directory: annals doctor."),
    ("KEY_EXPOSED", "A key file can be read by others.", "chmod 600 the files in keys/."),
    (
        "NOT_A_PLAYER_HERE",
        "This Discord account has not played on this server.",
        "Use any command of the game there once, then sign in.",
    ),
    (
        "NO_PAGE",
        "This game has no such page on the dashboard.",
        "See /openapi.json for those that there are.",
    ),
    (
        "SESSION_ENDED",
        "The session is over: by time, by signing out, or because a token of it was shown twice.",
        "Sign in again.",
    ),
    (
        "SESSION_REUSED",
        "A refresh token was shown a second time. Somebody may have copied it: the session has ended for everybody.",
        "Sign in again; keep each refresh token in one place, and use it once.",
    ),
    (
        "SIGN_IN_AWAY",
        "Discord can not be asked at present, or refuses this application.",
        "Try again in a while; the server's log says what Discord answers. Settings: discord_client_secret, discord_redirect.",
    ),
    (
        "SIGN_IN_NOT_SET",
        "Signing in is not set up on this server.",
        "Set discord_application, discord_client_secret and discord_redirect; docs/operating.md says how.",
    ),
    (
        "SIGN_IN_REFUSED",
        "Discord does not know the code: wrong, used, expired, or given for another address.",
        "Begin to sign in again.",
    ),
    ("MOVED", "Another node owns this world now. Nothing was decided here.", "Ask again with the same key."),
    ("NOT_ADMIN", "Only an administrator of the server may do this.", "Ask one; or use an operator's token."),
    ("NOT_ALLOWED", "The actor may not do this.", "Players play, operators operate, auditors read."),
    (
        "NO_SECRET",
        "The season secret is sealed and this server's key does not open it.",
        "Verify on the server that opened the season, or after its end.",
    ),
    ("NO_TOKEN", "There is no token, or none that is good.", "Make one: annals token create."),
    (
        "NODE_NAME_TAKEN",
        "Another node of this cluster bears the same name.",
        "Give each node a name of its own with --node or ANNALS_NODE.",
    ),
    (
        "NO_OWNER",
        "No node has answered for this world for 20 s. The command may stand on the record all the same.",
        "Ask again with the same key; operators: see that a node with the role command runs and reaches the bus.",
    ),
    ("NO_WORLD", "There is no such season here.", "See: annals world list; open one: annals season open."),
    (
        "OUTCOME_UNKNOWN",
        "It is not known yet whether the command was decided: the log can not be written, and did not say what became of it.",
        "Ask again with the same key: it is decided once, whatever became of the first try.",
    ),
    ("PAYLOAD_TOO_BIG", "The request is too big.", "A command has at most 65,536 bytes."),
    ("PLAN_CHANGED", "The plan's file is not what its digest names.", "Plan anew."),
    (
        "PLAN_COOLING",
        "The plan has not rested for ten minutes yet, as the setting approval = cooling-off asks.",
        "Wait, look at it again, then apply it within 30 minutes of its making.",
    ),
    (
        "PLAN_OWN",
        "Whoever made a plan can not approve it.",
        "Ask another operator: annals rollback approve PLAN.",
    ),
    (
        "PLAN_UNAPPROVED",
        "The plan needs the approval of a second operator, as the setting approval = second-operator asks.",
        "Ask another operator: annals rollback approve PLAN.",
    ),
    ("PLAN_EXPIRED", "The plan is more than 30 minutes old.", "Plan anew, look, apply."),
    ("PLAN_STALE", "Events came in since the plan was made.", "Plan anew, look, apply."),
    (
        "POISON_COMMIT",
        "A commit on the record can not be folded: the world stands still.",
        "annals verify says which; was it written by a newer server?",
    ),
    (
        "PORT_IN_USE",
        "The address can not be listened on.",
        "Stop the other program, or choose another with --listen.",
    ),
    ("RATE_LIMITED", "Too many requests of this kind.", "Wait; limits grow with good standing."),
    (
        "READ_MODELS_BAD_ROLE",
        "The name can not be that of a database role.",
        "Use small letters, digits and underscores, 1 to 63 of them.",
    ),
    (
        "READ_MODELS_BAD_URL",
        "The read models' URL can not be read.",
        "Give it as postgres://user:password@host:5432/database.",
    ),
    (
        "READ_MODELS_FAILED",
        "The database of the read models can not be read or written at present. Nothing is lost: rows follow from the log.",
        "The message names the cause; it is tried again by itself.",
    ),
    (
        "READ_MODELS_FOREIGN",
        "The database has a schema named annals_models that holds something else.",
        "Use another database.",
    ),
    (
        "READ_MODELS_IN_USE",
        "Another process projects into these read models, and only one may.",
        "Use its server, or stop it.",
    ),
    (
        "READ_MODELS_LOGIN_REFUSED",
        "The database server does not let this user in.",
        "Correct user and password in the URL, or the server's pg_hba.conf.",
    ),
    (
        "READ_MODELS_MISSING",
        "The database is prepared, but nobody has projected into it yet.",
        "Start the server that projects: annals serve.",
    ),
    (
        "READ_MODELS_NEWER",
        "The database was prepared by a newer version.",
        "Use that version or a later one.",
    ),
    (
        "READ_MODELS_NOT_PREPARED",
        "The database was not set up for read models.",
        "As its administrator: annals projection prepare.",
    ),
    (
        "READ_MODELS_NO_DATABASE",
        "The server has no such database.",
        "Create it (createdb), or correct its name in the URL.",
    ),
    (
        "READ_MODELS_OLDER",
        "The database was prepared by an older version.",
        "As its administrator: annals projection prepare.",
    ),
    (
        "READ_MODELS_OUTDATED",
        "The read models were made for other tables than this version has. They answer, but do not follow the log.",
        "annals projection rebuild.",
    ),
    (
        "READ_MODELS_REFUSED",
        "The database will never take a row that a commit makes. That world's read models stand still before it.",
        "The message names the row's fault; annals projection rebuild if the rows were changed by hand.",
    ),
    ("READ_MODELS_REPLACED", "The read models were rebuilt while this was asked.", "Ask again."),
    (
        "READ_MODELS_SERVER_READ_ONLY",
        "The database server takes no writes.",
        "Give the primary in the URL, or end its read-only mode.",
    ),
    (
        "READ_MODELS_UNREACHABLE",
        "The database server of the read models does not answer.",
        "Start it, or correct host and port in the URL.",
    ),
    (
        "READ_MODELS_WRONG_RIGHTS",
        "The database user may do more or less than this needs.",
        "Log in as a member of the role that the message names; annals projection prepare sets it up.",
    ),
    (
        "SEASON_RUNS",
        "A season runs on this server already, and a server runs one at a time.",
        "Close it first: annals season close WORLD; or open on another server with --server.",
    ),
    (
        "SECRET_REVEALED",
        "The season's secret is revealed: what was rolled can be known, so nothing may be rolled again.",
        "A closed season can not be rewound.",
    ),
    ("SERVER_UNREACHABLE", "The server that owns the data does not answer.", "Is it running? annals doctor."),
    ("SHUTTING_DOWN", "The server is shutting down.", "Ask again with the same key when it is back."),
    (
        "STORE_BAD_ROLE",
        "The name can not be that of a database role.",
        "Use small letters, digits and underscores, 1 to 63 of them.",
    ),
    (
        "STORE_BAD_URL",
        "The log's URL can not be read.",
        "Give it as postgres://user:password@host:5432/database.",
    ),
    (
        "STORE_BUSY",
        "Another transaction on the log's tables stood in the way. Nothing was changed.",
        "Ask again with the same key; if it goes on, look for locks that somebody holds by hand.",
    ),
    (
        "STORE_CORRUPT",
        "The log's file is damaged.",
        "Keep it as it is and restore the last backup; annals verify says how far it is whole.",
    ),
    ("STORE_FAILED", "The log's file can not be used.", "The message names the cause."),
    (
        "STORE_GUARD",
        "The database itself has refused what was to be written. Nothing was changed.",
        "annals verify: heads and commits may not agree; has somebody written by hand?",
    ),
    ("STORE_IN_USE", "Another process owns this data.", "Use its server, or stop it."),
    (
        "STORE_LOGIN_REFUSED",
        "The PostgreSQL server does not let this user in.",
        "Correct user and password in the log's URL, or the server's pg_hba.conf.",
    ),
    ("STORE_MISSING", "There is no log at this place.", "Name another data directory with --data."),
    ("STORE_NEWER", "The log was written by a newer version.", "Use that version or a later one."),
    ("STORE_NOT_A_DATABASE", "The file is no log of Annals.", "Name another data directory with --data."),
    (
        "STORE_NOT_DURABLE",
        "The PostgreSQL server may lose what it has acknowledged.",
        "Set fsync = on and full_page_writes = on in its postgresql.conf and start it again.",
    ),
    (
        "STORE_NOT_PREPARED",
        "The database holds no log yet.",
        "Prepare it once as its administrator: annals log prepare.",
    ),
    (
        "STORE_NOT_WRITABLE",
        "The data directory can not be written.",
        "Look at its rights, or name another with --data.",
    ),
    (
        "STORE_NO_DATABASE",
        "The PostgreSQL server has no such database.",
        "Create it with createdb, or correct its name in the log's URL.",
    ),
    (
        "STORE_NO_DIRECTORY",
        "There is no such data directory.",
        "Name another with --data, or begin with: annals demo.",
    ),
    (
        "STORE_OLDER",
        "The log was written by an older version, and its tables must be brought up to date first.",
        "As the database's administrator: annals log prepare; nothing on the record changes.",
    ),
    ("STORE_READ_ONLY", "The log was opened to be read.", "Ask the server that writes it."),
    (
        "STORE_SERVER_READ_ONLY",
        "The PostgreSQL server takes no writes: it is a replica, or set to be read only.",
        "Give the primary in the log's URL, or end its read-only mode.",
    ),
    (
        "STORE_UNAVAILABLE",
        "The log can not be written or read at present. Nothing was changed.",
        "Ask again in a while with the same key.",
    ),
    (
        "STORE_UNREACHABLE",
        "The PostgreSQL server does not answer, or has no connection left.",
        "Start it, look at its max_connections, or correct host and port in the log's URL.",
    ),
    (
        "STORE_WRONG_RIGHTS",
        "The role may do more or less with the log than a writer must, or the record's guards are off.",
        "Log in as a member of annals_writer that is nothing else; annals log prepare sets it up.",
    ),
    ("UNKNOWN_BATTLE", "There is no such battle.", "See: annals battle list."),
    ("UNKNOWN_CODE", "There is no such code.", "annals explain lists them all."),
    ("UNKNOWN_COMMAND", "There is no such command in this game.", "See /help."),
    ("UNKNOWN_GAME", "This server does not know that game.", "The message lists those that it knows."),
    ("UNKNOWN_PLAN", "There is no such plan.", "See: annals rollback list."),
    ("UNKNOWN_TOKEN", "There is no such token.", "See: annals token list."),
    ("UNKNOWN_WORLD", "There is no such world.", "See: annals world list."),
    ("USAGE", "The command line asks for something that is not there.", "See --help."),
    ("VAULT_WRONG_KEYS", "The vault was made with other keys.", "Put the keys of this data directory back."),
    (
        "VAULT_BAD_ROLE",
        "The name can not be a role's.",
        "Use small letters, digits and underscores, 1 to 63 of them.",
    ),
    (
        "STORE_TLS",
        "No TLS connection comes about, or none is wanted and the server has one.",
        "The message names the part of the connection string: tlsCAFile, tls=false, or the host's name.",
    ),
    (
        "BATCH_TOO_LARGE",
        "The KurrentDB server takes no append of this size.",
        "Set MaxAppendSize to 16777216 in the server's configuration and start it again.",
    ),
    (
        "VAULT_BAD_URL",
        "The setting vault is no place for a vault.",
        "Give sqlite, or postgres://user:password@host:5432/database with --vault or ANNALS_VAULT.",
    ),
    (
        "VAULT_BUSY",
        "Another transaction holds what was asked for.",
        "Ask again in a moment; see long transactions in pg_stat_activity.",
    ),
    (
        "VAULT_CORRUPT",
        "The vault is damaged.",
        "Keep the database as it is and restore the last backup of it.",
    ),
    (
        "VAULT_FAILED",
        "The vault can not be read or written.",
        "The message says why; look into the PostgreSQL server's own log.",
    ),
    ("VAULT_INVALID", "What was handed in can not be kept.", "The message says what it must be."),
    (
        "VAULT_LOGIN_REFUSED",
        "The PostgreSQL server does not let this user in.",
        "Correct user and password in the setting vault, or the server's pg_hba.conf.",
    ),
    ("VAULT_NEWER", "The vault was written by a newer build.", "Start the newer build."),
    (
        "VAULT_NO_DATABASE",
        "The server has no such database.",
        "Create it (createdb), or correct its name in the setting vault.",
    ),
    (
        "VAULT_NOT_A_VAULT",
        "What is there is no vault.",
        "Name another file or database in the setting vault.",
    ),
    (
        "VAULT_NOT_DURABLE",
        "The server may lose what it has acknowledged.",
        "Set fsync and full_page_writes = on in its postgresql.conf and start it again.",
    ),
    (
        "VAULT_NOT_EMPTY",
        "The vault to copy into holds something already.",
        "Copy into one that was only just made.",
    ),
    (
        "VAULT_NOT_PREPARED",
        "The database holds no vault yet.",
        "Prepare it once as its administrator: annals vault prepare.",
    ),
    (
        "VAULT_NOT_WIPED",
        "What was erased is gone from the vault, but old versions of rows may still lie in the database's files.",
        "End long transactions and erase again, or run VACUUM FULL on the vault's tables.",
    ),
    (
        "VAULT_NOT_WRITABLE",
        "The vault's file can not be made or written.",
        "See who owns the data directory, or name another with --data.",
    ),
    ("VAULT_NO_DIRECTORY", "The vault's directory is not there.", "Name another with --data."),
    (
        "VAULT_OLDER",
        "The vault's schema is older than this build's.",
        "Bring it up to date as its administrator: annals vault prepare.",
    ),
    (
        "VAULT_SERVER_READ_ONLY",
        "The server takes no writes.",
        "Give the primary in the setting vault, or end its read-only mode.",
    ),
    (
        "VAULT_UNREACHABLE",
        "The vault's PostgreSQL server can not be reached.",
        "Start it, or correct host and port in the setting vault.",
    ),
    (
        "VAULT_WRONG_RIGHTS",
        "The user may do more or less on the vault than a server must.",
        "Log in as the role that annals vault prepare sets up.",
    ),
    (
        "VOIDED",
        "The command was decided, and a rewind has made it void.",
        "Give it anew if you still want it.",
    ),
    ("WORLD_ENDED", "The season is over.", "Look at its record; open a new one."),
    ("WORLD_EXISTS", "There is a season already.", "Close it first, or open another under another name."),
    (
        "WORLD_HALTED",
        "The world stands still until an operator has looked at it.",
        "annals doctor, annals verify.",
    ),
    (
        "WORLD_NOT_PAUSED",
        "A plan that must wait before it is applied is made on a paused world, or what comes in meanwhile makes it stale.",
        "Add --pause; the world goes on when the plan is applied, dropped or expired.",
    ),
    ("WORLD_PAUSED", "The season is paused; timers wait too.", "Wait for the announcement."),
    ("WORLD_REWINDING", "The season is being taken back to an earlier point.", "Ask again in a moment."),
    ("WORLD_STATE", "That is not possible in the state in which the season is.", "See: annals world show."),
];

/// Codes of the bot on Twitch.
const TWITCH: &[(&str, &str, &str)] = &[
    (
        "TWITCH_LOGIN_REFUSED",
        "Twitch does not take the bot's token: it has run out, was revoked, or belongs to another account.",
        "Get a new one for the account that twitch_login names, put it into the file that twitch_token_file names, and start \
         the server again; docs/operating.md, Twitch.",
    ),
    (
        "TWITCH_NOBODY",
        "Nobody of that name plays on the server, or several do.",
        "Give the name as it stands in Discord; whoever shares theirs changes it first, and plays once under the new one.",
    ),
    (
        "TWITCH_NOT_SET",
        "Settings without which nothing can be told on Twitch are missing.",
        "Set twitch_login, twitch_channel, twitch_token_file and twitch_server; docs/operating.md, Twitch.",
    ),
];

/// Every code that is not a game's.
fn host() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    HOST.iter().chain(discord::DISCORD).chain(TWITCH)
}

/// The page of a code: the host's own, or that of a game.
pub(crate) fn page(code: &str) -> Option<Page> {
    if let Some((_, sentence, next)) = host().find(|(known, ..)| *known == code) {
        return Some(Page {
            sentence: (*sentence).to_owned(),
            next: vec![(*next).to_owned()],
            from: "the server",
        });
    }
    games_registry::games().into_iter().find_map(|game| {
        let known = game.rejection_codes().iter().find(|known| **known == code)?;
        let text = game.describe(&schemas::Rejection::new(known))?;
        Some(Page { sentence: text.sentence, next: text.suggestions, from: game.title() })
    })
}

pub(crate) fn run(code: Option<&str>, printer: &Printer) -> Result<Exit, Failure> {
    let Some(code) = code else {
        let mut rows: Vec<_> = host()
            .map(|(code, sentence, _)| vec![json!(code), json!("the server"), json!(sentence)])
            .collect();
        for game in games_registry::games() {
            for code in game.rejection_codes() {
                if let Some(page) = page(code).filter(|page| page.from == game.title()) {
                    rows.push(vec![json!(code), json!(page.from), json!(page.sentence)]);
                }
            }
        }
        printer.rows(&["code", "from", "meaning"], &rows)?;
        return Ok(Exit::Done);
    };
    let page = page(&code.to_uppercase()).ok_or_else(|| {
        Failure::new("UNKNOWN_CODE", format!("there is no code {code}; all of them: annals explain"))
    })?;
    printer.line(&format!("{} ({})", code.to_uppercase(), page.from))?;
    printer.line(&page.sentence)?;
    page.next.iter().try_for_each(|next| printer.line(&format!("→ {next}")))?;
    Ok(Exit::Done)
}

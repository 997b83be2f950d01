//! Codes that come up where people play through Discord, and where an operator connects the server to it.

/// What happened, what to do.
pub(super) const DISCORD: &[(&str, &str, &str)] = &[
    (
        "DISCORD_BAD_ADDRESS",
        "The gateway is said to be at a place that does not belong to the API; nothing was sent there.",
        "Look at the setting discord_api, and at whatever stands between this machine and Discord.",
    ),
    (
        "DISCORD_BAD_SHARDS",
        "The range of shards holds none, or one that there is not.",
        "The first is at most the last, and the last is below the number of all.",
    ),
    (
        "DISCORD_COMMANDS_DIFFER",
        "The commands that the Discord server has are not those of its season's game.",
        "Register them: annals discord register.",
    ),
    (
        "DISCORD_HOLDING_BACK",
        "So many calls were refused of late that more of them might get this address blocked.",
        "Find what is refused in the server's log; nothing is sent until ten minutes have passed.",
    ),
    (
        "DISCORD_INTENTS_REFUSED",
        "Discord refuses what the bot asks to be told of, which is servers only.",
        "Look at the application in the developer portal: it may be disabled.",
    ),
    (
        "DISCORD_LIMITED",
        "Discord's rate limit lets the call through later than it is of use.",
        "Try again after the time that the message names.",
    ),
    (
        "DISCORD_MISSING_PERMISSIONS",
        "The bot lacks permissions in the Discord server that it needs.",
        "Give its role the permissions that the message names, or invite it again: annals discord invite.",
    ),
    (
        "DISCORD_NO_ENDPOINT",
        "The application has no Interactions Endpoint URL, so Discord posts nothing here.",
        "Set it in the developer portal to https://<your name>/discord/interactions while the server runs.",
    ),
    (
        "DISCORD_NO_TOKEN",
        "There is no bot token, and the gateway is spoken to by bots only.",
        "Set discord_token, or let Discord post interactions: discord_interactions = http.",
    ),
    (
        "DISCORD_NOT_IN_SERVER",
        "The application is not in that Discord server, or was invited without its commands.",
        "Open the address that annals discord invite prints, as an administrator of the server.",
    ),
    (
        "DISCORD_NOT_SET",
        "Settings without which Discord can not be answered are missing.",
        "Set discord_application, discord_public_key and discord_token; docs/discord.md says where to find them.",
    ),
    (
        "DISCORD_REFUSED",
        "Discord did not do what it was asked to.",
        "The message holds Discord's own words and number.",
    ),
    (
        "DISCORD_SETUP_FAILED",
        "The connection to Discord's gateway can not be set up on this machine, or has ended without a reason.",
        "Look at the server's log and at the machine's limits, then start it again.",
    ),
    (
        "DISCORD_SHARD_REFUSED",
        "Discord can be reached and gives a shard of the bot no session.",
        "More shards are needed than these: start the server again, so that Discord is asked how many.",
    ),
    (
        "DISCORD_TOKEN_REFUSED",
        "Discord does not take the bot token.",
        "Make a new one in the developer portal (Bot, Reset Token) and put it where ANNALS_DISCORD_TOKEN_FILE says.",
    ),
    (
        "DISCORD_UNREACHABLE",
        "Discord's API can not be reached, or did not answer in time.",
        "Look at the network and the setting discord_api; registering again does no harm.",
    ),
    (
        "DISCORD_WRONG_APPLICATION",
        "The bot token belongs to another application than the one that is set.",
        "Take application id, public key and token from the same application in the developer portal.",
    ),
    (
        "DISCORD_WRONG_KEY",
        "The public key that is set is not the one that Discord signs with: every interaction would be refused.",
        "Copy the Public Key from General Information in the developer portal.",
    ),
    (
        "MALFORMED",
        "What was posted to the interactions endpoint is no interaction of Discord's.",
        "The message names the field; it is in the server's log, too.",
    ),
    ("NOT_HERE", "This is not shown here.", "See /help for what is."),
    ("NOT_YOURS", "The menu or form belongs to somebody else.", "Use the command to get one of your own."),
    (
        "OTHER_SEASON",
        "The menu or form is from another season than the one that runs on the server.",
        "Use the command again: it opens a new one.",
    ),
    (
        "REAL_TIME",
        "This season keeps real time: nobody can wait it away.",
        "Time can be passed in a demonstration only.",
    ),
    (
        "SERVER_NEEDED",
        "The game is played on a server of Discord, and this was sent in a private conversation.",
        "Use the command in a channel of the server.",
    ),
    (
        "UNKNOWN_FORM",
        "The form is from an older version of the server.",
        "Use the command again: it opens a new one.",
    ),
    (
        "UNSIGNED",
        "The request to the interactions endpoint is not signed by Discord, is stale, or came before.",
        "If Discord's own requests are refused: the public key is another application's, a proxy changes the body, or the clock is wrong.",
    ),
];

//! `annals twitch`: links with accounts on Twitch.

use serde_json::json;
use vault::{Account, Link, Vault};

use crate::cli::TwitchCommand;
use crate::context::{Data, Exit, Failure, now};
use crate::print::Printer;

pub(crate) async fn run(data: &Data, command: &TwitchCommand, printer: &Printer) -> Result<Exit, Failure> {
    let vault = data.vault().await?;
    let done = carry_out(data, &vault, command, printer).await;
    vault.close().await;
    done.map(|()| Exit::Done)
}

async fn carry_out(
    data: &Data,
    vault: &Vault,
    command: &TwitchCommand,
    printer: &Printer,
) -> Result<(), Failure> {
    match command {
        TwitchCommand::Code { login, player: name } => {
            let account = Account::twitch(login, None).map_err(|e| Failure::usage(e.to_string()))?;
            let server = data.settings()?.twitch.server;
            let Some(player) = crate::twitch::house::called(vault, server.as_ref(), name).await? else {
                let text = format!("nobody is called {name:?} here, or several are");
                return Err(Failure::new("TWITCH_NOBODY", text));
            };
            let code = vault.make_link_code(player, &account, now()).await?;
            printer.talk(&format!(
                "/link twitch code:{} works for {name} alone, once, until {}",
                code.text, code.expires_ms
            ));
            printer.line(&code.text)
        }
        TwitchCommand::List => {
            let row = |link: &Link| {
                vec![
                    json!(link.number),
                    json!(link.player),
                    json!(link.account.login),
                    json!(link.account.id),
                    json!(link.linked_ms.to_string()),
                ]
            };
            let rows: Vec<_> = vault.links().await?.iter().map(row).collect();
            printer.rows(&["link", "player", "login", "id", "since"], &rows)
        }
        TwitchCommand::Unlink { number } => {
            if !vault.unlink(*number).await? {
                return Err(Failure::usage(format!("there is no link {number}; see: annals twitch list")));
            }
            printer.talk(&format!("link {number} is ended"));
            Ok(())
        }
    }
}

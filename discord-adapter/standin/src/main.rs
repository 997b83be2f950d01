//! The stand-in as a program, for a person: `discord-standin ENDPOINT [PORT]`, then a page in the browser, or lines as one
//! would type them. Without an address for `ENDPOINT`, `gateway`, interactions go through the gateway.
//!
//! `/path name:value …` uses a command, `press N` presses the N-th button of the last message, `form name:value …` sends
//! the form that opened, `ping` looks in, `fault 429`, `fault 500` and `fault lost` are met by the next call.

use std::io::{BufRead, Write};
use std::time::Duration;

use discord_standin::people::{Person, Spot};
use discord_standin::{Fault, Judge, LimitScope, Options, Standin, Tamper, panel};
use serde_json::{Value, json};

const ALICE: u64 = 900_000_000_000_000_301;
const CHANNEL: u64 = 900_000_000_000_000_200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(talk())
}

async fn talk() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let Some(endpoint) = words.next() else {
        eprintln!(
            "usage: discord-standin http://127.0.0.1:8787/discord/interactions [PORT], or: discord-standin gateway [PORT]"
        );
        std::process::exit(2);
    };
    let port: u16 = words.next().map_or(Ok(0), |text| text.parse())?;
    let endpoint = if endpoint == "gateway" { String::new() } else { endpoint };
    let options = Options { endpoint, listen: ([127, 0, 0, 1], port).into(), ..Options::default() };
    let (guild, token, application) = (options.guilds[0], options.token.clone(), options.application);
    let judge = Judge::from_environment()?;
    if !judge.has_description() {
        eprintln!("not used: Discord's description (ANNALS_DISCORD_SPEC does not say where it is)");
    }
    let standin = Standin::start(options, judge).await?;
    eprintln!("API          {}", standin.base());
    eprintln!("application  {application}\npublic key   {}\ntoken        {token}", standin.public_key());
    // Beside the API, so that its address is known beforehand where the API's is.
    let panel =
        panel::open(&standin, ([127, 0, 0, 1], if port == 0 { 0 } else { port.saturating_add(1) }).into());
    eprintln!("panel        http://{}", panel.await?);
    let person = Person::admin(ALICE, "alice");
    let spot = Spot { guild: Some(guild), channel: CHANNEL };
    let mut last = Shown::default();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let delivery = match word {
            "" => continue,
            "ping" => standin.ping(Tamper::None).await,
            "press" => {
                let index = rest.trim().parse::<usize>().unwrap_or(0).wrapping_sub(1);
                let Some(id) = last.buttons.get(index).cloned() else {
                    eprintln!("there is no such button");
                    continue;
                };
                standin.press(&person, spot, last.message, &id).await
            }
            "form" => standin.form(&person, spot, &last.form.clone(), &pairs(rest)).await,
            "fault" => {
                standin.fault(match rest.trim() {
                    "429" => Fault::Limited(LimitScope::User, Duration::from_secs(1)),
                    "lost" => Fault::DoneAndLost,
                    status => Fault::Status(status.parse().unwrap_or(500)),
                });
                continue;
            }
            _ => {
                let line = line.trim().trim_start_matches('/');
                let words: Vec<&str> = line.split(' ').take_while(|word| !word.contains(':')).collect();
                let path = words.join(" ");
                let options: Vec<(&str, u64, Value)> = pairs(line[path.len()..].trim())
                    .into_iter()
                    .map(|(name, text)| typed(name, text))
                    .collect();
                standin.command(&person, spot, &path, &options).await
            }
        };
        last = Shown::of(&standin, &delivery.token, delivery.status, &delivery.answer);
        std::io::stdout().flush()?;
    }
    // Where nobody types, the panel is there.
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn pairs(text: &str) -> Vec<(&str, &str)> {
    text.split(' ').filter_map(|word| word.split_once(':')).collect()
}

fn typed<'a>(name: &'a str, text: &str) -> (&'a str, u64, Value) {
    if let Ok(number) = text.parse::<i64>() {
        return (name, 4, number.into());
    }
    match text {
        "true" | "false" => (name, 5, (text == "true").into()),
        _ => (name, 3, text.into()),
    }
}

/// What stands on the screen.
#[derive(Default)]
struct Shown {
    message: u64,
    buttons: Vec<String>,
    form: String,
}

impl Shown {
    fn of(standin: &Standin, token: &str, status: u16, answer: &Value) -> Self {
        let mut state = standin.state();
        println!("HTTP {status}, answer of type {}", answer["type"]);
        let told = state.interactions.get(token).cloned();
        let messages = told.iter().flat_map(|told| told.original.iter().chain(&told.more)).copied();
        let mut shown = Self::default();
        for id in messages {
            let Some(message) = state.messages.get(&id) else { continue };
            shown.message = id;
            let private = if message.private { "  (only you)" } else { "" };
            for embed in message.body["embeds"].as_array().into_iter().flatten() {
                for part in ["title", "description"] {
                    println!("{}{private}", embed[part].as_str().unwrap_or_default());
                }
                for field in embed["fields"].as_array().into_iter().flatten() {
                    println!("{}: {}", field["name"], field["value"]);
                }
            }
            let rows = message.body["components"].as_array().into_iter().flatten();
            for one in rows.flat_map(|row| row["components"].as_array().into_iter().flatten()) {
                shown.buttons.push(one["custom_id"].as_str().unwrap_or_default().to_owned());
                println!("[{}] {}", shown.buttons.len(), one["label"].as_str().unwrap_or("menu"));
            }
        }
        if answer["type"] == json!(9) {
            shown.form = answer["data"]["custom_id"].as_str().unwrap_or_default().to_owned();
            println!("{}", answer["data"]);
        }
        for broken in state.violations.drain(..) {
            println!("BROKEN  {broken}");
        }
        shown
    }
}

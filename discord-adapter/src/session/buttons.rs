//! Buttons: what pressing them does, whose they are, and when they are too old.

use games_core::tree::{OptionKind, SlashCommand};
use schemas::rejection::RejectionText;
use schemas::{Hash, PlayerId};
use serde_json::{Value, json};

use super::Desk;
use crate::custom_id::{CustomId, Verb};
use crate::host::{Asker, Clock, Host, Place};
use crate::lang::{self, t};
use crate::parse::{self, RawCommand, RawValue};
use crate::present::args;
use crate::reply::{Button, Colour, Form, PICK, Reply, Response, Row, Style};
use crate::{limits, refusal};

/// Refusals that a person may overrule, the option that does so, and what stands on the button.
const OVERRULED: [(&str, &str, &str, &str); 2] = [
    ("NOT_CONFIRMED", "confirm", "Yes, do it", "This can not be undone."),
    ("SHIELD_WOULD_DROP", "drop_shield", "Go on without the shield", "Your shield ends with the first step."),
];

impl<H: Host> Desk<'_, H> {
    /// A press of a button, or a pick from a menu.
    pub(super) async fn press(&self, custom_id: &str, pick: Option<&str>) -> Response {
        let Ok(id) = custom_id.parse::<CustomId>() else {
            return Response::Update(worn("This button is from an older version. Use the command again."));
        };
        let place = match self.host.place().await {
            Ok(place) => place,
            Err(text) => return Response::New(refusal::reply(&text, Clock::default())),
        };
        let asker = match self.asker().await {
            Ok(asker) => asker,
            Err(text) => return Response::New(refusal::reply(&text, place.clock)),
        };
        if let Some(owner) = id.actor.filter(|owner| *owner != asker.player) {
            return Response::New(self.foreign(owner, &id, place.clock).await);
        }
        if id.world != place.world {
            return Response::Update(worn(&say!("This menu is from another season ({}).", id.world)));
        }
        if id.verb == Verb::Cancel {
            return Response::Update(worn("Nothing was done."));
        }
        if id.verb == Verb::Form {
            let filled = CustomId { verb: Verb::Do, actor: Some(asker.player), ..id };
            let command = parse::find_kind(self.tree, &filled.kind);
            return match command.and_then(|command| Form::of(command, filled)) {
                Some(form) => Response::Form(form),
                None => Response::New(refusal::reply(&gone(), place.clock)),
            };
        }
        let raw = match self.of_button(&id, pick, &[]) {
            Ok(raw) => raw,
            Err(text) => return Response::New(refusal::reply(&text, place.clock)),
        };
        if let Err(text) = super::permitted(raw.command, &asker) {
            return Response::New(refusal::reply(&text, place.clock));
        }
        if id.verb == Verb::Do && !id.version.is_empty() {
            let now = self.seen(&raw, &asker).await;
            if now != id.version {
                let preview = self.preview(&raw, &place, &asker, lang::part("Things changed"), &now);
                return Response::Update(limits::fit_one(preview));
            }
        }
        match self.run(&raw, &place, &asker).await {
            // What is for one pair of eyes never takes the place of what all see.
            Ok(reply) if reply.private && !self.interaction.on_private => Response::New(limits::fit(reply)),
            Ok(reply) => Response::Update(limits::fit_one(reply)),
            Err(text) => Response::New(refusal::reply(&text, place.clock)),
        }
    }

    /// A form that was sent: its command with what was filled in.
    pub(super) async fn submit(&self, custom_id: &str, fields: &[(String, String)]) -> Reply {
        let old =
            || refusal::plain("UNKNOWN_FORM", "This form is from an older version. Use the command again.");
        let id = custom_id.parse::<CustomId>().ok().filter(|id| id.verb == Verb::Do);
        let Some(id) = id else { return refusal::reply(&old(), Clock::default()) };
        let place = match self.host.place().await {
            Ok(place) => place,
            Err(text) => return refusal::reply(&text, Clock::default()),
        };
        match self.filled(&id, fields, &place).await {
            Ok(reply) => reply,
            Err(text) => refusal::reply(&text, place.clock),
        }
    }

    async fn filled(
        &self,
        id: &CustomId,
        fields: &[(String, String)],
        place: &Place,
    ) -> Result<Reply, RejectionText> {
        let asker = self.asker().await?;
        if let Some(owner) = id.actor.filter(|owner| *owner != asker.player) {
            return Ok(self.foreign(owner, id, place.clock).await);
        }
        if id.world != place.world {
            let text = say!("This form is from another season ({}).", id.world);
            return Err(refusal::plain("OTHER_SEASON", text));
        }
        let raw = self.of_button(id, None, fields)?;
        super::permitted(raw.command, &asker)?;
        match self.run(&raw, place, &asker).await {
            Ok(reply) => Ok(reply),
            Err(text) => self.offer(&raw, place, &asker, &text).await.ok_or(text),
        }
    }

    /// The command that a button or a form stands for. It goes through the same checks as a typed one.
    fn of_button(
        &self,
        id: &CustomId,
        pick: Option<&str>,
        filled: &[(String, String)],
    ) -> Result<RawCommand, RejectionText> {
        let command = parse::find_kind(self.tree, &id.kind).ok_or_else(gone)?;
        let value = |text: &str| match pick.filter(|_| text == PICK) {
            Some(pick) => pick.to_owned(),
            None => text.to_owned(),
        };
        let mut options = Vec::new();
        let mut players = std::collections::BTreeMap::new();
        // What was left empty in a form was not given.
        let filled = filled.iter().filter(|(_, text)| !text.trim().is_empty());
        for (name, text) in id.args.iter().chain(filled) {
            let text = value(text);
            // A button holds the player, not the user: nothing is left to look up.
            let player = command
                .option(name)
                .filter(|option| option.kind == OptionKind::User)
                .and_then(|_| text.parse::<PlayerId>().ok());
            if let Some(player) = player {
                players.insert(crate::interaction::UserKey::Local(text.clone()), player);
            }
            options.push((name.clone(), RawValue::Typed(text)));
        }
        parse::shape(self.tree, command.path, &options)
            .and_then(|shaped| shaped.resolve(self.tree, &players))
            .map_err(|problem| problem.text(self.tree))
    }

    async fn foreign(&self, owner: PlayerId, id: &CustomId, clock: Clock) -> Reply {
        let name = self.host.display_name(crate::host::Who::Id(owner)).await;
        let name = name.map_or_else(|| t("somebody else"), |name| crate::present::words::safe(&name));
        let path = parse::find_kind(self.tree, &id.kind).map_or("help", |command| command.path);
        let text = say!("That menu is {name}'s. Open yours: /{path}");
        refusal::reply(&refusal::plain("NOT_YOURS", text), clock)
    }

    /// For a refusal that a person may overrule: the same command with the option set, behind a button.
    pub(super) async fn offer(
        &self,
        raw: &RawCommand,
        place: &Place,
        asker: &Asker,
        text: &RejectionText,
    ) -> Option<Reply> {
        let (_, option, ..) = OVERRULED.iter().find(|(code, ..)| *code == text.code)?;
        raw.command.option(option).filter(|option| option.kind == OptionKind::Bool)?;
        let mut raw = raw.clone();
        raw.payload[*option] = true.into();
        let seen = self.seen(&raw, asker).await;
        let mut reply = self.preview(&raw, place, asker, &lang::sentence(&text.sentence), &seen);
        reply.refused = Some(text.code.clone());
        Some(reply)
    }

    /// What stands before something final: what it would do, with *do it* and *cancel*.
    fn preview(&self, raw: &RawCommand, place: &Place, asker: &Asker, why: &str, version: &str) -> Reply {
        let overruled = OVERRULED.iter().find(|(_, option, ..)| raw.payload[*option].as_bool() == Some(true));
        let (label, warning) =
            overruled.map_or(("Yes, do it", ""), |(_, _, label, warning)| (*label, *warning));
        let (label, warning) = (lang::part(label), lang::part(warning));
        let options: Vec<String> = args(&raw.payload)
            .into_iter()
            .filter(|(name, _)| overruled.is_none_or(|(_, option, ..)| name != option))
            .map(|(name, value)| format!("{name}:{}", crate::present::words::safe(&value)))
            .collect();
        let line = format!("/{} {}", raw.command.path, options.join(" "));
        let id = CustomId {
            world: place.world.clone(),
            verb: Verb::Do,
            kind: raw.kind.clone(),
            args: args(&raw.payload),
            actor: Some(asker.player),
            version: version.to_owned(),
        };
        let cancel = CustomId {
            verb: Verb::Cancel,
            kind: String::new(),
            args: Vec::new(),
            version: String::new(),
            ..id.clone()
        };
        let mut text = format!("{why}\n**{}** {warning}", line.trim_end());
        if id.format().is_err() {
            text.push_str(lang::part("\nRepeat the command with the option set."));
        }
        let buttons = vec![
            Button { label: label.to_owned(), id, style: Style::Danger, disabled: false },
            Button { label: t("Cancel"), id: cancel, style: Style::Secondary, disabled: false },
        ];
        Reply::new("Are you sure?", text).coloured(Colour::ASK).row(Row::Buttons(buttons))
    }

    /// What the asker sees of a command's target now, as a short digest: another one later means that things changed.
    /// Empty for a command without a target.
    async fn seen(&self, raw: &RawCommand, asker: &Asker) -> String {
        let (Some(x), Some(y)) = (raw.payload["x"].as_i64(), raw.payload["y"].as_i64()) else {
            return String::new();
        };
        if parse::find_kind(self.tree, "MapTile").is_none() {
            return String::new();
        }
        let view = self.host.query(asker, "MapTile", &json!({ "x": x, "y": y })).await;
        let text = view.as_ref().map_or_else(|text| text.code.clone(), Value::to_string);
        Hash::of(text.as_bytes()).short()
    }
}

fn gone() -> RejectionText {
    refusal::plain("UNKNOWN_COMMAND", "This button's command is gone. See /help.")
}

/// The button that opens a command's form; none where the command can have none.
pub(super) fn fill_in(command: &SlashCommand, place: &Place) -> Option<Button> {
    let id = CustomId {
        world: place.world.clone(),
        verb: Verb::Form,
        kind: command.kind(),
        args: Vec::new(),
        actor: None,
        version: String::new(),
    };
    Form::of(command, id.clone())?;
    Some(Button { label: t("Fill in…"), id, style: Style::Secondary, disabled: false })
}

/// A message that is over: grey, without buttons.
fn worn(text: &str) -> Reply {
    Reply::new(text, "").coloured(Colour::GREY)
}

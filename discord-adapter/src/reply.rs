//! What a person is shown, before anybody knows where.

use games_core::tree::{CommandTree, OptionKind, SlashCommand};
use schemas::rejection::Severity;

use crate::custom_id::CustomId;
use crate::lang;
use crate::limits;
use crate::picture::Drawing;

/// The stripe at the side of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u32);

impl Colour {
    /// Something was done.
    pub const DONE: Self = Self(0x0043_A047);
    /// Something is shown.
    pub const SHOWN: Self = Self(0x003B_82C4);
    /// A question before something final.
    pub const ASK: Self = Self(0x00F4_4336);
    /// Over, or put away.
    pub const GREY: Self = Self(0x0078_7C82);

    /// The colour of a refusal.
    #[must_use]
    pub const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Low => Self(0x00FF_EB3B),
            Severity::Medium => Self(0x00FF_9800),
            Severity::High => Self(0x00F4_4336),
            Severity::Critical => Self(0x009C_27B0),
        }
    }
}

/// A titled part of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its title.
    pub name: String,
    /// Its text.
    pub value: String,
    /// Whether it may stand beside others.
    pub inline: bool,
}

/// A picture, drawn in process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file's name: `map.png`.
    pub name: String,
    /// What is painted.
    pub drawing: Drawing,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// What stands in its place where no picture can be shown, as in a terminal: Markdown, as the reply's text. Empty
    /// where the description says enough.
    pub instead: String,
}

/// A document that is handed out beside the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file's name: `data.json`.
    pub name: String,
    /// Its media type: `application/json`.
    pub kind: &'static str,
    /// All of it.
    pub text: String,
}

/// A file beside a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attachment {
    /// To be painted first.
    Picture(Picture),
    /// As it is.
    Document(Document),
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The one thing to do next.
    Primary,
    /// Anything else.
    Secondary,
    /// Can not be undone.
    Danger,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What pressing does.
    pub id: CustomId,
    /// How it looks.
    pub style: Style,
    /// Greyed: there is nothing to press for.
    pub disabled: bool,
}

/// A menu to pick one from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// What picking does; the pick becomes the argument named by `argument`.
    pub id: CustomId,
    /// What stands on it before a pick.
    pub placeholder: String,
    /// Label and value.
    pub options: Vec<(String, String)>,
}

/// The name of the argument that a menu's pick stands in for.
pub const PICK: &str = "?";

/// A row under a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// At most five buttons.
    Buttons(Vec<Button>),
    /// One menu.
    Select(Select),
}

/// What a person is shown. Texts are Discord's Markdown, times `<t:…>` stamps; every renderer knows both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The heading.
    pub title: String,
    /// The text.
    pub text: String,
    /// What follows in messages of its own, because it is longer than one: more of the text.
    pub more: Vec<String>,
    /// Titled parts.
    pub fields: Vec<Field>,
    /// A picture.
    pub picture: Option<Picture>,
    /// A document.
    pub document: Option<Document>,
    /// Buttons and menus.
    pub rows: Vec<Row>,
    /// Whether only the one who asked sees it.
    pub private: bool,
    /// The stripe.
    pub colour: Colour,
    /// A small line at the end.
    pub footer: Option<String>,
    /// Why it was refused, if it was: the stable code.
    pub refused: Option<String>,
    /// When it was answered, where that is shown: ms of the wall clock.
    pub at: Option<i64>,
}

impl Reply {
    /// A private reply with a heading and a text.
    #[must_use]
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            title: lang::text(title.into()),
            text: lang::text(text.into()),
            more: Vec::new(),
            fields: Vec::new(),
            picture: None,
            document: None,
            rows: Vec::new(),
            private: true,
            colour: Colour::SHOWN,
            footer: None,
            refused: None,
            at: None,
        }
    }

    /// With this stripe.
    #[must_use]
    pub const fn coloured(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// With one more part of its own line.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push(Field { name: lang::text(name.into()), value: value.into(), inline: false });
        self
    }

    /// With one more part that may stand beside others.
    #[must_use]
    pub fn beside(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push(Field { name: lang::text(name.into()), value: value.into(), inline: true });
        self
    }

    /// With a picture.
    #[must_use]
    pub fn pictured(mut self, picture: Picture) -> Self {
        self.picture = Some(picture);
        self
    }

    /// With a document.
    #[must_use]
    pub fn documented(mut self, document: Document) -> Self {
        self.document = Some(document);
        self
    }

    /// With a small line at the end.
    #[must_use]
    pub fn footed(mut self, text: impl Into<String>) -> Self {
        self.footer = Some(lang::text(text.into()));
        self
    }

    /// With one more row, unless it is empty.
    #[must_use]
    pub fn row(mut self, row: Row) -> Self {
        match &row {
            Row::Buttons(buttons) if buttons.is_empty() => {}
            Row::Buttons(_) | Row::Select(_) => self.rows.push(row),
        }
        self
    }

    /// The messages that follow: as private as this one, with its heading and stripe.
    #[must_use]
    pub fn following(&self) -> Vec<Self> {
        let all = self.more.len() + 1;
        let part = |(number, text): (usize, &String)| {
            let title = limits::cut(&format!("{} ({}/{all})", self.title, number + 2), limits::TITLE);
            Self { private: self.private, ..Self::new(title, text.clone()).coloured(self.colour) }
        };
        self.more.iter().enumerate().map(part).collect()
    }

    /// The files beside it, in the order in which a message numbers them.
    #[must_use]
    pub fn files(&self) -> Vec<Attachment> {
        let picture = self.picture.iter().cloned().map(Attachment::Picture);
        picture.chain(self.document.iter().cloned().map(Attachment::Document)).collect()
    }

    /// Every button that can be pressed, in order.
    pub fn buttons(&self) -> impl Iterator<Item = &Button> {
        self.rows
            .iter()
            .flat_map(|row| match row {
                Row::Buttons(buttons) => buttons.as_slice(),
                Row::Select(_) => &[],
            })
            .filter(|button| !button.disabled)
    }
}

/// A form to fill in: one text for each option that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its heading.
    pub title: String,
    /// What sending it does; what is filled in joins the arguments.
    pub id: CustomId,
    /// What is asked for, at most five.
    pub entries: Vec<Entry>,
}

/// One text of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The option that it becomes.
    pub name: String,
    /// What stands above it.
    pub label: String,
    /// What stands in it before anything is typed.
    pub placeholder: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// Most characters.
    pub most: u16,
    /// Whether it takes several lines.
    pub long: bool,
}

/// Most entries of a form.
pub const ENTRIES: usize = 5;

impl Form {
    /// The form that asks for the options of a command; none where one can not be: for no or too many options, and for
    /// members and channels, who are picked and not typed.
    #[must_use]
    pub fn of(command: &SlashCommand, id: CustomId) -> Option<Self> {
        let picked = |kind| matches!(kind, OptionKind::User | OptionKind::Channel);
        if !(1..=ENTRIES).contains(&command.options.len())
            || command.options.iter().any(|option| picked(option.kind))
            || id.format().is_err()
        {
            return None;
        }
        let entries = command.options.iter().map(|option| Entry {
            name: option.name.to_owned(),
            label: limits::cut(lang::part(option.description), limits::FORM_LABEL),
            placeholder: limits::cut(&crate::parse::rule(option.kind), limits::FORM_PLACEHOLDER),
            required: option.required,
            most: match option.kind {
                OptionKind::Text { max } | OptionKind::Prose { max } => max.clamp(1, limits::FORM_TEXT),
                OptionKind::Name(shape) => shape.max.clamp(1, limits::FORM_TEXT),
                OptionKind::Int { .. }
                | OptionKind::Choice(_)
                | OptionKind::Bool
                | OptionKind::User
                | OptionKind::Channel => 100,
            },
            long: matches!(option.kind, OptionKind::Prose { max } if max > 100),
        });
        let title = limits::cut(&format!("/{}", command.path), limits::FORM_TITLE);
        Some(Self { title, id, entries: entries.collect() })
    }

    /// The same as a line of a terminal, with gaps.
    #[must_use]
    pub fn line(&self, tree: &CommandTree) -> String {
        let path = crate::parse::find_kind(tree, &self.id.kind).map_or("", |command| command.path);
        let options: Vec<String> = self.entries.iter().map(|entry| format!(" {}:…", entry.name)).collect();
        format!("/{path}{}", options.concat())
    }
}

/// What an interaction is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// We are there.
    Pong,
    /// A new message.
    New(Reply),
    /// The message with the button is drawn anew.
    Update(Reply),
    /// A form opens.
    Form(Form),
    /// Suggestions: shown text and value.
    Choices(Vec<(String, String)>),
}

impl Response {
    /// The reply, if it is one.
    #[must_use]
    pub const fn reply(&self) -> Option<&Reply> {
        match self {
            Self::New(reply) | Self::Update(reply) => Some(reply),
            Self::Pong | Self::Form(_) | Self::Choices(_) => None,
        }
    }
}

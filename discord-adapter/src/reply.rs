//! What a person is shown, before anybody knows where.

use schemas::rejection::Severity;

use crate::custom_id::CustomId;

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
    /// The file.
    pub bytes: Vec<u8>,
    /// What it shows, for those who do not see it.
    pub alt: String,
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
    /// Titled parts.
    pub fields: Vec<Field>,
    /// A picture.
    pub picture: Option<Picture>,
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
}

impl Reply {
    /// A private reply with a heading and a text.
    #[must_use]
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            text: text.into(),
            fields: Vec::new(),
            picture: None,
            rows: Vec::new(),
            private: true,
            colour: Colour::SHOWN,
            footer: None,
            refused: None,
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
        self.fields.push(Field { name: name.into(), value: value.into(), inline: false });
        self
    }

    /// With one more part that may stand beside others.
    #[must_use]
    pub fn beside(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push(Field { name: name.into(), value: value.into(), inline: true });
        self
    }

    /// With a small line at the end.
    #[must_use]
    pub fn footed(mut self, text: impl Into<String>) -> Self {
        self.footer = Some(text.into());
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

/// What an interaction is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// We are there.
    Pong,
    /// A new message.
    New(Reply),
    /// The message with the button is drawn anew.
    Update(Reply),
    /// Suggestions: shown text and value.
    Choices(Vec<(String, String)>),
}

impl Response {
    /// The reply, if it is one.
    #[must_use]
    pub const fn reply(&self) -> Option<&Reply> {
        match self {
            Self::New(reply) | Self::Update(reply) => Some(reply),
            Self::Pong | Self::Choices(_) => None,
        }
    }
}

//! `annals battle step`: a viewer for one battle, step by step, both ways.

use std::io::IsTerminal;

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Gauge, List, ListItem, ListState, Paragraph};
use replay_tool::battles::{FoundBattle, Refought};

use crate::context::Failure;

struct Viewer<'a> {
    found: &'a FoundBattle,
    again: &'a Refought,
    at: usize,
    /// Digits typed after `g`, to go to a round.
    going: Option<String>,
}

pub(crate) fn run(found: &FoundBattle, again: &Refought) -> Result<(), Failure> {
    if again.report.told.is_empty() {
        return Err(Failure::new("UNKNOWN_BATTLE", "this battle has no steps to show"));
    }
    if !std::io::stdout().is_terminal() {
        return Err(Failure::usage("the viewer needs a terminal; for text use: annals battle show"));
    }
    let mut viewer = Viewer { found, again, at: 0, going: None };
    let mut terminal = ratatui::init();
    let result = viewer.show(&mut terminal);
    ratatui::restore();
    result
}

impl Viewer<'_> {
    fn show(&mut self, terminal: &mut ratatui::DefaultTerminal) -> Result<(), Failure> {
        let last = self.again.report.told.len() - 1;
        loop {
            terminal.draw(|frame| self.draw(frame))?;
            let Event::Key(key) = event::read()? else { continue };
            if key.kind != KeyEventKind::Press {
                continue;
            }
            if let (Some(digits), KeyCode::Char(c)) = (&mut self.going, key.code)
                && c.is_ascii_digit()
            {
                digits.push(c);
                self.go_to_round();
                continue;
            }
            self.going = None;
            if matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                return Ok(());
            } else if matches!(key.code, KeyCode::Right | KeyCode::Down | KeyCode::Char(' ' | 'l' | 'j')) {
                self.at = (self.at + 1).min(last);
            } else if matches!(key.code, KeyCode::Left | KeyCode::Up | KeyCode::Char('h' | 'k')) {
                self.at = self.at.saturating_sub(1);
            } else if key.code == KeyCode::PageDown {
                self.at = (self.at + 10).min(last);
            } else if key.code == KeyCode::PageUp {
                self.at = self.at.saturating_sub(10);
            } else if key.code == KeyCode::Home {
                self.at = 0;
            } else if key.code == KeyCode::End {
                self.at = last;
            } else if key.code == KeyCode::Char('g') {
                self.going = Some(String::new());
            }
        }
    }

    fn go_to_round(&mut self) {
        let wanted = self.going.as_ref().and_then(|digits| digits.parse::<u32>().ok());
        if let Some(wanted) = wanted
            && let Some(at) = self.again.report.told.iter().position(|step| step.round == wanted)
        {
            self.at = at;
        }
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let [head, sides, steps, foot] = Layout::vertical([
            Constraint::Length(2),
            Constraint::Length(4),
            Constraint::Min(3),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        let battle = &self.found.battle;
        let told = &self.again.report.told;
        let step = &told[self.at];
        let title = format!(
            "Battle {} · {} · {} against {}",
            battle.number, battle.kind, battle.attacker, battle.defender
        );
        let place = format!("round {}/{} · step {}/{}", step.round, battle.rounds, self.at + 1, told.len());
        let head_lines = vec![
            Line::from(Span::styled(title, Style::new().add_modifier(Modifier::BOLD))),
            Line::from(Span::raw(place)),
        ];
        frame.render_widget(Paragraph::new(head_lines), head);
        let [attacker, defender] = Layout::horizontal([Constraint::Percentage(50); 2]).areas(sides);
        let names =
            [(&battle.attacker, attacker, Color::LightRed), (&battle.defender, defender, Color::LightBlue)];
        for (i, (name, area, colour)) in names.into_iter().enumerate() {
            let left = f64::from(step.left[i].min(1000)) / 1000.0;
            let gauge = Gauge::default()
                .block(Block::default().borders(Borders::ALL).title(name.as_str()))
                .gauge_style(Style::new().fg(colour))
                .ratio(left)
                .label(format!("{} left", step.living[i]));
            frame.render_widget(gauge, area);
        }
        let items: Vec<ListItem<'_>> =
            told.iter().map(|step| ListItem::new(format!("{:>3}  {}", step.round, step.text))).collect();
        let list = List::new(items)
            .block(Block::default().borders(Borders::TOP))
            .highlight_style(Style::new().add_modifier(Modifier::REVERSED));
        let mut state = ListState::default().with_selected(Some(self.at));
        frame.render_stateful_widget(list, steps, &mut state);
        let verdict = if self.again.same { "as recorded" } else { "DIFFERS FROM THE RECORD" };
        let help =
            format!("← → space step · g ROUND · Home End · q quit      {} · {verdict}", self.again.now);
        frame.render_widget(Paragraph::new(help).style(Style::new().fg(Color::DarkGray)), foot);
    }
}

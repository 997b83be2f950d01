//! What is written is read again; what is something else is refused.

use proptest::prelude::*;
use schemas::{Cause, Commit, CommitHeader, Epoch, EventHeader, WallTime};
use serde_json::json;

use super::*;

fn world() -> WorldId {
    WorldId::new("w").unwrap()
}

fn published() -> Published {
    let header = CommitHeader {
        world: world(),
        commit: CommitNo::new(3),
        first: Position::new(5),
        epoch: Epoch::new(1),
        game_ms: GameTime::from_ms(1),
        wall_ms: WallTime::from_ms(2),
        cause: Cause::Ownership { node: "n".into() },
        payload_len: 0,
        outcome: Outcome::Accepted,
        events: vec![
            EventHeader { kind: "A".into(), version: 1, len: 2 },
            EventHeader { kind: "B".into(), version: 1, len: 2 },
        ],
        allocations: vec![],
        replaces: None,
        rewinds_to: None,
        rules: "".into(),
    };
    let commit = Commit { header, payload: vec![], event_bytes: b"{}{}".to_vec() };
    let audiences = vec![Audience::Only(vec![PlayerId::from_bits(7)]), Audience::Nobody];
    Published { stored: Arc::new(commit.into_checked(Hash::ZERO).unwrap()), audiences }
}

proptest! {
    #[test]
    fn a_command_arrives_as_it_was_sent(payload in any::<Vec<u8>>(), kind in ".{0,40}", admin in any::<bool>()) {
        let request = Request {
            ticket: 0,
            world: world(),
            id: CommandId::new("http:p:1").unwrap(),
            actor: Actor::Player(PlayerId::from_bits(9)),
            channel: "http".to_owned(),
            kind,
            payload,
            facts: Facts { admin, ..Facts::default() },
        };
        prop_assert_eq!(read_command(&write_command(&request).unwrap()).unwrap(), request);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in any::<Vec<u8>>()) {
        let _ = (read_command(&bytes), read_question(&bytes), read_answer(&bytes), read_commit(&bytes));
    }
}

#[test]
fn a_question_arrives_as_it_was_asked() {
    let kinds = [
        Asked::View("Map".to_owned(), json!({ "x": 1 })),
        Asked::Suggest("troops train".to_owned(), "unit".to_owned(), "ar".to_owned()),
        Asked::Status,
        Asked::Bots(vec![(PlayerId::from_bits(7), 17), (PlayerId::from_bits(8), 0)]),
        Asked::State,
        Asked::Page(games_core::duty::Page::Map { x: 1, y: -2, size: 50 }),
        Asked::Page(games_core::duty::Page::Player {
            whose: games_core::duty::Whose::Id(PlayerId::from_bits(7)),
        }),
    ];
    for what in kinds {
        let question =
            Question { ticket: 0, world: world(), actor: Actor::System, facts: Facts::default(), what };
        assert_eq!(read_question(&write_question(&question).unwrap()).unwrap(), question);
    }
}

#[test]
fn an_answer_arrives_as_it_was_given() {
    let seen = Seen {
        position: Position::new(8),
        kind: "Sailed".to_owned(),
        // Spaces and order of the record's bytes stay.
        payload: br#"{"b": 1,"a":  2.50}"#.to_vec(),
        public: true,
    };
    let receipt = |outcome| {
        Answer::Done(Box::new(Receipt {
            commit: CommitNo::new(4),
            first: Position::new(8),
            game: GameTime::from_ms(5),
            outcome,
            events: vec![seen.clone()],
            repeated: true,
        }))
    };
    let refusal = Rejection::new("NOT_ENOUGH").with("have", "3");
    for answer in [
        receipt(Outcome::Accepted),
        receipt(Outcome::Rejected(refusal.clone())),
        Answer::View(Ok(json!({ "x": [1, null] })), CommitNo::new(2)),
        Answer::View(Err(refusal.clone()), CommitNo::new(2)),
        Answer::Refused(refusal),
    ] {
        assert_eq!(read_answer(&write_answer(&answer).unwrap()).unwrap(), answer);
    }
}

#[test]
fn a_commit_arrives_whole_and_a_changed_one_does_not() {
    let sent = published();
    let bytes = write_commit(&sent).unwrap();
    let read = read_commit(&bytes).unwrap();
    assert_eq!((&read.stored, &read.audiences), (&sent.stored, &sent.audiences));
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        // A changed audience is no damage that a hash could show; all else is.
        if let Ok(read) = read_commit(&changed) {
            assert_eq!(read.stored, sent.stored, "byte {at}");
        }
    }
    assert!(read_commit(&bytes[..bytes.len() - 1]).is_err());
}

//! What is sealed opens again, and any change of a byte shows.

use super::*;

fn commit() -> Commit {
    Commit {
        header: CommitHeader {
            world: WorldId::new("w").unwrap(),
            commit: CommitNo::new(3),
            first: Position::new(5),
            epoch: Epoch::new(1),
            game_ms: GameTime::from_ms(1000),
            wall_ms: WallTime::from_ms(2000),
            cause: Cause::Command {
                id: CommandId::new("terminal:p-0000000000001:1").unwrap(),
                actor: Actor::Player(crate::PlayerId::from_bits(1)),
                channel: "terminal".into(),
                kind: "TroopsTrain".into(),
                version: 1,
                facts: Facts::default(),
            },
            payload_len: 2,
            outcome: Outcome::Accepted,
            events: vec![
                EventHeader { kind: "A".into(), version: 1, len: 2 },
                EventHeader { kind: "B".into(), version: 2, len: 7 },
            ],
            allocations: vec![],
            replaces: None,
            rewinds_to: None,
            rules: "00".into(),
        },
        payload: b"{}".to_vec(),
        event_bytes: b"{}{\"x\":1}".to_vec(),
    }
}

#[test]
fn a_sealed_commit_opens_to_what_was_sealed() {
    let stored = commit().seal(Hash::ZERO).unwrap();
    stored.check_hash().unwrap();
    let open = stored.open().unwrap();
    assert_eq!(*open.header, commit().header);
    assert_eq!(open.payload(), b"{}");
    let events: Vec<_> = open.events().map(|e| (e.position.get(), e.kind, e.version, e.payload)).collect();
    assert_eq!(events, [(5, "A", 1, &b"{}"[..]), (6, "B", 2, &b"{\"x\":1}"[..])]);
    assert_eq!(stored.last(), Position::new(6));
}

#[test]
fn the_header_that_is_stored() {
    let stored = commit().seal(Hash::ZERO).unwrap();
    insta::assert_snapshot!(std::str::from_utf8(&stored.header).unwrap(), @r#"{"world":"w","commit":3,"first":5,"epoch":1,"game_ms":1000,"wall_ms":2000,"cause":{"command":{"id":"terminal:p-0000000000001:1","actor":{"player":"p-0000000000001"},"channel":"terminal","kind":"TroopsTrain","version":1}},"payload_len":2,"outcome":"accepted","events":[["A",1,2],["B",2,7]],"rules":"00"}"#);
}

#[test]
fn the_bytes_alone_give_the_commit_back() {
    let sealed = commit().seal(Hash::ZERO).unwrap();
    let (header, body) = (Arc::clone(&sealed.header), Arc::clone(&sealed.body));
    let read = CheckedCommit::from_bytes(header, body, sealed.prev, sealed.hash).unwrap();
    assert_eq!(*read, sealed);
    let changed: Arc<[u8]> = b"{}{}{\"x\":2}".as_slice().into();
    let header = Arc::clone(&sealed.header);
    let broken = CheckedCommit::from_bytes(header, changed, sealed.prev, sealed.hash);
    assert!(matches!(broken, Err(BrokenCommit::Hash { .. })));
}

#[test]
fn any_changed_byte_is_found() {
    let good = commit().seal(Hash::ZERO).unwrap();
    let mut changed = good.clone();
    Arc::make_mut(&mut changed.body)[3] ^= 1;
    assert!(matches!(changed.check_hash(), Err(BrokenCommit::Hash { .. })));
    let mut changed = good.clone();
    changed.prev.0[0] ^= 1;
    assert!(changed.check_hash().is_err());
    let mut changed = good.clone();
    changed.commit = CommitNo::new(4);
    assert_eq!(changed.open().unwrap_err(), BrokenCommit::Column { column: "commit" });
    let mut changed = good;
    changed.body = changed.body[1..].into();
    assert_eq!(changed.open().unwrap_err(), BrokenCommit::Body { expected: 11, found: 10 });
}

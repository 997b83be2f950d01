//! Sessions of the dashboard on each engine: tokens that are good once.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod engines;

use engines::{NOW, Place, discord, on_each};
use schemas::{PlayerId, ServerId};
use vault::{EraseReason, Rotation, VaultError};

on_each!(
    a_refresh_token_is_good_once_and_its_reuse_ends_the_family,
    what_is_no_token_of_ours_ends_nothing,
    a_session_ends_by_time_by_wish_and_with_its_player,
    of_two_who_show_the_same_token_at_once_one_is_too_many,
);

const DAY_MS: i64 = 86_400_000;

fn server() -> ServerId {
    ServerId::new("77").unwrap()
}

fn next(rotation: Rotation) -> vault::NewSession {
    match rotation {
        Rotation::Next(next) => next,
        other @ (Rotation::Reused | Rotation::Ended) => panic!("{other:?}"),
    }
}

async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_family(place: Place) {
    let vault = place.open().await;
    let player = vault.player(&discord(1), NOW).await.unwrap();
    let expires = NOW.plus_ms(30 * DAY_MS);
    let first = vault.begin_session(player, &server(), NOW, expires).await.unwrap();
    let other = vault.begin_session(player, &server(), NOW, expires).await.unwrap();
    assert_ne!(first.family, other.family);
    let second = next(vault.rotate_session(&first.text, NOW, expires).await.unwrap());
    assert_eq!((&second.family, second.player, &second.server), (&first.family, player, &server()));
    assert_ne!(second.text, first.text);
    let third = next(vault.rotate_session(&second.text, NOW, expires).await.unwrap());
    // Somebody has a copy of an old one.
    for old in [&first, &second] {
        let found = vault.rotate_session(&old.text, NOW, expires).await.unwrap();
        assert!(matches!(found, Rotation::Reused | Rotation::Ended), "{found:?}");
    }
    let found = vault.rotate_session(&third.text, NOW, expires).await.unwrap();
    assert!(matches!(found, Rotation::Ended), "the newest is worth nothing any more: {found:?}");
    // Another sign-in of the same player is not touched.
    next(vault.rotate_session(&other.text, NOW, expires).await.unwrap());
    // What is shown once stands nowhere.
    let debug = format!("{other:?}");
    assert!(!debug.contains(&other.text), "{debug}");
}

async fn what_is_no_token_of_ours_ends_nothing(place: Place) {
    let vault = place.open().await;
    let player = vault.player(&discord(1), NOW).await.unwrap();
    let expires = NOW.plus_ms(DAY_MS);
    let real = vault.begin_session(player, &server(), NOW, expires).await.unwrap();
    let forged = format!("{}0", &real.text[..real.text.len() - 1]);
    let forged = if forged == real.text { format!("{}1", &real.text[..real.text.len() - 1]) } else { forged };
    for text in ["", "anr_", "anr_00_11", "x", "anr_\0_\0", &forged, &real.text.replace("anr_", "ann_")] {
        let found = vault.rotate_session(text, NOW, expires).await.unwrap();
        assert!(matches!(found, Rotation::Ended), "{text:?}: {found:?}");
        assert!(!vault.end_session(text, NOW).await.unwrap(), "{text:?}");
    }
    next(vault.rotate_session(&real.text, NOW, expires).await.unwrap());
    let nobody = vault.begin_session(PlayerId::from_bits(5), &server(), NOW, expires).await;
    assert!(matches!(nobody, Err(VaultError::UnknownPlayer)), "{nobody:?}");
    let past = vault.begin_session(player, &server(), NOW, NOW).await;
    assert!(matches!(past, Err(VaultError::Invalid { .. })), "{past:?}");
}

async fn a_session_ends_by_time_by_wish_and_with_its_player(place: Place) {
    let vault = place.open().await;
    let player = vault.player(&discord(1), NOW).await.unwrap();
    let expires = NOW.plus_ms(DAY_MS);
    let late = NOW.plus_ms(DAY_MS);
    let one = vault.begin_session(player, &server(), NOW, expires).await.unwrap();
    let found = vault.rotate_session(&one.text, late, late.plus_ms(1)).await.unwrap();
    assert!(matches!(found, Rotation::Ended), "{found:?}");
    let two = vault.begin_session(player, &server(), NOW, expires).await.unwrap();
    let three = next(vault.rotate_session(&two.text, NOW, expires).await.unwrap());
    assert!(vault.end_session(&three.text, NOW).await.unwrap());
    assert!(!vault.end_session(&three.text, NOW).await.unwrap());
    let found = vault.rotate_session(&three.text, NOW, expires).await.unwrap();
    assert!(matches!(found, Rotation::Ended), "{found:?}");
    let four = vault.begin_session(player, &server(), NOW, expires).await.unwrap();
    vault.erase(player, EraseReason::Requested, NOW).await.unwrap();
    let found = vault.rotate_session(&four.text, NOW, expires).await.unwrap();
    assert!(matches!(found, Rotation::Ended), "{found:?}");
}

async fn of_two_who_show_the_same_token_at_once_one_is_too_many(place: Place) {
    let vault = std::sync::Arc::new(place.open().await);
    let player = vault.player(&discord(1), NOW).await.unwrap();
    let expires = NOW.plus_ms(DAY_MS);
    let first = vault.begin_session(player, &server(), NOW, expires).await.unwrap();
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (vault, text) = (std::sync::Arc::clone(&vault), first.text.clone());
            tokio::spawn(async move { vault.rotate_session(&text, NOW, expires).await.unwrap() })
        })
        .collect();
    let mut given = Vec::new();
    for tried in tries {
        if let Rotation::Next(next) = tried.await.unwrap() {
            given.push(next);
        }
    }
    assert_eq!(given.len(), 1, "one alone is given the next");
    let found = vault.rotate_session(&given[0].text, NOW, expires).await.unwrap();
    assert!(matches!(found, Rotation::Ended), "and the family has ended: {found:?}");
}

//! The vault: identities, names, sealed texts, tokens, erasure. Every test runs on every engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod engines;

use engines::{NOW, Place, discord, w};
use proptest::prelude::*;
use schemas::{PlayerId, WorldId};
use vault::{EraseReason, Erasure, Identity, NewsChannel, Parked, Scope, ServerKeys, VaultError, normalise};

engines::on_each! {
    an_identity_has_one_random_player,
    two_vaults_in_one_place_give_one_player,
    names_are_found_whatever_their_case_and_spacing,
    a_sealed_text_opens_for_its_player_world_and_field_alone,
    tokens_are_shown_once_and_worth_nothing_when_revoked_or_expired,
    what_one_vault_revokes_another_one_refuses_at_once,
    of_an_erased_player_no_trace_is_left,
    who_is_erased_meanwhile_gets_neither_name_nor_token,
    an_export_says_all_that_is_known,
    other_keys_are_refused_at_the_door,
    where_messages_go_is_kept_until_it_is_parked_or_erased,
    a_vault_moves_to_any_engine,
}

async fn an_identity_has_one_random_player(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    assert_eq!(vault.player(&discord(1), NOW).await.unwrap(), ann);
    let others = [
        discord(2),
        Identity::Discord { server: 78, user: 1 },
        Identity::Terminal("ann".to_owned()),
        Identity::Terminal("77/1".to_owned()),
    ];
    let mut all = vec![ann];
    for other in &others {
        let player = vault.player(other, NOW).await.unwrap();
        assert!(!all.contains(&player));
        assert_eq!(vault.identity(player).await.unwrap().as_ref(), Some(other));
        all.push(player);
    }
    assert_eq!(vault.find(&discord(3)).await.unwrap(), None);
    vault.close().await;
    let vault = place.open().await;
    assert_eq!(vault.find(&discord(1)).await.unwrap(), Some(ann));
    for bad in ["", "a\nb", &"x".repeat(65)] {
        let error = vault.player(&Identity::Terminal(bad.to_owned()), NOW).await.unwrap_err();
        assert_eq!(error.code(), "VAULT_INVALID");
    }
}

async fn two_vaults_in_one_place_give_one_player(place: Place) {
    let (vault, other) = (place.open().await, place.open().await);
    for user in 0..20 {
        let (a, b) = (discord(user), discord(user));
        let (a, b) = tokio::join!(vault.player(&a, NOW), other.player(&b, NOW));
        assert_eq!(a.unwrap(), b.unwrap());
    }
}

async fn names_are_found_whatever_their_case_and_spacing(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    assert_eq!(vault.name(ann).await.unwrap(), None);
    vault.set_name(ann, "Queen Ann").await.unwrap();
    vault.set_name(bob, " queen   ANN ").await.unwrap();
    assert_eq!(vault.name(ann).await.unwrap().as_deref(), Some("Queen Ann"));
    assert_eq!(vault.find_by_name("QUEEN ann").await.unwrap().len(), 2);
    vault.set_name(bob, "Bob").await.unwrap();
    assert_eq!(vault.find_by_name("queen ann").await.unwrap(), [ann]);
    assert!(vault.find_by_name("queenann").await.unwrap().is_empty());
    assert_eq!(vault.set_name(ann, "  ").await.unwrap_err().code(), "VAULT_INVALID");
    let nobody = PlayerId::from_bits(1);
    assert_eq!(vault.set_name(nobody, "x").await.unwrap_err(), VaultError::UnknownPlayer);
    assert!(!place.ever_held(b"Queen"), "a name stands in plain text");
    assert!(!place.ever_held(b"discord:77"), "an identity stands in plain text");
}

async fn a_sealed_text_opens_for_its_player_world_and_field_alone(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    let sealed = vault.seal(ann, &w(), "city.name", "New Avalon").await.unwrap();
    let opened = |player, field, token: String| {
        let vault = &vault;
        async move { vault.unseal(player, &w(), field, &token).await }
    };
    assert_eq!(opened(ann, "city.name", sealed.token.clone()).await.unwrap().as_deref(), Some("New Avalon"));
    let again = vault.seal(bob, &w(), "city.name", " new  AVALON").await.unwrap();
    assert_eq!(again.tag, sealed.tag);
    assert_ne!(again.token, sealed.token);
    assert_eq!(vault.text_tag("NEW avalon"), sealed.tag);
    assert_ne!(vault.text_tag("newavalon"), sealed.tag);
    for (player, field) in [(bob, "city.name"), (ann, "letter")] {
        assert_eq!(opened(player, field, sealed.token.clone()).await, Err(VaultError::DoesNotOpen));
    }
    let v = WorldId::new("v").unwrap();
    assert_eq!(vault.unseal(ann, &v, "city.name", &sealed.token).await, Err(VaultError::DoesNotOpen));
    assert_eq!(opened(PlayerId::from_bits(5), "city.name", sealed.token.clone()).await, Ok(None));
    let mut changed = sealed.token.clone().into_bytes();
    for i in [0, 50, changed.len() - 1] {
        let before = changed[i];
        changed[i] = if before == b'0' { b'1' } else { b'0' };
        let text = String::from_utf8(changed.clone()).unwrap();
        assert_eq!(opened(ann, "city.name", text).await, Err(VaultError::DoesNotOpen));
        changed[i] = before;
    }
    for bad in ["", "zz", "00"] {
        assert_eq!(opened(ann, "city.name", bad.to_owned()).await, Err(VaultError::DoesNotOpen));
    }
    let long = "x".repeat(70_000);
    assert_eq!(vault.seal(ann, &w(), "letter", &long).await.unwrap_err().code(), "VAULT_INVALID");
}

async fn tokens_are_shown_once_and_worth_nothing_when_revoked_or_expired(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let later = NOW.plus_s(60);
    let operator = vault.create_token(Scope::Operator, "olga", NOW, later).await.unwrap();
    let player = vault.create_player_token(ann, NOW, later).await.unwrap();
    assert_eq!(operator.text.len(), 4 + 16 + 1 + 64);
    assert!(!format!("{operator:?}").contains(&operator.text[21..]));
    let secret = &operator.text.as_bytes()[21..];
    assert!(!place.ever_held(secret), "a token stands in plain text");

    let access = vault.check_token(&operator.text, NOW).await.unwrap().unwrap();
    assert_eq!((access.scope, access.actor.as_str(), access.player), (Scope::Operator, "olga", None));
    let access = vault.check_token(&player.text, NOW).await.unwrap().unwrap();
    assert_eq!((access.scope, access.actor, access.player), (Scope::Player, ann.to_string(), Some(ann)));

    let mixed = format!("{}{}", &operator.text[..21], &player.text[21..]);
    let unknown = format!("ann_{}{}", "0".repeat(16), &player.text[20..]);
    let cut = operator.text[..80].to_owned();
    for bad in
        [mixed, unknown, cut, String::new(), "ann_".to_owned(), "Bearer x".to_owned(), "ann_\0_\0".to_owned()]
    {
        assert_eq!(vault.check_token(&bad, NOW).await.unwrap(), None, "{bad}");
    }
    assert_eq!(vault.check_token(&operator.text, later).await.unwrap(), None);

    assert!(vault.revoke_token(&operator.info.id, NOW).await.unwrap());
    assert!(!vault.revoke_token(&operator.info.id, NOW).await.unwrap());
    assert_eq!(vault.check_token(&operator.text, NOW).await.unwrap(), None);
    let listed = vault.tokens().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed.iter().filter(|token| token.revoked_ms == Some(NOW)).count(), 1);

    for (scope, actor) in [(Scope::Player, "x"), (Scope::Auditor, ""), (Scope::Auditor, "a b")] {
        assert_eq!(vault.create_token(scope, actor, NOW, later).await.unwrap_err().code(), "VAULT_INVALID");
    }
    assert_eq!(vault.create_token(Scope::Auditor, "x", NOW, NOW).await.unwrap_err().code(), "VAULT_INVALID");
    let nobody = vault.create_player_token(PlayerId::from_bits(1), NOW, later).await.unwrap_err();
    assert_eq!(nobody, VaultError::UnknownPlayer);
}

async fn of_an_erased_player_no_trace_is_left(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(123_456_789), NOW).await.unwrap();
    let bob = vault.player(&Identity::Terminal("bob".to_owned()), NOW).await.unwrap();
    vault.set_name(ann, "Canary Ann").await.unwrap();
    vault.set_name(bob, "Bob").await.unwrap();
    let text = vault.seal(ann, &w(), "letter", "I was here").await.unwrap();
    let token = vault.create_player_token(ann, NOW, NOW.plus_s(60)).await.unwrap();
    // What stood in the rows, sealed or not, is what must be gone.
    let wrapped = place.column("key", ann);
    let sealed = place.column("name", ann);
    let lookup = place.column("lookup", ann);
    // An older version of the row holds the older name.
    vault.set_name(ann, "Canary Anne").await.unwrap();
    let renamed = place.column("name", ann);
    let traces = [&wrapped[..], &sealed, &renamed, &lookup, token.info.id.as_bytes()];
    for trace in [&wrapped[..], &renamed, &lookup, token.info.id.as_bytes()] {
        assert!(place.holds(trace));
    }

    assert_eq!(vault.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::Erased);
    for (number, trace) in traces.iter().enumerate() {
        assert!(!place.holds(trace), "trace {number}");
    }
    for canary in [&b"Canary Ann"[..], b"discord:77/123456789"] {
        assert!(!place.ever_held(canary), "{}", String::from_utf8_lossy(canary));
    }
    assert_eq!(vault.name(ann).await.unwrap(), None);
    assert_eq!(vault.identity(ann).await.unwrap(), None);
    assert_eq!(vault.unseal(ann, &w(), "letter", &text.token).await.unwrap(), None);
    assert_eq!(vault.check_token(&token.text, NOW).await.unwrap(), None);
    assert_eq!(vault.seal(ann, &w(), "letter", "x").await.unwrap_err(), VaultError::UnknownPlayer);
    assert_eq!(vault.erased().await.unwrap(), [(ann, NOW)]);
    assert_eq!(vault.export(ann).await.unwrap()["data"], serde_json::Value::Null);

    assert_eq!(vault.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::NoData);
    assert_eq!(
        vault.erase(PlayerId::from_bits(9), EraseReason::Operator, NOW).await.unwrap(),
        Erasure::NoData
    );
    assert_eq!(vault.name(bob).await.unwrap().as_deref(), Some("Bob"));
    // Who comes back is somebody new.
    assert_ne!(vault.player(&discord(123_456_789), NOW).await.unwrap(), ann);
    vault.close().await;
    let vault = place.open().await;
    assert_eq!(vault.erased().await.unwrap().len(), 1);
    assert!(!place.holds(&wrapped));
}

async fn what_one_vault_revokes_another_one_refuses_at_once(place: Place) {
    let (one, two) = (place.open().await, place.open().await);
    let token = one.create_token(Scope::Operator, "olga", NOW, NOW.plus_s(60)).await.unwrap();
    assert!(two.check_token(&token.text, NOW).await.unwrap().is_some());
    assert!(one.revoke_token(&token.info.id, NOW).await.unwrap());
    assert_eq!(two.check_token(&token.text, NOW).await.unwrap(), None);
    let ann = two.player(&discord(1), NOW).await.unwrap();
    let token = two.create_player_token(ann, NOW, NOW.plus_s(60)).await.unwrap();
    assert!(one.check_token(&token.text, NOW).await.unwrap().is_some());
    assert_eq!(two.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::Erased);
    assert_eq!(one.check_token(&token.text, NOW).await.unwrap(), None);
    assert_eq!(one.find(&discord(1)).await.unwrap(), None);
}

/// Both run at once, in whichever order: what comes in is erased with the rest, or refused.
async fn who_is_erased_meanwhile_gets_neither_name_nor_token(place: Place) {
    let (one, two) = (place.open().await, place.open().await);
    for user in 0..10 {
        let ann = one.player(&discord(user), NOW).await.unwrap();
        let (erased, named, token) = tokio::join!(
            one.erase(ann, EraseReason::Requested, NOW),
            two.set_name(ann, "Ann"),
            two.create_player_token(ann, NOW, NOW.plus_s(60)),
        );
        assert_eq!(erased.unwrap(), Erasure::Erased);
        assert!(matches!(named, Ok(()) | Err(VaultError::UnknownPlayer)), "{named:?}");
        match token {
            Ok(token) => assert_eq!(two.check_token(&token.text, NOW).await.unwrap(), None),
            Err(error) => assert_eq!(error, VaultError::UnknownPlayer),
        }
        assert!(two.find_by_name("ann").await.unwrap().is_empty());
        assert_eq!(one.name(ann).await.unwrap(), None);
    }
    assert!(one.tokens().await.unwrap().is_empty());
}

async fn an_export_says_all_that_is_known(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    vault.set_name(ann, "Ann").await.unwrap();
    let token = vault.create_player_token(ann, NOW, NOW.plus_s(60)).await.unwrap();
    let export = vault.export(ann).await.unwrap();
    assert_eq!(export["player"], ann.to_string());
    assert_eq!(export["data"]["identity"]["discord_user"], "1");
    assert_eq!(export["data"]["name"], "Ann");
    assert_eq!(export["data"]["known_since"], "2026-03-02T00:00:00Z");
    assert_eq!(export["data"]["tokens"][0]["id"], token.info.id);
    assert!(!export.to_string().contains(&token.text[21..]));
}

async fn where_messages_go_is_kept_until_it_is_parked_or_erased(place: Place) {
    let vault = place.open().await;
    let (server, later) = (u64::MAX >> 1, NOW.plus_s(60));
    assert_eq!(vault.news_channel(server).await.unwrap(), None);
    vault.set_news_channel(server, Some(5), NOW).await.unwrap();
    let whole = NewsChannel { server, channel: 5, parked: None };
    assert_eq!(vault.news_channel(server).await.unwrap(), Some(whole));
    // Another channel's trouble is none of this one's.
    vault.park_news_channel(server, 6, 50_013, NOW).await.unwrap();
    assert_eq!(vault.parked_news_channels().await.unwrap(), []);
    vault.park_news_channel(server, 5, 50_013, NOW).await.unwrap();
    vault.park_news_channel(server, 5, 10_003, later).await.unwrap();
    let parked = Some(Parked { code: 50_013, since: NOW });
    assert_eq!(vault.parked_news_channels().await.unwrap(), [NewsChannel { parked, ..whole }]);
    vault.set_news_channel(server, Some(5), later).await.unwrap();
    assert_eq!(vault.news_channel(server).await.unwrap(), Some(whole));
    vault.set_news_channel(server, None, later).await.unwrap();
    assert_eq!(vault.news_channel(server).await.unwrap(), None);

    let ann = vault.player(&discord(1), NOW).await.unwrap();
    assert_eq!(vault.private_messages(ann).await.unwrap(), None, "nobody gets any without having asked");
    vault.set_private_messages(ann, true, NOW).await.unwrap();
    assert_eq!(vault.private_messages(ann).await.unwrap(), Some(None));
    vault.park_private_messages(ann, 50_007, NOW).await.unwrap();
    assert_eq!(vault.private_messages(ann).await.unwrap(), Some(Some(Parked { code: 50_007, since: NOW })));
    assert_eq!(vault.parked_private_messages().await.unwrap(), 1);
    vault.set_private_messages(ann, true, later).await.unwrap();
    assert_eq!(vault.private_messages(ann).await.unwrap(), Some(None));
    vault.set_private_messages(ann, false, later).await.unwrap();
    assert_eq!(vault.private_messages(ann).await.unwrap(), None);
    vault.set_private_messages(ann, true, later).await.unwrap();
    assert_eq!(vault.erase(ann, EraseReason::Requested, NOW).await.unwrap(), Erasure::Erased);
    assert_eq!(vault.private_messages(ann).await.unwrap(), None);
    let gone = vault.set_private_messages(ann, true, later).await;
    assert_eq!(gone, Err(VaultError::UnknownPlayer));
}

async fn other_keys_are_refused_at_the_door(place: Place) {
    let vault = place.open().await;
    vault.player(&discord(1), NOW).await.unwrap();
    vault.close().await;
    let other = ServerKeys::ephemeral().unwrap();
    let error = place.try_open(&other).await.unwrap_err();
    assert_eq!(error.code(), "VAULT_WRONG_KEYS");
    place.open().await;
}

async fn a_vault_moves_to_any_engine(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    vault.set_name(ann, "Ann").await.unwrap();
    let sealed = vault.seal(ann, &w(), "letter", "I was here").await.unwrap();
    let token = vault.create_player_token(ann, NOW, NOW.plus_s(60)).await.unwrap();
    vault.create_token(Scope::Operator, "olga", NOW, NOW.plus_s(60)).await.unwrap();
    vault.erase(bob, EraseReason::Requested, NOW).await.unwrap();
    vault.set_private_messages(ann, true, NOW).await.unwrap();
    vault.set_news_channel(77, Some(5), NOW).await.unwrap();
    for other in Place::each() {
        let moved = other.try_open(&place.keys).await.unwrap();
        let copied = vault.copy_into(&moved).await.unwrap();
        assert_eq!((copied.players, copied.tokens, copied.erased), (1, 2, 1));
        assert_eq!(moved.find(&discord(1)).await.unwrap(), Some(ann));
        assert_eq!(moved.find(&discord(2)).await.unwrap(), None);
        assert_eq!(moved.export(ann).await.unwrap(), vault.export(ann).await.unwrap());
        assert_eq!(moved.tokens().await.unwrap(), vault.tokens().await.unwrap());
        assert_eq!(moved.erased().await.unwrap(), [(bob, NOW)]);
        assert_eq!(moved.private_messages(ann).await.unwrap(), Some(None));
        assert_eq!(moved.news_channel(77).await.unwrap(), vault.news_channel(77).await.unwrap());
        let opened = moved.unseal(ann, &w(), "letter", &sealed.token).await.unwrap();
        assert_eq!(opened.as_deref(), Some("I was here"));
        assert_eq!(moved.check_token(&token.text, NOW).await.unwrap().unwrap().player, Some(ann));
        assert_eq!(vault.copy_into(&moved).await.unwrap_err().code(), "VAULT_NOT_EMPTY");
        assert_eq!(moved.tokens().await.unwrap().len(), 2);
    }
    let strange = Place::file();
    let other = strange.open().await;
    assert_eq!(vault.copy_into(&other).await.unwrap_err().code(), "VAULT_WRONG_KEYS");
}

proptest! {
    #[test]
    fn normalising_is_settled_after_once(text in "\\PC{0,40}") {
        let once = normalise(&text);
        prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
        prop_assert_eq!(normalise(&format!("  {once}\t")), normalise(&once));
    }
}

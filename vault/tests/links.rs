//! Links with accounts elsewhere on each engine: codes that work for one player, once.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod engines;

use engines::{NOW, Place, discord, on_each};
use schemas::PlayerId;
use serde_json::json;
use vault::{Account, EraseReason, Vault, VaultError};

on_each!(
    a_code_links_the_player_for_whom_it_was_made_and_nobody_else,
    a_code_runs_out_and_a_newer_one_for_the_same_account_ends_it,
    an_account_is_one_players_and_a_player_has_one_account,
    codes_and_links_go_with_their_player,
    links_move_with_the_vault,
    of_two_claims_at_once_both_get_one_number,
);

const MINUTE_MS: i64 = 60_000;

fn account(login: &str, id: &str) -> Account {
    Account::twitch(login, Some(id)).unwrap()
}

async fn claim(vault: &Vault, code: &str, player: PlayerId, after_ms: i64) -> Option<i64> {
    vault.claim_link(&vault.code_stand_in(code), player, NOW.plus_ms(after_ms)).await.unwrap()
}

async fn a_code_links_the_player_for_whom_it_was_made_and_nobody_else(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    let code = vault.make_link_code(ann, &account("Ann_Live", "77"), NOW).await.unwrap();
    assert_eq!(code.text.len(), 8);
    assert!(code.text.bytes().all(|b| b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ".contains(&b)), "{}", code.text);
    assert_eq!(code.expires_ms, NOW.plus_ms(10 * MINUTE_MS));
    assert!(!format!("{code:?}").contains(&code.text));
    assert_eq!(claim(&vault, &code.text, bob, 0).await, None, "it is not bob's");
    assert_eq!(claim(&vault, "AAAAAAAA", ann, 0).await, None);
    assert_eq!(claim(&vault, "", ann, 0).await, None);
    // What stands for it elsewhere is no code.
    assert_eq!(claim(&vault, &vault.code_stand_in(&code.text), ann, 0).await, None);
    let typed = format!(" {}-{} ", code.text[..4].to_lowercase(), &code.text[4..]);
    let number = claim(&vault, &typed, ann, 1).await.unwrap();
    assert!((0..1 << 53).contains(&number));
    // Whoever died before it was on the record asks again.
    let again = place.open().await;
    assert_eq!(claim(&again, &code.text, ann, 2).await, Some(number));
    assert_eq!(claim(&again, &code.text, bob, 2).await, None);
    let links = vault.links().await.unwrap();
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].account, account("ann_live", "77"));
    assert_eq!((links[0].number, links[0].player, links[0].linked_ms), (number, ann, NOW.plus_ms(1)));
    assert!(!format!("{:?}", links[0]).contains("ann_live"));
    assert!(vault.unlink(number).await.unwrap());
    assert!(!vault.unlink(number).await.unwrap());
    assert_eq!(claim(&vault, &code.text, ann, 3).await, None, "a code makes one link");
    assert_eq!(vault.links().await.unwrap(), []);
}

async fn a_code_runs_out_and_a_newer_one_for_the_same_account_ends_it(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let first = vault.make_link_code(ann, &account("ann", "1"), NOW).await.unwrap();
    let other = vault.make_link_code(ann, &account("annes_other", "2"), NOW).await.unwrap();
    // Renamed meanwhile: the id says who it is.
    let second = vault.make_link_code(ann, &account("ann_renamed", "1"), NOW).await.unwrap();
    assert_eq!(claim(&vault, &first.text, ann, 0).await, None);
    assert_eq!(claim(&vault, &second.text, ann, 10 * MINUTE_MS).await, None, "ten minutes are over");
    assert!(claim(&vault, &second.text, ann, 10 * MINUTE_MS - 1).await.is_some());
    assert_eq!(vault.clear_link_codes(NOW.plus_ms(10 * MINUTE_MS - 1)).await.unwrap(), 0);
    assert_eq!(vault.clear_link_codes(NOW.plus_ms(10 * MINUTE_MS)).await.unwrap(), 2);
    assert_eq!(claim(&vault, &other.text, ann, 1).await, None);
    assert_eq!(vault.links_of(ann).await.unwrap().len(), 1, "the link stays");
    let nobody = vault.make_link_code(PlayerId::from_bits(5), &account("x", "3"), NOW).await;
    assert!(matches!(nobody, Err(VaultError::UnknownPlayer)), "{nobody:?}");
    for bad in ["", "a b", "a\nb", "ä", &"x".repeat(26)] {
        assert_eq!(Account::twitch(bad, None).unwrap_err().code(), "VAULT_INVALID", "{bad:?}");
    }
    assert_eq!(Account::twitch("x", Some("1x")).unwrap_err().code(), "VAULT_INVALID");
}

async fn an_account_is_one_players_and_a_player_has_one_account(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let bob = vault.player(&discord(2), NOW).await.unwrap();
    let link = async |player, account: Account, at| {
        let code = vault.make_link_code(player, &account, NOW.plus_ms(at)).await.unwrap();
        (claim(&vault, &code.text, player, at).await.unwrap(), code.text)
    };
    let (first, code) = link(ann, account("one", "1"), 0).await;
    let (second, _) = link(ann, account("two", "2"), 1).await;
    assert_ne!(first, second);
    let logins = async || {
        let mut all: Vec<_> =
            vault.links().await.unwrap().into_iter().map(|l| (l.player, l.account.login)).collect();
        all.sort();
        all
    };
    assert_eq!(logins().await, [(ann, "two".to_owned())], "linking anew replaces");
    assert_eq!(claim(&vault, &code, ann, 2).await, None, "and the old link does not come back");
    // The same account, by its id or by its name.
    link(bob, account("renamed", "2"), 3).await;
    assert_eq!(logins().await, [(bob, "renamed".to_owned())]);
    link(ann, Account::twitch("renamed", None).unwrap(), 4).await;
    assert_eq!(logins().await, [(ann, "renamed".to_owned())]);
}

async fn codes_and_links_go_with_their_player(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let code = vault.make_link_code(ann, &account("ann_live", "77"), NOW).await.unwrap();
    let number = claim(&vault, &code.text, ann, 0).await.unwrap();
    let open = vault.make_link_code(ann, &account("annes_other", "78"), NOW).await.unwrap();
    let export = vault.export(ann).await.unwrap();
    assert_eq!(
        export["data"]["links"],
        json!([{ "number": number, "platform": "twitch", "login": "ann_live", "id": "77", "since": NOW.to_string() }])
    );
    let traces = [vault.code_stand_in(&code.text), vault.code_stand_in(&open.text)];
    assert!(traces.iter().all(|trace| place.holds(trace.as_bytes())));
    vault.erase(ann, EraseReason::Requested, NOW).await.unwrap();
    assert!(!traces.iter().any(|trace| place.holds(trace.as_bytes())), "in the files, too");
    assert!(!place.ever_held(b"ann_live") && !place.ever_held(code.text.as_bytes()));
    assert_eq!(vault.links().await.unwrap(), []);
    assert_eq!(claim(&vault, &code.text, ann, 0).await, None);
    assert_eq!(claim(&vault, &open.text, ann, 0).await, None);
    assert_eq!(vault.clear_link_codes(NOW.plus_ms(60 * MINUTE_MS)).await.unwrap(), 0, "none was left");
}

async fn links_move_with_the_vault(place: Place) {
    let vault = place.open().await;
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let code = vault.make_link_code(ann, &account("ann", "1"), NOW).await.unwrap();
    let number = claim(&vault, &code.text, ann, 0).await.unwrap();
    let open = vault.make_link_code(ann, &Account::twitch("two", None).unwrap(), NOW).await.unwrap();
    for mut other in Place::each() {
        other.keys = place.keys.clone();
        let moved = other.open().await;
        vault.copy_into(&moved).await.unwrap();
        assert_eq!(moved.links().await.unwrap(), vault.links().await.unwrap());
        assert_eq!(claim(&moved, &code.text, ann, 0).await, Some(number));
        assert!(claim(&moved, &open.text, ann, 0).await.is_some());
    }
}

async fn of_two_claims_at_once_both_get_one_number(place: Place) {
    let vault = std::sync::Arc::new(place.open().await);
    let ann = vault.player(&discord(1), NOW).await.unwrap();
    let code = vault.make_link_code(ann, &account("ann", "1"), NOW).await.unwrap();
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (vault, text) = (std::sync::Arc::clone(&vault), code.text.clone());
            tokio::spawn(async move { claim(&vault, &text, ann, 0).await })
        })
        .collect();
    let mut given = Vec::new();
    for tried in tries {
        given.push(tried.await.unwrap());
    }
    given.dedup();
    assert!(matches!(given[..], [Some(_)]), "{given:?}");
    assert_eq!(vault.links().await.unwrap().len(), 1);
}

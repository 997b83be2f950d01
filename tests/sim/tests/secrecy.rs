//! I8 as non-interference: pairs keep their secret, every pair has one, and every planted leak is seen.
#![allow(clippy::unwrap_used, clippy::panic)]

use sim::secrecy::{HarbourSecrets, KingdomSecrets, Secrecy, Secrets, first_leak};

/// Within so many pairs a planted leak must be seen: one of each kind of difference.
const PLANTED_PAIRS: u64 = 3;

fn keeps(secrets: &dyn Secrets, pairs: u64) {
    let mut secrecy = Secrecy::new(secrets, None);
    let mut lines = 0;
    for seed in 1..=pairs {
        let pair = secrecy.pair(seed).unwrap();
        if let Some(leak) = pair.leak {
            panic!("cargo xtask sim --game {} --seed {seed} --secrecy 1\n{leak}", secrets.game());
        }
        assert!(pair.differed, "pair {seed}: both runs came to the same state, nothing was hidden");
        lines += pair.lines;
    }
    assert!(lines as u64 > 20 * pairs, "only {lines} lines in {pairs} pairs: too little is compared");
}

#[test]
fn harbour_keeps_its_secrets() {
    keeps(&HarbourSecrets, 90);
}

#[test]
fn kingdoms_keep_their_secrets() {
    keeps(&KingdomSecrets, 30);
}

#[test]
fn every_planted_leak_is_seen() {
    for secrets in [&HarbourSecrets as &dyn Secrets, &KingdomSecrets] {
        for &plant in secrets.leaks() {
            let seen = first_leak(secrets, 1, PLANTED_PAIRS, Some(plant)).unwrap();
            assert!(seen.is_some(), "{}: {plant:?} is not seen within {PLANTED_PAIRS} pairs", secrets.game());
        }
    }
}

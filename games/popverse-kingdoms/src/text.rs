//! What a person reads when a command is refused (rulebook 4.3): family, severity, sentence, suggestions.

mod sentences;

use schemas::Rejection;
use schemas::rejection::{RejectionText, Severity};

use sentences::SENTENCES;

/// Families of refusals; each has one severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Validation,
    Permission,
    Rule,
    Resource,
    Conflict,
    System,
    Security,
}

impl Family {
    const fn name(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION",
            Self::Permission => "PERMISSION",
            Self::Rule => "RULE",
            Self::Resource => "RESOURCE",
            Self::Conflict => "CONFLICT",
            Self::System => "SYSTEM",
            Self::Security => "SECURITY",
        }
    }

    const fn severity(self) -> Severity {
        match self {
            Self::Validation | Self::Permission | Self::Rule => Severity::Low,
            Self::Resource | Self::Conflict => Severity::Medium,
            Self::System => Severity::High,
            Self::Security => Severity::Critical,
        }
    }
}

/// One line of the table: figures stand in braces.
struct Sentence {
    code: &'static str,
    family: Family,
    text: &'static str,
    suggestions: &'static [&'static str],
}

/// Every code that `check` may answer with.
pub(crate) const CODES: &[&str] = &[
    "WORLD_ENDED",
    "NOT_JOINED",
    "SUSPENDED",
    "NOT_ADMIN",
    "INVALID_OPTION",
    "INVALID_COORDINATES",
    "NOT_CONFIRMED",
    "MIX_MISMATCH",
    "UNKNOWN_PLAYER",
    "UNKNOWN_HERO",
    "UNKNOWN_GEAR",
    "UNKNOWN_MARCH",
    "DUPLICATE_PLAYER",
    "FACTION_FULL",
    "WORLD_FULL",
    "INSUFFICIENT_RESOURCES",
    "NOT_ENOUGH_DIAMONDS",
    "NOT_ENOUGH_SHARDS",
    "ITEM_MISSING",
    "MAX_LEVEL",
    "HQ_TOO_LOW",
    "REQUIREMENT",
    "QUEUE_BUSY",
    "NO_JOB",
    "TIER_LOCKED",
    "BATCH_TOO_BIG",
    "HOUSING_FULL",
    "STARVING",
    "NOT_ENOUGH_TROOPS",
    "NO_WOUNDED",
    "HERO_AWAY",
    "HERO_EXHAUSTED",
    "ROSTER_FULL",
    "SKILL_LOCKED",
    "FORGE_INPUT",
    "MARCH_TOO_BIG",
    "NO_MARCH_SLOT",
    "SCOUTS_BUSY",
    "NO_PATH",
    "NOT_EXPLORED",
    "NO_TARGET",
    "OWN_TARGET",
    "SAME_FACTION",
    "TARGET_SHIELDED",
    "TARGET_TOO_WEAK",
    "REPEAT_LIMIT",
    "SHIELD_WOULD_DROP",
    "NODE_EMPTY",
    "NODE_TAKEN",
    "NOT_RECALLABLE",
    "RELOCATE_BLOCKED",
    "TILE_TAKEN",
    "COOLDOWN",
    "STORAGE_FULL",
    "BANK_SHORT",
    "EMBASSY_FULL",
    "UNKNOWN_GUILD",
    "IN_GUILD",
    "NOT_IN_GUILD",
    "NOT_SAME_GUILD",
    "GUILD_COOLDOWN",
    "NAME_TAKEN",
    "OTHER_FACTION",
    "GUILD_FULL",
    "ALREADY_INVITED",
    "NO_INVITATION",
    "GUILD_RANK",
    "OFFICER_LIMIT",
    "LEADER_MUST_PASS",
    "GUILD_NOT_EMPTY",
    "DONATION_LIMIT",
    "WITHDRAW_LIMIT",
    "PRICE_RANGE",
    "UNKNOWN_OFFER",
    "LAND_PROTECTED",
    "GARRISON_FULL",
    "NOT_OWNER",
    "LAND_NOT_FOR_SALE",
    "NO_LAND_SLOT",
    "LAND_LOCKED",
    "SAME_RESOURCE",
    "OFFER_RATIO",
    "TRADE_LIMIT",
    "OFFER_LIMIT",
    "OWN_OFFER",
    "NOT_ENOUGH_POINTS",
    "DUPLICATE_HERO",
    "INVENTORY_FULL",
    "NO_OFFER",
    "ALREADY_FOUGHT",
    "NO_ATTEMPTS",
    "ATTEMPT_LIMIT",
    "SHOP_LIMIT",
    "CONQUEST_CLOSED",
    "NOTHING_TO_CLAIM",
    "LINK_CODE",
];

/// The sentence with its figures put in; one that is missing stays in braces, but for the thing of `UNKNOWN_…`, which the
/// code says.
fn fill(template: &str, rejection: &Rejection) -> String {
    let mut sentence = template.to_owned();
    for (name, value) in &rejection.context {
        sentence = sentence.replace(&format!("{{{name}}}"), value);
    }
    if let Some(thing) = rejection.code.strip_prefix("UNKNOWN_") {
        sentence = sentence.replace("{thing}", &thing.to_lowercase());
    }
    sentence
}

/// Family, severity, sentence and suggestions of a refusal; none for a code that this game does not know.
pub(crate) fn describe(rejection: &Rejection) -> Option<RejectionText> {
    let line = SENTENCES.iter().find(|line| line.code == rejection.code)?;
    // A limit is a matter of patience, unlike the other matters of security.
    let severity = if line.code == "RATE_LIMITED" { Severity::Medium } else { line.family.severity() };
    let text = RejectionText::new(line.code, line.family.name(), severity, fill(line.text, rejection));
    Some(text.suggesting(line.suggestions.iter().map(|text| fill(text, rejection))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_sentence() {
        for code in CODES {
            assert_eq!(SENTENCES.iter().filter(|line| line.code == *code).count(), 1, "{code}");
        }
        for line in SENTENCES {
            assert!(line.text.ends_with('.'), "{}", line.code);
            assert!(!line.suggestions.is_empty(), "{}", line.code);
        }
    }

    #[test]
    fn what_is_unknown_is_named_by_its_code_where_nobody_says_what_it_is() {
        let text = describe(&Rejection::new("UNKNOWN_BATTLE")).unwrap();
        assert_eq!(text.sentence, "No such battle.");
    }

    #[test]
    fn every_family_says_how_to_recover() {
        use schemas::rejection::Recovery;
        for (code, recovery, recoverable) in [
            ("NOT_CONFIRMED", Recovery::UserCorrection, true),
            ("INSUFFICIENT_RESOURCES", Recovery::ResourceAcquisition, true),
            ("CONCURRENCY_CONFLICT", Recovery::RetryWithBackoff, true),
            ("DUPLICATE_PLAYER", Recovery::UserCorrection, true),
            ("DATABASE_ERROR", Recovery::FallbackToCache, true),
            ("INTERNAL_ERROR", Recovery::GracefulDegradation, true),
            ("RATE_LIMITED", Recovery::UserCorrection, true),
            ("SECURITY_THREAT", Recovery::UserCorrection, false),
            ("SUSPENDED", Recovery::UserCorrection, false),
        ] {
            let text = describe(&Rejection::new(code)).unwrap();
            assert_eq!((text.recovery, text.recoverable), (recovery, recoverable), "{code}");
        }
    }

    #[test]
    fn a12_the_sentence_names_the_coordinates() {
        let text = describe(&crate::refuse::coordinates(-1, 50)).unwrap();
        assert_eq!(text.sentence, "Invalid coordinates (-1,50): both must be whole numbers from 0 to 99.");
        assert_eq!((text.family.as_ref(), text.severity), ("VALIDATION", Severity::Low));
    }
}

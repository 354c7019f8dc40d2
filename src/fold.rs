//! How names are made comparable, once, so that no engine's idea of Unicode matters.

use unicode_normalization::UnicodeNormalization as _;

/// A name folded for comparison: NFC, trimmed, Unicode lower case.
#[must_use]
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.trim().to_ascii_lowercase();
    }
    let composed: String = name.nfc().collect();
    composed.trim().to_lowercase().nfc().collect()
}

/// Whether a raw name starts with the prefix, ASCII case ignored, nothing trimmed.
#[must_use]
pub fn has_prefix(name: &str, prefix: &str) -> bool {
    name.as_bytes()
        .get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// The address behind a user principal name: a guest's home address decoded,
/// anything else as it is. `None` when a guest's name cannot be decoded.
///
/// A guest is stored as `local_domain#EXT#@tenant`; a local part may hold
/// underscores, so the last one separates it from the domain.
#[must_use]
pub fn decode_guest(name: &str) -> Option<String> {
    const MARK: &str = "#EXT#";
    let bytes = name.as_bytes();
    let Some(at) = (0..bytes.len()).find(|&i| {
        bytes
            .get(i..i + MARK.len())
            .is_some_and(|part| part.eq_ignore_ascii_case(MARK.as_bytes()))
    }) else {
        return Some(name.to_owned());
    };
    let (local, domain) = name.get(..at)?.rsplit_once('_')?;
    (!local.is_empty() && !domain.is_empty()).then(|| format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::{decode_guest, fold, has_prefix};

    #[test]
    fn folding_ignores_case_composition_and_surrounding_space() {
        assert_eq!(
            fold("  Ana.VALE@Example.GOV.uk "),
            "ana.vale@example.gov.uk"
        );
        assert_eq!(fold("E\u{301}lan"), fold("\u{c9}LAN"));
        assert_eq!(fold("\u{a0}x\u{2003}"), "x");
    }

    #[test]
    fn prefix_is_compared_raw_and_without_case() {
        assert!(has_prefix("Azure-AWS-SSO-x", "azure-aws-sso"));
        assert!(!has_prefix(" azure-aws-sso-x", "azure-aws-sso"));
        assert!(!has_prefix("azure-aws", "azure-aws-sso"));
        assert!(!has_prefix("azure-aws-ssó", "azure-aws-sso"));
    }

    #[test]
    fn guests_split_at_the_last_underscore() {
        assert_eq!(
            decode_guest("a_b_ORG.GOV.UK#EXT#@t.onmicrosoft.com").as_deref(),
            Some("a_b@ORG.GOV.UK")
        );
        assert_eq!(decode_guest("a@b.uk").as_deref(), Some("a@b.uk"));
        assert_eq!(decode_guest("nobody#ext#@t"), None);
        assert_eq!(decode_guest("_x.uk#EXT#@t"), None);
    }
}

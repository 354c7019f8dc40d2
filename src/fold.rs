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

/// Whether a reader would take a name for one that starts with the prefix: blanks
/// around it, another case, other separators, letters that only look alike, or
/// no hyphen behind it. Names that do start with it are among them.
#[must_use]
pub fn looks_prefixed(name: &str, prefix: &str) -> bool {
    let prefix = plain(prefix);
    let prefix = prefix.trim_end_matches('-');
    !prefix.is_empty() && plain(name).starts_with(prefix)
}

/// A name as the eye reads it: look-alike letters and accented ones as the plain
/// one, every separator as a hyphen, what cannot be seen left out.
fn plain(name: &str) -> String {
    let letters = name.trim().nfkd().flat_map(char::to_lowercase);
    letters.filter_map(look).collect()
}

/// The plain character that one looks like; `None` when it cannot be seen.
fn look(c: char) -> Option<char> {
    Some(match c {
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {
            return None;
        }
        '_' | '.' | '/' | ':' | ' ' | '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{430}' | '\u{3b1}' | '\u{251}' => 'a',
        '\u{441}' => 'c',
        '\u{501}' => 'd',
        '\u{435}' => 'e',
        '\u{261}' => 'g',
        '\u{4bb}' => 'h',
        '\u{456}' | '\u{3b9}' | '\u{131}' => 'i',
        '\u{458}' => 'j',
        '\u{43a}' | '\u{3ba}' => 'k',
        '\u{4cf}' | '1' | '|' => 'l',
        '\u{43c}' => 'm',
        '\u{43e}' | '\u{3bf}' | '0' => 'o',
        '\u{440}' | '\u{3c1}' => 'p',
        '\u{51b}' => 'q',
        '\u{433}' => 'r',
        '\u{455}' | '5' => 's',
        '\u{442}' | '\u{3c4}' => 't',
        '\u{57d}' | '\u{3c5}' => 'u',
        '\u{475}' | '\u{3bd}' => 'v',
        '\u{51d}' | '\u{461}' => 'w',
        '\u{445}' | '\u{3c7}' => 'x',
        '\u{443}' | '\u{3b3}' => 'y',
        '\u{1d22}' => 'z',
        other => other,
    })
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
    use super::{decode_guest, fold, has_prefix, looks_prefixed};

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
    fn what_the_eye_takes_for_the_prefix() {
        for name in [
            "azure-aws-sso-x",
            " AZURE-AWS-SSO-x",
            "azure_aws_sso_x",
            "azure aws\u{2013}sso-x",
            "azure-aws-ss0-x",
            "\u{430}zure-\u{430}ws-s\u{455}\u{43e}-x",
            "azure-aws-ss\u{f3}-x",
            "azure-\u{200b}aws-sso",
            "azure-aws-ssoteam",
        ] {
            assert!(looks_prefixed(name, "azure-aws-sso-"), "{name}");
        }
        for name in ["azure-aws", "old-azure-aws-sso-x", "azureawssso", ""] {
            assert!(!looks_prefixed(name, "azure-aws-sso"), "{name}");
        }
        assert!(!looks_prefixed("anything", ""));
        assert!(!looks_prefixed("anything", "-"));
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

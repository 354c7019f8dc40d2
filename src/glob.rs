//! Patterns over names: the one place where a glob is made, so that none can be
//! longer, wider or deeper than a name needs.

use globset::{GlobSet, GlobSetBuilder};

/// Bytes of a pattern.
const MOST_BYTES: usize = 1_024;
/// Alternatives in braces, all together.
const MOST_ALTERNATIVES: usize = 100;
/// Braces within braces.
const DEEPEST: usize = 4;

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// It is longer than any name.
    #[error("the pattern is {0} bytes long; at most {MOST_BYTES} are read")]
    Long(usize),
    /// It lists too much.
    #[error("the pattern lists {0} alternatives; at most {MOST_ALTERNATIVES} are read")]
    Wide(usize),
    /// It nests too deep.
    #[error("the pattern nests braces {0} deep; at most {DEEPEST} are read")]
    Deep(usize),
    /// It cannot be read.
    #[error("{0}")]
    Malformed(String),
}

/// A pattern, or several of which one is enough.
#[derive(Debug, Clone)]
pub struct Glob(Option<GlobSet>);

impl Glob {
    /// One pattern.
    ///
    /// # Errors
    /// When it is malformed or out of bounds.
    pub fn new(pattern: &str) -> Result<Self, GlobError> {
        Self::any(std::slice::from_ref(&pattern))
    }

    /// Several patterns, of which one is enough; none matches nothing.
    ///
    /// # Errors
    /// When one is malformed or out of bounds.
    pub fn any(patterns: &[impl AsRef<str>]) -> Result<Self, GlobError> {
        let malformed = |e: globset::Error| GlobError::Malformed(e.kind().to_string());
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            bounded(pattern)?;
            set.add(globset::Glob::new(pattern).map_err(malformed)?);
        }
        // A set that is too large for its automaton is refused here, not in a panic.
        Ok(Self(Some(set.build().map_err(malformed)?)))
    }

    /// What matches every name.
    #[must_use]
    pub fn all() -> Self {
        Self(None)
    }

    /// Whether a name is meant.
    pub fn is_match(&self, name: impl AsRef<str>) -> bool {
        let name = name.as_ref();
        self.0.as_ref().is_none_or(|set| set.is_match(name))
    }
}

/// Whether a pattern names one thing by its whole name.
#[must_use]
pub fn is_exact(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '[', ']', '{', '}', '\\'])
}

fn bounded(pattern: &str) -> Result<(), GlobError> {
    if pattern.len() > MOST_BYTES {
        return Err(GlobError::Long(pattern.len()));
    }
    let (mut depth, mut deepest, mut alternatives) = (0_usize, 0, 0);
    for c in pattern.bytes() {
        match c {
            b'{' => {
                depth += 1;
                alternatives += 1;
                deepest = deepest.max(depth);
            }
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth > 0 => alternatives += 1,
            _ => {}
        }
    }
    if deepest > DEEPEST {
        return Err(GlobError::Deep(deepest));
    }
    if alternatives > MOST_ALTERNATIVES {
        return Err(GlobError::Wide(alternatives));
    }
    Ok(())
}

/// A pattern as a message may repeat it.
#[must_use]
pub fn brief(pattern: &str) -> String {
    const LONGEST: usize = 60;
    if pattern.chars().count() <= LONGEST {
        return pattern.to_owned();
    }
    let head: String = pattern.chars().take(LONGEST).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::{Glob, GlobError, is_exact};

    #[test]
    fn what_is_longer_wider_or_deeper_than_a_name_needs_is_refused() {
        for (pattern, expected) in [
            ("?".repeat(200_000), GlobError::Long(200_000)),
            ("a".repeat(5 << 20), GlobError::Long(5 << 20)),
            (
                format!("{}x{}", "{".repeat(300), "}".repeat(300)),
                GlobError::Deep(300),
            ),
            (
                format!("{{{}}}", vec!["a"; 300].join(",")),
                GlobError::Wide(300),
            ),
        ] {
            assert_eq!(Glob::new(&pattern).expect_err("refused"), expected);
        }
        for pattern in ["[", "{a", "a}", "[z-a]"] {
            assert!(
                matches!(Glob::new(pattern), Err(GlobError::Malformed(_))),
                "{pattern}"
            );
        }
    }

    /// As large as the bounds allow: it is built, and answers.
    #[test]
    fn whatever_is_within_the_bounds_is_built() {
        let classes = "[!a-z]".repeat(170);
        for pattern in [
            "?".repeat(1_024),
            "*".repeat(1_024),
            "**/".repeat(341),
            "*a".repeat(512),
            classes,
            format!("{{{}}}", vec!["*??*"; 99].join(",")),
            "{{{{a,b}*,c}?,d}x,e}".to_owned(),
            "\u{10ffff}".repeat(256),
        ] {
            let glob = Glob::new(&pattern).expect("built");
            let _ = glob.is_match("a".repeat(5_000));
        }
    }

    #[test]
    fn several_patterns_match_what_one_of_them_does() {
        let none: [&str; 0] = [];
        assert!(!Glob::any(&none).expect("built").is_match(""));
        let two = Glob::any(&["a*", "{b,c}/?"]).expect("built");
        assert_eq!(
            ["a", "ab/c", "b/x", "c/xy", "d"].map(|n| two.is_match(n)),
            [true, true, true, false, false]
        );
    }

    #[test]
    fn exact_names_hold_nothing_that_stands_for_something_else() {
        assert!(is_exact("secretsmanager/111122223333/aws_saml"));
        for pattern in ["*", "a?", "[a]", "{a}", "a\\*"] {
            assert!(!is_exact(pattern), "{pattern}");
        }
    }
}

//! What a check must find in an estate.

/// State of a finding against the month before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Not there a month before.
    New,
    /// There a month before as well.
    Open,
    /// There a month before and gone.
    Resolved,
}

impl State {
    /// As findings spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// A finding that must be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// Rule.
    pub rule: &'static str,
    /// Resource.
    pub resource: String,
    /// Severity.
    pub severity: &'static str,
    /// State against the month before.
    pub state: State,
    /// Why the difference is there, where the estate shows it.
    pub cause: Option<&'static str>,
}

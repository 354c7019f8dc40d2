//! What an input held that was refused, dropped or could not be read.

/// The kinds of problem; the names are part of table `input_incident`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// Something that looks like the value of a secret.
    Secret,
    /// A value of the wrong form.
    Malformed,
    /// Input that stops before its end, or a page left over.
    Truncated,
    /// An error answer where data was expected.
    ErrorAnswer,
    /// An object that was there already.
    Duplicate,
    /// A register row dated after the snapshot.
    FutureRecord,
    /// An access level that the level map does not know.
    UnknownLevel,
}

impl ProblemKind {
    /// The word stored in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Malformed => "malformed",
            Self::Truncated => "truncated",
            Self::ErrorAnswer => "error-answer",
            Self::Duplicate => "duplicate",
            Self::FutureRecord => "future-record",
            Self::UnknownLevel => "unknown-level",
        }
    }
}

/// One problem of an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File, relative to the folder of exports or to the configuration.
    pub file: String,
    /// Line and column, or JSON path.
    pub position: String,
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// Table that lost something through it.
    pub table: Option<String>,
    /// What was expected there.
    pub expected: String,
    /// What happened, as a sentence that never repeats a secret.
    pub message: String,
}

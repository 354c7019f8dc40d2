//! What tables are declared with: types, sources, columns.

/// The type of a column. Nothing else is stored: no unsigned, no nested types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Dense surrogate key, unique in the snapshot: `Int32`.
    Key,
    /// Whole number: `Int64`.
    Int,
    /// UTF-8 text.
    Text,
    /// Boolean.
    Flag,
    /// Microseconds since the epoch, UTC.
    Time,
}

impl Type {
    /// The name used in documentation and in the schema hash.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "int32",
            Self::Int => "int64",
            Self::Text => "text",
            Self::Flag => "boolean",
            Self::Time => "timestamp(us, UTC)",
        }
    }
}

/// Where the rows of a table come from; the name is the one in `[sources.<name>]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Microsoft Entra ID.
    Entra,
    /// GitHub organisation.
    GitHub,
    /// IAM Identity Center with permission sets, assignments and Organizations.
    IdentityCenter,
    /// AWS Secrets Manager, metadata only.
    SecretsManager,
    /// AWS IAM credential reports.
    Iam,
    /// AWS CloudTrail management events.
    CloudTrail,
    /// The Auth0 broker.
    Auth0,
    /// The organisation's own registers, named in `[registers]`.
    Register,
    /// What the reading itself noticed; always there.
    Evidence,
}

impl Source {
    /// Every source that configuration, `--source` and coverage can name.
    pub const COLLECTED: [Self; 7] = [
        Self::Entra,
        Self::GitHub,
        Self::IdentityCenter,
        Self::SecretsManager,
        Self::Iam,
        Self::CloudTrail,
        Self::Auth0,
    ];

    /// One of these by its name.
    #[must_use]
    pub fn collected(name: &str) -> Option<Self> {
        Self::COLLECTED.into_iter().find(|s| s.name() == name)
    }

    /// The name in configuration, coverage and `exported-at.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::GitHub => "github",
            Self::IdentityCenter => "identity_center",
            Self::SecretsManager => "secrets_manager",
            Self::Iam => "iam",
            Self::CloudTrail => "cloudtrail",
            Self::Auth0 => "auth0",
            Self::Register => "register",
            Self::Evidence => "evidence",
        }
    }

    /// Whether a snapshot is incomplete without this source unless it is disabled.
    #[must_use]
    pub fn required(self) -> bool {
        matches!(
            self,
            Self::Entra | Self::GitHub | Self::IdentityCenter | Self::SecretsManager
        )
    }
}

/// One column: its name, type and meaning.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Name in Parquet and SQL.
    pub name: &'static str,
    /// Stored type.
    pub ty: Type,
    /// What the value says, and what null means.
    pub doc: &'static str,
    /// Whether it is the key of the table's own rows: no two have the same.
    pub unique: bool,
}

/// One table of the dataset.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Name of the folder in a snapshot and of the table in SQL.
    pub name: &'static str,
    /// Where its rows come from.
    pub source: Source,
    /// Without its file the table is `failed` (true) or `skipped` (false).
    pub core: bool,
    /// What one row is.
    pub doc: &'static str,
    /// Columns in stored order.
    pub columns: &'static [Column],
    /// Condition in SQL of a row that has no identifying name; `None` for tables
    /// of which no rule asks.
    pub nameless: Option<&'static str>,
    /// Tables that the keys of an edge table come from: without one of them its
    /// rows have no key, and look as if they led nowhere.
    pub ends: &'static [&'static str],
}

impl Table {
    pub(super) const fn nameless_when(mut self, condition: &'static str) -> Self {
        self.nameless = Some(condition);
        self
    }

    pub(super) const fn between(mut self, ends: &'static [&'static str]) -> Self {
        self.ends = ends;
        self
    }

    /// Position of a column.
    #[must_use]
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == column)
    }
}

/// The key of the table's own rows.
pub(super) const fn dense(name: &'static str, doc: &'static str) -> Column {
    Column {
        unique: true,
        ..key(name, doc)
    }
}

pub(super) const fn key(name: &'static str, doc: &'static str) -> Column {
    Column {
        name,
        ty: Type::Key,
        doc,
        unique: false,
    }
}

pub(super) const fn int(name: &'static str, doc: &'static str) -> Column {
    Column {
        name,
        ty: Type::Int,
        doc,
        unique: false,
    }
}

pub(super) const fn text(name: &'static str, doc: &'static str) -> Column {
    Column {
        name,
        ty: Type::Text,
        doc,
        unique: false,
    }
}

pub(super) const fn flag(name: &'static str, doc: &'static str) -> Column {
    Column {
        name,
        ty: Type::Flag,
        doc,
        unique: false,
    }
}

pub(super) const fn time(name: &'static str, doc: &'static str) -> Column {
    Column {
        name,
        ty: Type::Time,
        doc,
        unique: false,
    }
}

//! Names that the estate is made of, and what its configuration says.

pub(super) const PREFIX: &str = "azure-aws-sso";
pub(super) const HOLDING: &str = "azure-aws-sso-all-members";
pub(super) const IGNORED_GROUP: &str = "azure-aws-sso-dashboard-readers";
pub(super) const IGNORED_TEAM: &str = "all-org-members";
pub(super) const SUFFIX: &str = "@github.example.gov.uk";
pub(super) const ENTRA_TYPE: &str = "EntraId";
pub(super) const GITHUB_TYPE: &str = "work";
pub(super) const ALLOWED: [&str; 2] = ["example.gov.uk", "agency.gov.uk"];
/// Approves what nobody else approves.
pub(super) const APPROVER: &str = "head.of.platform@example.gov.uk";
/// Holds administrator access on every account.
pub(super) const PLATFORM_GROUP: &str = "azure-aws-sso-platform-engineers";
pub(super) const PLATFORM_TEAM: &str = "platform-engineers";
/// The account that holds the secrets of the syncs and the broker.
pub(super) const HUB: &str = "000000000042";
pub(super) const REGION: &str = "eu-west-2";

pub(super) const ENVIRONMENTS: [&str; 4] = ["development", "test", "preproduction", "production"];

/// Level, permission set, whether it is privileged.
pub(super) const LEVELS: [(&str, &str, bool); 8] = [
    ("administrator", "AdministratorAccess", true),
    ("platform-admin", "PlatformAdmin", true),
    ("sandbox", "Sandbox", false),
    ("developer", "Developer", false),
    ("data-engineer", "DataEngineer", false),
    ("instance-access", "InstanceAccess", false),
    ("read-only", "ReadOnlyAccess", false),
    ("security-audit", "SecurityAudit", false),
];

/// Levels that groups of Entra have, and those that teams of GitHub have.
pub(super) const GROUP_LEVELS: [&str; 3] = ["sandbox", "data-engineer", "security-audit"];
pub(super) const TEAM_LEVELS: [&str; 3] = ["developer", "instance-access", "read-only"];

/// Permission sets that no level gives.
pub(super) const OTHER_SETS: usize = 29;

pub(super) fn permission_set(level: &str) -> &'static str {
    LEVELS
        .iter()
        .find(|l| l.0 == level)
        .map_or("ReadOnlyAccess", |l| l.1)
}

/// Every permission set, in order.
pub(super) fn permission_sets() -> Vec<String> {
    LEVELS
        .iter()
        .map(|l| l.1.to_owned())
        .chain((1..=OTHER_SETS).map(|n| format!("Service{n:02}Operator")))
        .collect()
}

pub(super) fn permission_set_arn(name: &str) -> String {
    let place = permission_sets().iter().position(|p| p == name);
    format!(
        "arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-{:016}",
        place.map_or(0, |p| p + 1)
    )
}

pub(super) const GIVEN: [&str; 32] = [
    "ana", "ben", "cara", "dev", "ela", "finn", "gita", "hugo", "ines", "jack", "kira", "liam",
    "maya", "nils", "olga", "paul", "quin", "rosa", "sami", "tara", "umar", "vera", "wren", "xena",
    "yara", "zack", "aoife", "björn", "chloé", "nuala", "siân", "zoë",
];
pub(super) const FAMILY: [&str; 32] = [
    "archer",
    "baker",
    "carter",
    "dyer",
    "eastman",
    "fuller",
    "glover",
    "hooper",
    "ingram",
    "jewell",
    "kemp",
    "lister",
    "mercer",
    "naylor",
    "osgood",
    "palmer",
    "quayle",
    "reeve",
    "sawyer",
    "tanner",
    "underhill",
    "vickers",
    "weaver",
    "yates",
    "o'neill",
    "smith-jones",
    "nguyen",
    "kowalski",
    "okafor",
    "patel",
    "müller",
    "garcía",
];
pub(super) const WORDS: [&str; 24] = [
    "payments",
    "search",
    "intake",
    "ledger",
    "courts",
    "prison",
    "probation",
    "family",
    "tribunal",
    "digital",
    "data",
    "reporting",
    "identity",
    "network",
    "forms",
    "hosting",
    "mapping",
    "archive",
    "case",
    "claims",
    "training",
    "property",
    "booking",
    "notify",
];

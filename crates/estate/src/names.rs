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
pub(super) const PLATFORM_TEAM: &str = "platform-squad";
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

/// Level and permission set of those who run one service.
pub(super) const SERVICES: [(&str, &str); 29] = [
    ("service-01", "Service01Operator"),
    ("service-02", "Service02Operator"),
    ("service-03", "Service03Operator"),
    ("service-04", "Service04Operator"),
    ("service-05", "Service05Operator"),
    ("service-06", "Service06Operator"),
    ("service-07", "Service07Operator"),
    ("service-08", "Service08Operator"),
    ("service-09", "Service09Operator"),
    ("service-10", "Service10Operator"),
    ("service-11", "Service11Operator"),
    ("service-12", "Service12Operator"),
    ("service-13", "Service13Operator"),
    ("service-14", "Service14Operator"),
    ("service-15", "Service15Operator"),
    ("service-16", "Service16Operator"),
    ("service-17", "Service17Operator"),
    ("service-18", "Service18Operator"),
    ("service-19", "Service19Operator"),
    ("service-20", "Service20Operator"),
    ("service-21", "Service21Operator"),
    ("service-22", "Service22Operator"),
    ("service-23", "Service23Operator"),
    ("service-24", "Service24Operator"),
    ("service-25", "Service25Operator"),
    ("service-26", "Service26Operator"),
    ("service-27", "Service27Operator"),
    ("service-28", "Service28Operator"),
    ("service-29", "Service29Operator"),
];
/// A level that is meant to be temporary, and its permission set.
pub(super) const TEMPORARY: (&str, &str) = ("migration", "Service01Operator");
/// A permission set that nobody is assigned.
pub(super) const UNUSED: &str = "Service29Operator";
/// One that has the policy of administrators, and is not called privileged.
pub(super) const DISGUISED: &str = "Service28Operator";
/// One whose sessions last a whole shift and more.
pub(super) const LONG: &str = "Service27Operator";

/// Level and permission set of every level.
pub(super) fn levels() -> impl Iterator<Item = (&'static str, &'static str)> {
    LEVELS
        .iter()
        .map(|l| (l.0, l.1))
        .chain(SERVICES)
        .chain([TEMPORARY])
}

pub(super) fn permission_set(level: &str) -> &'static str {
    levels()
        .find(|l| l.0 == level)
        .map_or("ReadOnlyAccess", |l| l.1)
}

/// Every permission set, in order.
pub(super) fn permission_sets() -> Vec<String> {
    LEVELS
        .iter()
        .map(|l| l.1)
        .chain(SERVICES.iter().map(|s| s.1))
        .map(str::to_owned)
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

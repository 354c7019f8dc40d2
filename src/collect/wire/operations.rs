//! Every call that can be sent: what it reads, which bucket it draws on, which
//! permission it needs. The allow-list of AWS, the published policies, the
//! plan, the preflight and the pages about permissions all come from here.

use crate::dataset::schema::Source;

/// A call to a service.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// Source whose tables it fills.
    pub source: Source,
    /// Service as the AWS client names it, or `graph`, `github`, `auth0`.
    pub service: &'static str,
    /// Name of the operation, or method and path.
    pub name: &'static str,
    /// Bucket of its quota.
    pub bucket: &'static str,
    /// The least that allows it.
    pub permission: &'static str,
    /// Tables that it fills; empty for calls that others need first.
    pub tables: &'static [&'static str],
}

const fn aws(
    source: Source,
    service: &'static str,
    name: &'static str,
    bucket: &'static str,
    permission: &'static str,
    tables: &'static [&'static str],
) -> Operation {
    Operation {
        source,
        service,
        name,
        bucket,
        permission,
        tables,
    }
}

const fn sso(
    name: &'static str,
    permission: &'static str,
    tables: &'static [&'static str],
) -> Operation {
    aws(
        Source::IdentityCenter,
        "SSO Admin",
        name,
        "sso-admin",
        permission,
        tables,
    )
}

const fn graph(
    name: &'static str,
    permission: &'static str,
    tables: &'static [&'static str],
) -> Operation {
    aws(Source::Entra, "graph", name, "graph", permission, tables)
}

const fn rest(
    name: &'static str,
    permission: &'static str,
    tables: &'static [&'static str],
) -> Operation {
    aws(
        Source::GitHub,
        "github",
        name,
        "github-rest",
        permission,
        tables,
    )
}

const fn ask(
    name: &'static str,
    permission: &'static str,
    tables: &'static [&'static str],
) -> Operation {
    aws(
        Source::GitHub,
        "github",
        name,
        "github-graphql",
        permission,
        tables,
    )
}

const fn auth0(
    name: &'static str,
    permission: &'static str,
    tables: &'static [&'static str],
) -> Operation {
    aws(Source::Auth0, "auth0", name, "auth0", permission, tables)
}

macro_rules! operations {
    ($($constant:ident = $operation:expr;)*) => {
        $(pub(crate) const $constant: &Operation = &$operation;)*
        /// Every operation, by source.
        pub const ALL: &[&Operation] = &[$($constant),*];
    };
}

operations! {
    ENTRA_TOKEN = aws(Source::Entra, "graph", "POST /oauth2/v2.0/token", "graph", "", &[]);
    USERS = graph("GET /users", "User.Read.All", &["entra_user"]);
    SIGN_INS = aws(Source::Entra, "graph", "GET /users with sign-ins", "graph-sign-ins", "AuditLog.Read.All", &["entra_user"]);
    LEAVE_DATES = graph("GET /users with leave dates", "User-LifeCycleInfo.Read.All", &["entra_user"]);
    DELETED_USERS = graph("GET /directory/deletedItems", "User.Read.All", &["entra_user"]);
    GROUPS = graph("GET /groups", "GroupMember.Read.All", &["entra_group"]);
    GROUP_DELTA = graph("GET /groups/delta", "GroupMember.Read.All", &["entra_group_member", "entra_group_owner"]);
    GROUP_EDGES = graph("GET /groups/{id}/members and owners", "GroupMember.Read.All", &["entra_group_member", "entra_group_owner"]);
    BATCH = graph("POST /$batch", "GroupMember.Read.All", &["entra_group_member", "entra_group_owner"]);
    BY_IDS = graph("POST /directoryObjects/getByIds", "User.Read.All", &["entra_user"]);
    APPLICATIONS = graph("GET /applications", "Application.Read.All", &["entra_application", "entra_application_owner", "entra_credential"]);
    APPLICATION_OWNERS = graph("GET /applications/{id}/owners", "Application.Read.All", &["entra_application_owner"]);
    SERVICE_PRINCIPALS = graph("GET /servicePrincipals", "Application.Read.All", &["entra_service_principal"]);
    AUDITS = aws(Source::Entra, "graph", "GET /auditLogs/directoryAudits", "graph-reports", "AuditLog.Read.All and Directory.Read.All", &["entra_audit_event"]);

    INSTALLATION = rest("GET /app/installations/{id}", "", &[]);
    INSTALLATION_TOKEN = rest("POST /app/installations/{id}/access_tokens", "", &[]);
    TEAMS = ask("query Teams", "organization Members: read", &["github_team", "github_team_member", "github_team_ancestor"]);
    TEAM_MEMBERS = ask("query TeamMembers", "organization Members: read", &["github_team_member"]);
    MEMBERS = ask("query Members", "organization Members: read", &["github_member"]);
    IDENTITIES = ask("query Identities", "organization Members: read", &["github_saml_identity"]);
    ORGANISATION_SECRETS = rest("GET /orgs/{org}/actions/secrets", "organization Secrets: read", &["github_secret"]);
    REPOSITORY_SECRETS = rest("GET /repos/{repo}/actions/secrets", "repository Secrets: read", &["github_secret"]);
    DEPLOY_KEYS = rest("GET /repos/{repo}/keys", "repository Administration: read", &["github_deploy_key"]);
    TOKENS = rest("GET /orgs/{org}/personal-access-tokens", "organization Personal access tokens: read, as a GitHub App", &["github_token"]);
    INSTALLATIONS = rest("GET /orgs/{org}/installations", "organization Administration: read", &["github_app_installation"]);
    COLLABORATORS = rest("GET /orgs/{org}/outside_collaborators", "organization Members: read", &["github_outside_collaborator"]);
    AUDIT_LOG = rest("GET /orgs/{org}/audit-log", "organization Administration: read, on GitHub Enterprise Cloud", &["github_audit_event"]);

    LIST_INSTANCES = sso("ListInstances", "sso:ListInstances", &[]);
    LIST_PERMISSION_SETS = sso("ListPermissionSets", "sso:ListPermissionSets", &["permission_set"]);
    DESCRIBE_PERMISSION_SET = sso("DescribePermissionSet", "sso:DescribePermissionSet", &["permission_set"]);
    MANAGED_POLICIES = sso("ListManagedPoliciesInPermissionSet", "sso:ListManagedPoliciesInPermissionSet", &["permission_set_policy"]);
    CUSTOMER_POLICIES = sso("ListCustomerManagedPolicyReferencesInPermissionSet", "sso:ListCustomerManagedPolicyReferencesInPermissionSet", &["permission_set_policy"]);
    INLINE_POLICY = sso("GetInlinePolicyForPermissionSet", "sso:GetInlinePolicyForPermissionSet", &["permission_set", "permission_set_policy"]);
    BOUNDARY = sso("GetPermissionsBoundaryForPermissionSet", "sso:GetPermissionsBoundaryForPermissionSet", &["permission_set", "permission_set_policy"]);
    PROVISIONED_ACCOUNTS = sso("ListAccountsForProvisionedPermissionSet", "sso:ListAccountsForProvisionedPermissionSet", &["account_assignment", "permission_set_provisioning"]);
    ASSIGNMENTS = sso("ListAccountAssignments", "sso:ListAccountAssignments", &["account_assignment"]);
    PRINCIPAL_ASSIGNMENTS = sso("ListAccountAssignmentsForPrincipal", "sso:ListAccountAssignmentsForPrincipal", &["account_assignment"]);
    IC_APPLICATIONS = sso("ListApplications", "sso:ListApplications", &["identity_center_application"]);
    APPLICATION_ASSIGNMENTS = sso("ListApplicationAssignments", "sso:ListApplicationAssignments", &["application_assignment"]);
    IC_USERS = aws(Source::IdentityCenter, "identitystore", "ListUsers", "identitystore", "identitystore:ListUsers", &["identity_center_user"]);
    IC_GROUPS = aws(Source::IdentityCenter, "identitystore", "ListGroups", "identitystore", "identitystore:ListGroups", &["identity_center_group"]);
    IC_MEMBERSHIPS = aws(Source::IdentityCenter, "identitystore", "ListGroupMemberships", "identitystore", "identitystore:ListGroupMemberships", &["identity_center_membership"]);
    ACCOUNTS = aws(Source::IdentityCenter, "Organizations", "ListAccounts", "organizations", "organizations:ListAccounts", &["aws_account"]);
    DESCRIBE_ORGANIZATION = aws(Source::IdentityCenter, "Organizations", "DescribeOrganization", "organizations", "organizations:DescribeOrganization", &[]);
    CALLER = aws(Source::IdentityCenter, "STS", "GetCallerIdentity", "sts", "sts:GetCallerIdentity", &[]);
    ASSUME_ROLE = aws(Source::SecretsManager, "STS", "AssumeRole", "sts", "sts:AssumeRole", &[]);
    SECRETS = aws(Source::SecretsManager, "Secrets Manager", "ListSecrets", "secretsmanager", "secretsmanager:ListSecrets", &["aws_secret"]);
    SECRET_VERSIONS = aws(Source::SecretsManager, "Secrets Manager", "ListSecretVersionIds", "secretsmanager", "secretsmanager:ListSecretVersionIds", &["aws_secret_version"]);
    GENERATE_REPORT = aws(Source::Iam, "IAM", "GenerateCredentialReport", "iam", "iam:GenerateCredentialReport", &["aws_access_key"]);
    CREDENTIAL_REPORT = aws(Source::Iam, "IAM", "GetCredentialReport", "iam", "iam:GetCredentialReport", &["aws_access_key"]);
    ROLE_DETAILS = aws(Source::Iam, "IAM", "GetAccountAuthorizationDetails", "iam", "iam:GetAccountAuthorizationDetails", &["aws_role_last_used"]);
    LOOKUP_EVENTS = aws(Source::CloudTrail, "CloudTrail", "LookupEvents", "cloudtrail", "cloudtrail:LookupEvents", &["cloudtrail_event"]);

    AUTH0_TOKEN = auth0("POST /oauth/token", "", &[]);
    CLIENTS = auth0("GET /clients", "read:clients", &["auth0_client"]);
    CONNECTIONS = auth0("GET /connections", "read:connections", &["auth0_connection"]);
    LOGS = auth0("GET /logs", "read:logs", &["auth0_log_event"]);
}

/// Values and tokens: never asked for, and denied by the published policies.
pub const DENIED: [&str; 8] = [
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
    "kms:Decrypt",
    "lambda:GetFunction",
];

/// The operations of AWS: an exact allow-list of service and name.
pub fn of_aws() -> impl Iterator<Item = &'static Operation> {
    ALL.iter()
        .copied()
        .filter(|o| !matches!(o.service, "graph" | "github" | "auth0"))
}

/// The operations of a source.
pub fn of_source(source: Source) -> impl Iterator<Item = &'static Operation> {
    ALL.iter().copied().filter(move |o| o.source == source)
}

/// Whether an operation of AWS may be sent.
pub(crate) fn allowed(service: &str, name: &str) -> Option<&'static Operation> {
    of_aws().find(|o| o.service == service && o.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ALL, DENIED, allowed, of_aws};
    use crate::dataset::schema::table;

    #[test]
    fn every_operation_reads_and_names_what_exists() {
        let mut seen = BTreeSet::new();
        for o in ALL {
            assert!(seen.insert((o.service, o.name)), "{} twice", o.name);
            assert!(o.tables.iter().all(|t| table(t).is_some()), "{}", o.name);
        }
        for o in of_aws() {
            let reads = [
                "List",
                "Get",
                "Describe",
                "Lookup",
                "GenerateCredentialReport",
                "AssumeRole",
            ];
            assert!(reads.iter().any(|r| o.name.starts_with(r)), "{}", o.name);
            assert!(!DENIED.contains(&o.permission) && !o.permission.contains('*'));
        }
    }

    #[test]
    fn values_and_writes_are_not_on_the_list() {
        for (service, name) in [
            ("Secrets Manager", "GetSecretValue"),
            ("Secrets Manager", "BatchGetSecretValue"),
            ("Secrets Manager", "PutSecretValue"),
            ("identitystore", "CreateGroup"),
            ("identitystore", "ListSecrets"),
            ("SSO Admin", "DeleteAccountAssignment"),
        ] {
            assert!(allowed(service, name).is_none(), "{service}.{name}");
        }
        assert!(allowed("identitystore", "ListUsers").is_some());
    }
}

//! What is told of a collection, in words of calls: pages are kept in files that
//! nobody ever sees, and read by the importers of exported files, which name them.

use crate::collect::operations::{
    ACCOUNTS, APPLICATION_ASSIGNMENTS, APPLICATION_OWNERS, APPLICATIONS, ASSIGNMENTS, AUDIT_LOG,
    AUDITS, BATCH, BOUNDARY, CLIENTS, COLLABORATORS, CONNECTIONS, CREDENTIAL_REPORT,
    CUSTOMER_POLICIES, DELETED_USERS, DEPLOY_KEYS, DESCRIBE_PERMISSION_SET, GROUP_DELTA,
    GROUP_EDGES, GROUPS, IC_APPLICATIONS, IC_GROUPS, IC_MEMBERSHIPS, IC_USERS, IDENTITIES,
    INLINE_POLICY, INSTALLATIONS, LIST_PERMISSION_SETS, LOGS, LOOKUP_EVENTS, MANAGED_POLICIES,
    MEMBERS, ORGANISATION_SECRETS, Operation, PRINCIPAL_ASSIGNMENTS, PROVISIONED_ACCOUNTS,
    REPOSITORY_SECRETS, ROLE_DETAILS, SECRET_VERSIONS, SECRETS, SERVICE_PRINCIPALS, SIGN_INS,
    TEAM_MEMBERS, TEAMS, TOKENS, USERS,
};
use crate::dataset::manifest::RequestEntry;
use crate::dataset::problem::Problem;

/// Files of the spool, and the calls that fill them. A folder holds one file for
/// each thing that was asked about.
const FILES: [(&str, &[&Operation]); 36] = [
    ("entra/users", &[USERS, SIGN_INS]),
    ("entra/deleted-users", &[DELETED_USERS]),
    ("entra/groups", &[GROUPS, BATCH]),
    ("entra/group-members", &[GROUP_DELTA, GROUP_EDGES, BATCH]),
    ("entra/group-owners", &[GROUP_DELTA, GROUP_EDGES, BATCH]),
    ("entra/applications", &[APPLICATIONS, APPLICATION_OWNERS]),
    ("entra/service-principals", &[SERVICE_PRINCIPALS]),
    ("entra/directory-audits", &[AUDITS]),
    ("github/teams", &[TEAMS, TEAM_MEMBERS]),
    ("github/members", &[MEMBERS]),
    ("github/saml-identities", &[IDENTITIES]),
    ("github/org-secrets", &[ORGANISATION_SECRETS]),
    ("github/repo-secrets", &[REPOSITORY_SECRETS]),
    ("github/deploy-keys", &[DEPLOY_KEYS]),
    ("github/personal-access-tokens", &[TOKENS]),
    ("github/installations", &[INSTALLATIONS]),
    ("github/outside-collaborators", &[COLLABORATORS]),
    ("github/audit-log", &[AUDIT_LOG]),
    ("aws/identitystore-users", &[IC_USERS]),
    ("aws/identitystore-groups", &[IC_GROUPS]),
    ("aws/identitystore-group-memberships", &[IC_MEMBERSHIPS]),
    (
        "aws/sso-permission-sets",
        &[LIST_PERMISSION_SETS, DESCRIBE_PERMISSION_SET],
    ),
    (
        "aws/sso-account-assignments",
        &[ASSIGNMENTS, PRINCIPAL_ASSIGNMENTS],
    ),
    (
        "aws/sso-permission-set-policies",
        &[MANAGED_POLICIES, CUSTOMER_POLICIES, INLINE_POLICY, BOUNDARY],
    ),
    ("aws/sso-permission-set-accounts", &[PROVISIONED_ACCOUNTS]),
    ("aws/sso-applications", &[IC_APPLICATIONS]),
    (
        "aws/sso-application-assignments",
        &[APPLICATION_ASSIGNMENTS],
    ),
    ("aws/organizations-accounts", &[ACCOUNTS]),
    ("aws/secrets", &[SECRETS]),
    ("aws/secret-versions", &[SECRET_VERSIONS]),
    ("aws/iam-credential-report", &[CREDENTIAL_REPORT]),
    ("aws/iam-roles", &[ROLE_DETAILS]),
    ("aws/cloudtrail-events", &[LOOKUP_EVENTS]),
    ("auth0/clients", &[CLIENTS]),
    ("auth0/connections", &[CONNECTIONS]),
    ("auth0/logs", &[LOGS]),
];

/// What is said of exports, and of calls in its place.
const PHRASES: [(&str, &str); 22] = [
    (" have no file in what ", " are not in what "),
    (" each has a file in what ", " each is in what "),
    ("The file is named after", "What was asked for is"),
    (
        "the group that the file is named after",
        "the group that was asked for",
    ),
    (
        "an ARN of the place that the file is named after",
        "an ARN of the place that was asked",
    ),
    ("Files in what ", "Answers in what "),
    (
        " of another group than they are named after",
        " of another group than was asked for",
    ),
    (" files of what ", " parts of what "),
    (
        "was exported without its members",
        "came without its members",
    ),
    (
        "were exported without their owners; expand `owners`.",
        "came without their owners.",
    ),
    (
        "were exported without their credentials.",
        "came without their credentials.",
    ),
    ("The export is of ", "The answers are of "),
    ("The files are of ", "The answers are of "),
    (" Export each into a folder of its own.", ""),
    ("; export each into a folder of its own", ""),
    (
        " Export them whole: `aws cloudtrail lookup-events` without --query prints it as the text CloudTrailEvent.",
        "",
    ),
    (", as of exports of two days", ""),
    (" (export with a greater depth)", ""),
    ("; export it in parts", ""),
    ("; see what the README says of this file", ""),
    ("records as the README lists them", "records of the table"),
    ("all files", "all answers"),
];

/// The calls that filled a file, as they were sent: those that gave nothing are
/// not named.
fn calls(operations: &[&Operation], sent: &[RequestEntry]) -> String {
    let was = |o: &&&Operation| {
        sent.iter()
            .any(|r| r.service == o.service && r.operation == o.name)
    };
    let mut named: Vec<&str> = operations.iter().filter(was).map(|o| o.name).collect();
    if named.is_empty() {
        named = operations.iter().map(|o| o.name).collect();
    }
    named.join(" or ")
}

/// A file as what a call gave; `None` for any other word.
fn file(word: &str, sent: &[RequestEntry]) -> Option<String> {
    let bare = [".json", ".csv", "/"]
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .unwrap_or(word);
    let (_, operations, rest) = FILES.iter().find_map(|(name, operations)| {
        let rest = bare.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with('/')).then_some((name, operations, rest))
    })?;
    let calls = calls(operations, sent);
    Some(match rest.strip_prefix('/') {
        None | Some("") => format!("what {calls} gave"),
        Some(about) => format!("what {calls} gave of {about}"),
    })
}

/// A reason as it is told of calls.
pub(crate) fn in_calls(reason: &str, sent: &[RequestEntry]) -> String {
    let words: Vec<String> = reason
        .split(' ')
        .map(|word| {
            let bare = word
                .trim_start_matches('(')
                .trim_end_matches(['.', ',', ':', ';', ')']);
            match file(bare, sent) {
                Some(told) => word.replacen(bare, &told, 1),
                None => word.to_owned(),
            }
        })
        .collect();
    let mut text = words.join(" ");
    for (of_exports, of_calls) in PHRASES {
        if text.contains(of_exports) {
            text = text.replace(of_exports, of_calls);
        }
    }
    text
}

/// A problem of a page as one of the call that gave it.
pub(crate) fn told(problem: &mut Problem, sent: &[RequestEntry]) {
    for text in [
        &mut problem.file,
        &mut problem.expected,
        &mut problem.message,
    ] {
        *text = in_calls(text, sent);
    }
}

#[cfg(test)]
mod tests {
    use super::{FILES, in_calls};
    use crate::dataset::manifest::RequestEntry;

    fn sent(service: &str, operation: &str) -> RequestEntry {
        RequestEntry {
            source: String::new(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            requests: 1,
            retries: 0,
            throttled: 0,
            bytes: 0,
            first: None,
            last: None,
        }
    }

    #[test]
    fn files_are_told_as_what_a_call_gave() {
        let sent = [
            sent("graph", "GET /users"),
            sent("graph", "GET /groups/delta"),
        ];
        for (reason, told) in [
            (
                "The source counted 3 objects and entra/users.json holds 2.",
                "The source counted 3 objects and what GET /users gave holds 2.",
            ),
            (
                "entra/group-members/0f-1.json holds no document.",
                "what GET /groups/delta gave of 0f-1 holds no document.",
            ),
            (
                "2 of the groups that must be read have no file in entra/group-owners/: a, b.",
                "2 of the groups that must be read are not in what GET /groups/delta gave: a, b.",
            ),
            (
                "1 of x (in github/audit-log.json); export each into a folder of its own.",
                "1 of x (in what GET /orgs/{org}/audit-log gave).",
            ),
            // What only looks like a file.
            ("github/users.md is missing.", "github/users.md is missing."),
            ("The team entra/usersx.", "The team entra/usersx."),
        ] {
            assert_eq!(in_calls(reason, &sent), told);
        }
    }

    #[test]
    fn every_file_has_calls() {
        for (name, operations) in FILES {
            assert!(!operations.is_empty(), "{name}");
        }
    }
}

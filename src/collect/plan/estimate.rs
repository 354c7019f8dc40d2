//! What a snapshot sends and how long that takes at least, from what the estate
//! is known to hold: nothing is sent to find out.

use std::collections::BTreeMap;

use crate::collect::fetch::aws::assignments::SAMPLE;
use crate::collect::fetch::aws::trail::EVENTS;
use crate::collect::wire::limit::{Quota, floor, quota_of};
use crate::collect::wire::operations::{
    ACCOUNTS, ALL, APPLICATION_ASSIGNMENTS, APPLICATIONS, ASSIGNMENTS, ASSUME_ROLE, AUDIT_LOG,
    AUDITS, AUTH0_TOKEN, BOUNDARY, CALLER, CLIENTS, COLLABORATORS, CONNECTIONS, CREDENTIAL_REPORT,
    CUSTOMER_POLICIES, DELETED_USERS, DEPLOY_KEYS, DESCRIBE_ORGANIZATION, DESCRIBE_PERMISSION_SET,
    ENTRA_TOKEN, GENERATE_REPORT, GROUP_DELTA, GROUPS, IC_APPLICATIONS, IC_GROUPS, IC_MEMBERSHIPS,
    IC_USERS, IDENTITIES, INLINE_POLICY, INSTALLATIONS, LIST_INSTANCES, LIST_PERMISSION_SETS, LOGS,
    LOOKUP_EVENTS, MANAGED_POLICIES, MEMBERS, ORGANISATION_SECRETS, Operation,
    PRINCIPAL_ASSIGNMENTS, PROVISIONED_ACCOUNTS, REPOSITORY_SECRETS, ROLE_DETAILS, SECRET_VERSIONS,
    SECRETS, SERVICE_PRINCIPALS, SIGN_INS, TEAM_MEMBERS, TEAMS, TOKENS, USERS,
};
use crate::dataset::manifest::RequestEntry;
use crate::dataset::schema::Source;

/// What an estate holds, as far as calls depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Users of Entra, and deleted ones.
    pub users: u64,
    /// Users in deleted items.
    pub deleted_users: u64,
    /// Groups that are listed.
    pub groups: u64,
    /// Prefixed groups, and groups nested in them.
    pub edged_groups: u64,
    /// Application registrations.
    pub applications: u64,
    /// Service principals.
    pub service_principals: u64,
    /// Directory audits of the window.
    pub audits: u64,
    /// GitHub teams.
    pub teams: u64,
    /// Teams with more than a hundred members, once for each further hundred.
    pub further_members: u64,
    /// Members of the organisation.
    pub members: u64,
    /// SAML identities.
    pub identities: u64,
    /// Organisation secrets.
    pub organisation_secrets: u64,
    /// Personal access tokens.
    pub tokens: u64,
    /// App installations.
    pub installations: u64,
    /// Outside collaborators.
    pub collaborators: u64,
    /// Events of the audit log of GitHub.
    pub github_events: u64,
    /// Repositories that the configuration names.
    pub repositories: u64,
    /// Accounts of the organisation.
    pub accounts: u64,
    /// Permission sets.
    pub permission_sets: u64,
    /// Pages of accounts over the permission sets.
    pub provisioned_pages: u64,
    /// Users of Identity Center.
    pub ic_users: u64,
    /// Groups of Identity Center.
    pub ic_groups: u64,
    /// Groups that nobody is in.
    pub empty_groups: u64,
    /// Pages of members over the groups.
    pub membership_pages: u64,
    /// Pairs of account and permission set that are assigned.
    pub pairs: u64,
    /// Pages of assignments over the pairs.
    pub pair_pages: u64,
    /// Pairs that are provisioned and that no principal names: each is asked for.
    pub open_pairs: u64,
    /// Applications of Identity Center.
    pub ic_applications: u64,
    /// Pages of assignments over these applications.
    pub application_pages: u64,
    /// Pages of secrets over accounts and Regions.
    pub secret_pages: u64,
    /// Secrets whose versions are read.
    pub watched_secrets: u64,
    /// Roles to assume.
    pub assumed: u64,
    /// Accounts whose keys and roles are read.
    pub key_accounts: u64,
    /// Pages of roles.
    pub role_pages: u64,
    /// Events of CloudTrail.
    pub events: u64,
    /// Clients of Auth0.
    pub clients: u64,
    /// Connections of Auth0.
    pub connections: u64,
    /// Log events of Auth0.
    pub logs: u64,
}

/// The figures of apis that a small organisation has, for a first plan.
#[must_use]
pub fn small() -> Counts {
    Counts {
        users: 100_000,
        deleted_users: 500,
        groups: 40_000,
        edged_groups: 700,
        applications: 5_000,
        service_principals: 8_000,
        audits: 500,
        teams: 1_500,
        further_members: 40,
        members: 3_000,
        identities: 3_000,
        organisation_secrets: 50,
        tokens: 100,
        installations: 50,
        collaborators: 100,
        github_events: 2_000,
        repositories: 0,
        accounts: 300,
        permission_sets: 37,
        provisioned_pages: 60,
        ic_users: 3_000,
        ic_groups: 600,
        empty_groups: 20,
        membership_pages: 650,
        pairs: 2_000,
        pair_pages: 2_000,
        open_pairs: 0,
        ic_applications: 10,
        application_pages: 10,
        secret_pages: 3,
        watched_secrets: 20,
        assumed: 0,
        key_accounts: 1,
        role_pages: 1,
        events: 6_000,
        clients: 50,
        connections: 10,
        logs: 3_000,
    }
}

/// How the configuration changes what is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choices {
    /// Whether sign-ins are read.
    pub sign_ins: bool,
    /// Whether the credential of Entra must be exchanged for a token.
    pub entra_token: bool,
    /// Whether that of Auth0 must.
    pub auth0_token: bool,
}

/// Calls of one operation.
#[derive(Clone, Debug)]
pub struct Line {
    /// What is called.
    pub operation: &'static Operation,
    /// How often.
    pub calls: u64,
    /// What they take out of their bucket.
    pub units: u64,
}

/// Units and least time of one bucket.
#[derive(Clone, Debug)]
pub struct Floor {
    /// Name of the bucket.
    pub bucket: &'static str,
    /// Calls that draw on it.
    pub calls: u64,
    /// Units that they take.
    pub units: u64,
    /// Units a second that are used.
    pub rate: f64,
    /// Why that many.
    pub basis: &'static str,
    /// Seconds that this takes at least.
    pub seconds: f64,
}

fn pages(count: u64, size: u64) -> u64 {
    count.div_ceil(size).max(1)
}

/// Pages of a log that ends with an empty one.
fn log_pages(events: u64) -> u64 {
    events.div_ceil(100) + 1
}

/// The calls of the wanted sources.
#[must_use]
pub fn plan(counts: &Counts, wanted: &[Source], choices: Choices) -> Vec<Line> {
    let c = counts;
    let (users, sign_ins) = if choices.sign_ins {
        (0, pages(c.users, 500))
    } else {
        (pages(c.users, 999), 0)
    };
    // One call for each pair, or for each user and each group that no user's answer covers.
    let by_pairs = c.pairs > 0 && c.pairs <= c.ic_users + c.empty_groups;
    let (pairs, principals) = if by_pairs {
        (
            c.pair_pages,
            SAMPLE.min(usize::try_from(c.ic_users + c.ic_groups).unwrap_or(SAMPLE)) as u64,
        )
    } else {
        (c.open_pairs, c.ic_users + c.empty_groups)
    };
    let all: [(&'static Operation, u64, u64); 49] = [
        (ENTRA_TOKEN, u64::from(choices.entra_token), 1),
        (USERS, users, 1),
        (SIGN_INS, sign_ins, 1),
        (DELETED_USERS, pages(c.deleted_users, 999), 1),
        (GROUPS, pages(c.groups, 999), 1),
        (GROUP_DELTA, c.edged_groups.div_ceil(50), 1),
        // With their owners they come a hundred a page, whatever is asked for.
        (APPLICATIONS, pages(c.applications, 100), 2),
        (SERVICE_PRINCIPALS, pages(c.service_principals, 999), 1),
        (AUDITS, pages(c.audits, 999), 1),
        (TEAMS, pages(c.teams, 100), 1),
        (TEAM_MEMBERS, c.further_members.div_ceil(20), 1),
        (MEMBERS, pages(c.members, 100), 1),
        (IDENTITIES, pages(c.identities, 100), 1),
        (ORGANISATION_SECRETS, pages(c.organisation_secrets, 100), 1),
        (REPOSITORY_SECRETS, c.repositories, 1),
        (DEPLOY_KEYS, c.repositories, 1),
        (TOKENS, pages(c.tokens, 100), 1),
        (INSTALLATIONS, pages(c.installations, 100), 1),
        (COLLABORATORS, pages(c.collaborators, 100), 1),
        (AUDIT_LOG, pages(c.github_events, 100), 1),
        (CALLER, 1, 1),
        (LIST_INSTANCES, 1, 1),
        // Where the instance names its owner, which must be the management account.
        (DESCRIBE_ORGANIZATION, 1, 1),
        (LIST_PERMISSION_SETS, pages(c.permission_sets, 100), 1),
        (DESCRIBE_PERMISSION_SET, c.permission_sets, 1),
        (MANAGED_POLICIES, c.permission_sets, 1),
        (CUSTOMER_POLICIES, c.permission_sets, 1),
        (INLINE_POLICY, c.permission_sets, 1),
        (BOUNDARY, c.permission_sets, 1),
        (PROVISIONED_ACCOUNTS, c.provisioned_pages, 1),
        (ASSIGNMENTS, pairs, 1),
        (PRINCIPAL_ASSIGNMENTS, principals, 1),
        (IC_APPLICATIONS, pages(c.ic_applications, 100), 1),
        (APPLICATION_ASSIGNMENTS, c.application_pages, 1),
        (IC_USERS, pages(c.ic_users, 100), 1),
        (IC_GROUPS, pages(c.ic_groups, 100), 1),
        (IC_MEMBERSHIPS, c.membership_pages, 1),
        (ACCOUNTS, pages(c.accounts, 20), 1),
        (ASSUME_ROLE, c.assumed, 1),
        (SECRETS, c.secret_pages.max(1), 1),
        (SECRET_VERSIONS, c.watched_secrets, 1),
        (GENERATE_REPORT, c.key_accounts, 1),
        (CREDENTIAL_REPORT, c.key_accounts, 1),
        (ROLE_DETAILS, c.role_pages.max(c.key_accounts), 1),
        (LOOKUP_EVENTS, EVENTS.len() as u64 + c.events / 50, 1),
        (AUTH0_TOKEN, u64::from(choices.auth0_token), 1),
        (CLIENTS, pages(c.clients, 100), 1),
        (CONNECTIONS, pages(c.connections, 100), 1),
        (LOGS, log_pages(c.logs), 1),
    ];
    all.into_iter()
        .filter(|(operation, calls, _)| *calls > 0 && wanted.contains(&operation.source))
        .map(|(operation, calls, each)| Line {
            operation,
            calls,
            units: calls * each,
        })
        .collect()
}

/// Operations that the configuration switches on and off.
const CHOSEN: [&Operation; 6] = [
    ENTRA_TOKEN,
    USERS,
    SIGN_INS,
    REPOSITORY_SECRETS,
    DEPLOY_KEYS,
    AUTH0_TOKEN,
];

/// The same calls, as often as a snapshot sent them to the sources that it read
/// wholly: how many rows make a page is up to the service.
#[must_use]
pub fn as_sent(lines: Vec<Line>, requests: &[RequestEntry], whole: &[Source]) -> Vec<Line> {
    let sent = |operation: &Operation| -> u64 {
        let mine = requests.iter().filter(|r| {
            r.source == operation.source.name()
                && r.service == operation.service
                && r.operation == operation.name
        });
        mine.map(|r| r.requests.saturating_sub(r.retries)).sum()
    };
    let mut planned: BTreeMap<&'static str, Line> = BTreeMap::new();
    let mut kept = Vec::new();
    for line in lines {
        if whole.contains(&line.operation.source) {
            planned.insert(line.operation.name, line);
        } else {
            kept.push(line);
        }
    }
    let of_whole = || ALL.iter().copied().filter(|o| whole.contains(&o.source));
    for operation in of_whole() {
        let line = planned.remove(operation.name);
        let calls = sent(operation);
        // Another way to the same tables was taken.
        let replaced = || {
            of_whole().any(|o| sent(o) > 0 && o.tables.iter().any(|t| operation.tables.contains(t)))
        };
        match line {
            None if CHOSEN.contains(&operation) || calls == 0 => {}
            None => kept.push(Line {
                operation,
                calls,
                units: calls,
            }),
            Some(line) if calls == 0 => {
                if CHOSEN.contains(&operation) || !replaced() {
                    kept.push(line);
                }
            }
            Some(line) => kept.push(Line {
                operation,
                calls,
                units: calls * (line.units / line.calls.max(1)),
            }),
        }
    }
    kept.sort_by_key(|l| ALL.iter().position(|o| *o == l.operation));
    kept
}

/// Units and least times by bucket, the longest first: buckets run side by side.
#[must_use]
pub fn floors(lines: &[Line]) -> Vec<Floor> {
    let mut of_bucket: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for line in lines {
        let entry = of_bucket.entry(line.operation.bucket).or_default();
        entry.0 += line.calls;
        entry.1 += line.units;
    }
    let mut floors: Vec<Floor> = of_bucket
        .into_iter()
        .map(|(bucket, (calls, units))| {
            let quota: &Quota = quota_of(bucket);
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let seconds = floor(quota, units as f64);
            Floor {
                bucket,
                calls,
                units,
                rate: quota.rate,
                basis: quota.basis,
                seconds,
            }
        })
        .collect();
    floors.sort_by(|a, b| b.seconds.total_cmp(&a.seconds).then(a.bucket.cmp(b.bucket)));
    floors
}

#[cfg(test)]
mod tests {
    use super::{Choices, Counts, as_sent, floors, plan, small};
    use crate::dataset::manifest::RequestEntry;
    use crate::dataset::schema::Source;

    fn request(operation: &str, requests: u64, retries: u64) -> RequestEntry {
        RequestEntry {
            source: "entra".to_owned(),
            service: "graph".to_owned(),
            operation: operation.to_owned(),
            requests,
            retries,
            throttled: 0,
            bytes: 0,
            first: None,
            last: None,
        }
    }

    #[test]
    fn what_was_sent_wins_over_what_rows_suggest() {
        let counts = Counts {
            groups: 100,
            edged_groups: 100,
            users: 100,
            ..Counts::default()
        };
        let sources = [Source::Entra, Source::GitHub];
        let lines = plan(&counts, &sources, Choices::default());
        // Two groups a page, a batch in place of delta, and sign-ins that are off by now.
        let requests = [
            request("GET /groups", 52, 2),
            request("POST /$batch", 10, 0),
            request("GET /users with sign-ins", 7, 0),
        ];
        let sent = as_sent(lines.clone(), &requests, &[Source::Entra]);
        let calls = |name: &str| -> Vec<u64> {
            let mine = sent.iter().filter(|l| l.operation.name == name);
            mine.map(|l| l.calls).collect()
        };
        assert_eq!(calls("GET /groups"), [50]);
        assert_eq!(calls("POST /$batch"), [10]);
        assert!(calls("GET /groups/delta").is_empty());
        assert!(calls("GET /users with sign-ins").is_empty());
        assert_eq!(calls("GET /users"), [1]);
        assert_eq!(calls("GET /servicePrincipals"), [1]);
        // What another source sends does not change.
        assert_eq!(calls("query Teams"), [1]);
        let same = as_sent(lines.clone(), &requests, &[]);
        assert_eq!(same.len(), lines.len());
    }

    fn calls(counts: &Counts, name: &str) -> u64 {
        let lines = plan(counts, &Source::COLLECTED, Choices::default());
        lines
            .iter()
            .filter(|l| l.operation.name == name)
            .map(|l| l.calls)
            .sum()
    }

    #[test]
    fn pages_at_their_boundaries() {
        for (groups, expected) in [(0, 1), (99, 1), (100, 1), (101, 2), (999, 10), (1000, 10)] {
            let counts = Counts {
                ic_groups: groups,
                ..Counts::default()
            };
            assert_eq!(calls(&counts, "ListGroups"), expected, "{groups}");
        }
    }

    #[test]
    fn a_log_ends_with_an_empty_page() {
        for (logs, expected) in [(0, 1), (1, 2), (100, 2), (101, 3), (1_200, 13)] {
            let counts = Counts {
                logs,
                ..Counts::default()
            };
            assert_eq!(calls(&counts, "GET /logs"), expected, "{logs}");
        }
    }

    #[test]
    fn the_cheaper_walk_is_planned() {
        let pairs = Counts {
            pairs: 2_000,
            pair_pages: 2_000,
            ..small()
        };
        assert_eq!(calls(&pairs, "ListAccountAssignments"), 2_000);
        let principals = Counts {
            pairs: 4_000,
            pair_pages: 4_000,
            ..small()
        };
        assert_eq!(calls(&principals, "ListAccountAssignments"), 0);
        assert_eq!(
            calls(&principals, "ListAccountAssignmentsForPrincipal"),
            3_020
        );
    }

    #[test]
    fn the_longest_bucket_comes_first() {
        let lines = plan(
            &small(),
            &Source::COLLECTED,
            Choices {
                sign_ins: true,
                ..Choices::default()
            },
        );
        let floors = floors(&lines);
        assert_eq!(floors.first().map(|f| f.bucket), Some("graph-sign-ins"));
        // 200 pages at nine a minute, the first of them at once.
        assert!((floors[0].seconds - 199.0 * 60.0 / 9.0).abs() < 1.0);
    }
}

//! What goes wrong on the way, at the first call and in the middle: either the
//! answer came after all, or the table says what is missing.

use countersign::dataset::coverage::State;
use countersign::estate::serve::Kind;

use crate::live::place::{CANARIES, Place, fault, holds, rows, table};

/// A call of each interface, and the tables that rest on it.
const CALLS: [(&str, &[&str]); 7] = [
    ("GET /groups ", &["entra_group"]),
    ("GET /users", &["entra_user"]),
    ("query Teams", &["github_team"]),
    ("GET /orgs/{org}/actions/secrets", &["github_secret"]),
    ("identitystore.ListUsers", &["identity_center_user"]),
    ("Secrets Manager.ListSecrets", &["aws_secret"]),
    ("GET /clients", &["auth0_client"]),
];

/// Faults that pass: the answer comes when it is asked for again.
fn passing() -> Vec<(&'static str, Kind)> {
    vec![
        ("reset in the head", Kind::ResetInHead),
        ("reset in the body", Kind::ResetInBody),
        ("slices", Kind::Slices),
        ("half of the length", Kind::HalfOfLength),
        ("half with its length", Kind::HalfWithLength),
        ("bad chunk", Kind::BadChunk),
        ("half of a packed body", Kind::HalfGzip),
        ("408", Kind::Status(408, "{}".to_owned())),
        ("500", Kind::Status(500, "{}".to_owned())),
        (
            "502 of a proxy",
            Kind::Status(502, "<html>Bad Gateway</html>".to_owned()),
        ),
        ("503", Kind::Wait(503, 1)),
        ("504", Kind::Status(504, String::new())),
        ("429 with seconds", Kind::Wait(429, 1)),
        ("429 with a date", Kind::WaitUntil(429, 1)),
        ("429 without", Kind::Status(429, "{}".to_owned())),
    ]
}

/// Faults that stay: every answer of the call is like that.
fn staying() -> Vec<(&'static str, Kind)> {
    vec![
        ("400", Kind::Status(400, "{}".to_owned())),
        ("403", Kind::Status(403, "{\"message\":\"no\",\"__type\":\"AccessDeniedException\",\"error\":{\"code\":\"Authorization_RequestDenied\"}}".to_owned())),
        ("500 for ever", Kind::Status(500, "{}".to_owned())),
        ("a sign-in page", Kind::Text("<html>Sign in</html>".to_owned())),
        ("no JSON", Kind::Text("{\"value\": [".to_owned())),
        ("another document", Kind::Text("{\"answer\": 42}".to_owned())),
        ("null", Kind::Text("null".to_owned())),
        ("a list", Kind::Text("[1, 2]".to_owned())),
        ("an empty object", Kind::Text("{}".to_owned())),
        ("nothing", Kind::Text(String::new())),
        ("an error with 200", Kind::Text("{\"error\":{\"code\":\"UnknownError\"}}".to_owned())),
        ("redirect", Kind::Redirect(302, "http://127.0.0.1:9/elsewhere".to_owned())),
        ("a bomb", Kind::Bomb(64 << 20)),
        ("clocks apart", Kind::Days(400)),
        ("deep nesting", Kind::Text("[".repeat(100_000))),
    ]
}

#[test]
fn what_passes_leaves_no_trace_in_the_tables() {
    let clean = Place::with(Vec::new());
    let expected = rows(&clean.store(), &clean.collect().id);
    for (name, kind) in passing() {
        // AWS's client does not ask for the reset of a connection to be named.
        let faults = CALLS
            .iter()
            .map(|(call, _)| fault(call, 0, 1, kind.clone()))
            .collect();
        let place = Place::with(faults);
        let sealed = place.collect();
        for (call, tables) in CALLS {
            for table_name in tables {
                let entry = table(&sealed, table_name);
                assert_eq!(
                    entry.state,
                    State::Complete,
                    "{name} at {call}: {:?}",
                    entry.reasons
                );
            }
        }
        let found = rows(&place.store(), &sealed.id);
        for (table_name, rows) in &expected {
            assert_eq!(&found[table_name], rows, "{name}: {table_name}");
        }
    }
}

#[test]
fn what_stays_is_said_and_never_empty() {
    for (name, kind) in staying() {
        let faults = CALLS
            .iter()
            .map(|(call, _)| fault(call, 0, usize::MAX, kind.clone()))
            .collect();
        let place = Place::with(faults);
        let sealed = place.collect();
        for (call, tables) in CALLS {
            // What Auth0 and the list of secrets look like is what a fault may look like too.
            if name == "a list" && call == "query Teams" {
                continue;
            }
            for table_name in tables {
                let entry = table(&sealed, table_name);
                assert!(
                    matches!(entry.state, State::Failed | State::Denied),
                    "{name} at {call}: {table_name} is {} with {} rows: {:?}",
                    entry.state.name(),
                    entry.rows,
                    entry.reasons
                );
                assert!(
                    !entry.reasons.is_empty(),
                    "{name} at {call} gives no reason"
                );
                if name == "403" {
                    assert_eq!(entry.state, State::Denied, "{call}: {:?}", entry.reasons);
                    assert!(entry.permission_needed.is_some(), "{call}");
                }
            }
        }
        for canary in CANARIES {
            assert!(!holds(place.dir.path(), canary), "{name}: {canary}");
        }
    }
}

/// Later pages of the lists that have several.
const LATER: [(&str, &str); 4] = [
    (
        "identitystore.ListGroupMemberships",
        "identity_center_membership",
    ),
    ("Organizations.ListAccounts", "aws_account"),
    ("SSO Admin.ListAccountAssignments", "account_assignment"),
    ("GET /groups/delta", "entra_group_member"),
];

#[test]
fn a_later_page_that_fails_leaves_a_part() {
    for (call, table_name) in LATER {
        // Some groups are empty, and answers come in no order.
        let after = match table_name {
            "entra_group_member" => 0,
            "aws_account" => 1,
            _ => 25,
        };
        let place = Place::with(vec![fault(
            call,
            after,
            usize::MAX,
            Kind::Status(400, "{}".to_owned()),
        )]);
        let sealed = place.collect();
        let entry = table(&sealed, table_name);
        // Without delta queries the batches answer.
        let expected = if table_name == "entra_group_member" {
            State::Complete
        } else {
            State::Partial
        };
        assert_eq!(entry.state, expected, "{call}: {:?}", entry.reasons);
        assert!(entry.rows > 0, "{call}");
    }
}

#[test]
fn links_that_lead_elsewhere_are_not_followed() {
    let links = [
        "http://127.0.0.1:9/v1.0/groups?page=2",
        "https://graph.microsoft.com/v1.0/groups?page=2",
        "//evil.example/v1.0/groups",
        "/v1.0/groups",
        "http://evil.example/v1.0/groups",
        "file:///etc/passwd",
        "",
        "groups?page=2",
    ];
    for link in links {
        let place = Place::with(vec![
            fault("GET /groups ", 0, 1, Kind::Next(link.to_owned())),
            fault(
                "GET /orgs/{org}/audit-log",
                0,
                1,
                Kind::Next(link.to_owned()),
            ),
        ]);
        let sealed = place.collect();
        let entry = table(&sealed, "entra_group");
        assert_eq!(
            entry.state,
            State::Partial.max_state(State::Failed, entry.rows),
            "{link}: {:?}",
            entry.reasons
        );
        assert!(
            place
                .seen()
                .iter()
                .all(|s| s.status == 200 || s.operation.contains("Boundary")),
            "{link}"
        );
    }
}

/// What a table with a first page that leads elsewhere is.
trait Either {
    fn max_state(self, other: Self, rows: u64) -> Self;
}

impl Either for State {
    fn max_state(self, other: Self, rows: u64) -> Self {
        if rows > 0 { self } else { other }
    }
}

#[test]
fn a_link_that_repeats_ends_the_walk() {
    // What is put into the link stands for the address of the services.
    let place = Place::with(vec![
        fault(
            "GET /users",
            0,
            usize::MAX,
            Kind::Next("{base}/v1.0/users?again".to_owned()),
        ),
        fault(
            "GET /orgs/{org}/audit-log",
            0,
            usize::MAX,
            Kind::Next("{base}/orgs/example-org/audit-log?again".to_owned()),
        ),
        fault(
            "identitystore.ListUsers",
            0,
            usize::MAX,
            Kind::Next("token-0".to_owned()),
        ),
    ]);
    let sealed = place.collect();
    for name in ["entra_user", "github_audit_event", "identity_center_user"] {
        let entry = table(&sealed, name);
        assert_eq!(entry.state, State::Partial, "{name}: {:?}", entry.reasons);
        assert!(
            entry.reasons.join(" ").contains("circle"),
            "{:?}",
            entry.reasons
        );
    }
}

#[test]
fn tokens_that_end_are_renewed_once() {
    let place = Place::with(vec![
        fault("GET /users", 0, 1, Kind::Status(401, "{}".to_owned())),
        fault("GET /clients", 0, 1, Kind::Status(401, "{}".to_owned())),
    ]);
    let sealed = place.collect();
    assert_eq!(table(&sealed, "entra_user").state, State::Complete);
    assert_eq!(table(&sealed, "auth0_client").state, State::Complete);
    let asked = place
        .seen()
        .iter()
        .filter(|s| s.operation == "POST /oauth2/v2.0/token")
        .count();
    assert_eq!(asked, 2);
}

#[test]
fn a_source_that_repeats_too_much_stops() {
    // Every answer of every call has to be asked for again, until the plan is used up.
    let place = Place::with(vec![fault("graph GET", 0, usize::MAX, Kind::Wait(429, 0))]);
    let sealed = place.collect();
    let entry = table(&sealed, "entra_user");
    assert!(matches!(entry.state, State::Failed), "{:?}", entry.reasons);
    let sent: u64 = sealed
        .manifest
        .requests
        .iter()
        .filter(|r| r.source == "entra")
        .map(|r| r.requests)
        .sum();
    assert!(sent < 60, "{sent} requests");
}

//! The table of faults: everything that can go wrong with an answer, at the first,
//! a middle and the last page of a list of each source. Either the tables are what
//! they are without the fault, or the one that was hit says that it is not complete.

use std::collections::BTreeMap;
use std::sync::Mutex;

use countersign::dataset::coverage::State;
use countersign::estate::serve::{Change, Kind, Seen};
use serde_json::json;

use crate::live::place::{CANARIES, Place, behaviour, fault, holds, rows, table};

/// Records of a page of each service: every list has at least three pages, the clients of Auth0 two.
const PAGES: [(&str, usize); 3] = [("graph", 250), ("github", 40), ("auth0", 1)];

/// A list of each source: its call, its table, and the key of its records' ids.
const LISTS: [(&str, &str, &str); 4] = [
    ("graph GET GET /users", "entra_user", "id"),
    ("query Members", "github_member", "login"),
    ("identitystore.ListUsers", "identity_center_user", "UserId"),
    ("GET /clients", "auth0_client", "client_id"),
];

/// What a fault comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The tables are those of a collection without it.
    Same,
    /// The table says that it is not complete, and why.
    Said,
    /// The one or the other, as the page has it.
    Either,
}

use Outcome::{Either, Said, Same};

/// A fault: its number and name, how many requests it hits, what happens to each
/// source, and what it comes to.
struct Case {
    name: &'static str,
    times: usize,
    kind: [Kind; 4],
    outcome: [Outcome; 4],
}

fn every(name: &'static str, times: usize, kind: &Kind, outcome: Outcome) -> Case {
    Case {
        name,
        times,
        kind: [kind.clone(), kind.clone(), kind.clone(), kind.clone()],
        outcome: [outcome; 4],
    }
}

fn status(code: u16) -> Kind {
    Kind::Status(code, "{}".to_owned())
}

fn text(text: &str) -> Kind {
    Kind::Text(text.to_owned())
}

/// What is refused for want of a permission, in the words of each source.
fn denied() -> [Kind; 4] {
    let says = |body: serde_json::Value| Kind::Status(403, body.to_string());
    [
        says(json!({"error": {"code": "Authorization_RequestDenied", "message": "no"}})),
        says(json!({"message": "Resource not accessible by integration"})),
        says(json!({"__type": "AccessDeniedException", "Message": "no"})),
        says(json!({"statusCode": 403, "error": "Forbidden", "errorCode": "insufficient_scope"})),
    ]
}

/// Answers with status 200 that hold an error.
fn errors() -> [Kind; 4] {
    [
        text(r#"{"error":{"code":"UnknownError","message":"something"}}"#),
        text(
            r#"{"data":{"organization":null},"errors":[{"type":"INTERNAL","message":"Something went wrong"}]}"#,
        ),
        text(r#"{"__type":"InternalServerException","Message":"something"}"#),
        text(r#"{"statusCode":500,"error":"Internal Server Error"}"#),
    ]
}

/// A change of the first record, at the key of each source.
fn first(change: impl Fn(&'static str) -> Change) -> [Kind; 4] {
    LISTS.map(|(_, _, key)| Kind::Records(change(key)))
}

fn cases() -> Vec<Case> {
    const EVER: usize = usize::MAX;
    let elsewhere = |code| Kind::Redirect(code, "http://127.0.0.1:9/elsewhere".to_owned());
    let mut all = vec![
        every("3 silence", 1, &Kind::Silence, Same),
        every("3 for ever", EVER, &Kind::Silence, Said),
        every("10 a byte at a time", 1, &Kind::Drip, Same),
        every("8 reset within the head", 1, &Kind::ResetInHead, Same),
        every("9 reset within the body", 1, &Kind::ResetInBody, Same),
        every("11 slices", 1, &Kind::Slices, Same),
        every("12 half of the length", 1, &Kind::HalfOfLength, Same),
        every("13 half with its length", 1, &Kind::HalfWithLength, Same),
        every("14 bad chunk", 1, &Kind::BadChunk, Same),
        every("15 half of a packed body", 1, &Kind::HalfGzip, Same),
        every("8 for ever", EVER, &Kind::ResetInHead, Said),
        every("9 for ever", EVER, &Kind::ResetInBody, Said),
        every("12 for ever", EVER, &Kind::HalfOfLength, Said),
        every("13 for ever", EVER, &Kind::HalfWithLength, Said),
        every("14 for ever", EVER, &Kind::BadChunk, Said),
        every("15 for ever", EVER, &Kind::HalfGzip, Said),
        every("16 bomb", EVER, &Kind::Bomb(64 << 20), Said),
        every("17 much out of little", EVER, &Kind::Bomb(8 << 20), Said),
        every("18 400", EVER, &status(400), Said),
        // The keys of AWS that the environment gives cannot be renewed.
        Case {
            outcome: [Same, Same, Said, Same],
            ..every("19 token that ended", 1, &Kind::Expired, Same)
        },
        every("19 for ever", EVER, &Kind::Expired, Said),
        Case {
            name: "20 403",
            times: EVER,
            kind: denied(),
            outcome: [Said; 4],
        },
        every("21 404", EVER, &status(404), Said),
        every("22 408", 1, &status(408), Same),
        every("23 410", EVER, &status(410), Said),
        every("24 429 with seconds", 1, &Kind::Wait(429, 1), Same),
        every("25 429 with a date", 1, &Kind::WaitUntil(429, 1), Same),
        every("26 429 without", 1, &status(429), Same),
        every("26 for ever", EVER, &status(429), Said),
        every("27 403 that asks to wait", 1, &Kind::Wait(403, 1), Same),
        every("28 empty bucket", 1, &Kind::Empty(429, 1), Same),
        every("29 500", 1, &status(500), Same),
        every("29 for ever", EVER, &status(500), Said),
        every(
            "30 502",
            1,
            &Kind::Status(502, "<html>Bad Gateway</html>".to_owned()),
            Same,
        ),
        every("30 503", 1, &Kind::Wait(503, 1), Same),
        every("30 504", 1, &Kind::Status(504, String::new()), Same),
        Case {
            name: "31 an error with 200",
            times: EVER,
            kind: errors(),
            outcome: [Said; 4],
        },
    ];
    for code in [301, 302, 307] {
        all.push(every(
            "32 redirect to itself",
            EVER,
            &Kind::Redirect(code, "/".to_owned()),
            Said,
        ));
        all.push(every("33 redirect elsewhere", EVER, &elsewhere(code), Said));
    }
    let plain = Kind::Redirect(302, "http://graph.microsoft.com/v1.0/users".to_owned());
    let loops = [
        "{base}/v1.0/users?$top=999&again",
        "again",
        "token-0",
        "again",
    ];
    let foreign = "https://evil.example/v1.0/users?$skiptoken=1";
    all.extend([
        every("34 redirect to http", EVER, &plain, Said),
        every(
            "35 a sign-in page",
            EVER,
            &text("<html>Sign in</html>"),
            Said,
        ),
        every("36 no JSON", EVER, &text("{\"value\": ["), Said),
        every("37 deep nesting", EVER, &text(&"[".repeat(100_000)), Said),
        every(
            "38 another type",
            EVER,
            &text("{\"value\": 42, \"data\": 42, \"Users\": 42}"),
            Said,
        ),
        Case {
            name: "38 an id of another type",
            times: EVER,
            kind: first(|key| Change::To(key, json!({"not": "text"}))),
            outcome: [Said; 4],
        },
        Case {
            name: "39 an unknown field",
            times: EVER,
            kind: first(|_| Change::To("surprise", json!([{"deep": null}]))),
            outcome: [Same; 4],
        },
        Case {
            name: "40 no id",
            times: EVER,
            kind: first(Change::Without),
            outcome: [Said; 4],
        },
        every("41 a null record", EVER, &Kind::Records(Change::Null), Said),
        // Auth0 counts its clients: one that is there twice may be taken for all.
        Case {
            outcome: [Same, Same, Same, Either],
            ..every(
                "42 a record twice",
                EVER,
                &Kind::Records(Change::Twice),
                Same,
            )
        },
        // The clients of Auth0 come by the number of the page.
        Case {
            outcome: [Same, Same, Same, Said],
            ..every(
                "43 an empty page",
                1,
                &Kind::Hollow("{base}".to_owned()),
                Same,
            )
        },
        Case {
            name: "44 a link that repeats",
            times: EVER,
            kind: loops.map(|link| Kind::Next(link.to_owned())),
            outcome: [Said, Said, Said, Same],
        },
        Case {
            name: "45 a link elsewhere",
            times: EVER,
            kind: [foreign, foreign, foreign, foreign].map(|l| Kind::Next(l.to_owned())),
            outcome: [Said, Said, Said, Same],
        },
        // Graph and Identity Center count nothing, and their answers are as if the
        // record had never been there: the next snapshot has it.
        Case {
            kind: [
                Kind::Slices,
                Kind::Records(Change::Lost),
                Kind::Slices,
                Kind::Records(Change::Lost),
            ],
            outcome: [Same, Said, Same, Said],
            ..every("46 a record that went", 1, &Kind::Slices, Said)
        },
        Case {
            name: "47 NUL in an id",
            times: EVER,
            kind: first(|key| Change::To(key, json!("a\u{0}b"))),
            outcome: [Said; 4],
        },
        // What nobody asked for is skipped by AWS's client, whatever it holds.
        Case {
            outcome: [Said, Said, Same, Said],
            ..every(
                "47 a lone surrogate",
                EVER,
                &Kind::Replace("{".to_owned(), "{\"x\":\"\\ud800\",".to_owned()),
                Said,
            )
        },
        every("48 clocks apart", EVER, &Kind::Days(400), Said),
    ]);
    all
}

fn place(faults: Vec<countersign::estate::serve::Fault>) -> Place {
    let mut behaviour = behaviour(faults);
    behaviour.pages = PAGES.into();
    Place::new(behaviour)
}

#[derive(Clone, Copy)]
enum Position {
    First,
    Middle,
    Last,
}

/// Cases that are looked at side by side: some only wait.
const SIDE_BY_SIDE: usize = 3;

type Rows = BTreeMap<&'static str, Vec<String>>;

fn at(position: Position) {
    let clean = place(Vec::new());
    let sealed = clean.collect();
    let expected = rows(&clean.store(), &sealed.id);
    for (_, name, _) in LISTS {
        let entry = table(&sealed, name);
        assert_eq!(entry.state, State::Complete, "{name}: {:?}", entry.reasons);
    }
    let seen = clean.seen();
    let after = LISTS.map(|(call, _, _)| {
        let named = |s: &&Seen| format!("{} GET {}", s.service, s.operation).contains(call);
        let hit = |s: &&Seen| named(s) || call.ends_with(&s.operation);
        let pages = seen.iter().filter(hit).count();
        assert!(pages >= 2, "{call} has {pages} pages");
        match position {
            Position::First => 0,
            Position::Middle => pages / 2,
            Position::Last => pages - 1,
        }
    });
    let left = Mutex::new(cases().into_iter());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let case = left.lock().expect("a queue").next();
                    let Some(case) = case else { return };
                    let found = look(&case, after, &expected);
                    wrong.lock().expect("a list").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("a list");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is not as it should be when every list has this fault at its place.
fn look(case: &Case, after: [usize; 4], expected: &Rows) -> Vec<String> {
    let mut wrong = Vec::new();
    let hits = LISTS.iter().zip(after).zip(&case.kind);
    let faults =
        hits.map(|(((call, _, _), after), kind)| fault(call, after, case.times, kind.clone()));
    let place = place(faults.collect());
    let sealed = place.collect();
    let found = rows(&place.store(), &sealed.id);
    for ((_, name, _), outcome) in LISTS.iter().zip(case.outcome) {
        let entry = table(&sealed, name);
        let complete = entry.state == State::Complete;
        let same = complete && found[name] == expected[name];
        let said = !complete && !entry.reasons.is_empty();
        let right = match outcome {
            Same => same,
            Said => said,
            Either => same || said,
        };
        if !right {
            wrong.push(format!(
                "{}: {name} is {}, {} of {} rows, {outcome:?} expected: {:?}",
                case.name,
                entry.state.name(),
                found[name].len(),
                expected[name].len(),
                entry.reasons
            ));
        }
    }
    // Whatever else the fault reached says so as well. A row that names what
    // was not read is there all the same, under the id that it names.
    for entry in &sealed.manifest.tables {
        let name = entry.table.as_str();
        let counts = found
            .get(name)
            .map(|rows| (rows.len(), expected[name].len()));
        if let Some((n, of)) = counts
            && entry.state == State::Complete
            && n != of
        {
            wrong.push(format!("{}: {name} is silent: {n} of {of} rows", case.name));
        }
    }
    for canary in CANARIES {
        assert!(!holds(place.dir.path(), canary), "{}: {canary}", case.name);
    }
    wrong
}

#[test]
fn nothing_is_silent_at_the_first_page() {
    at(Position::First);
}

#[test]
fn nothing_is_silent_at_a_middle_page() {
    at(Position::Middle);
}

#[test]
fn nothing_is_silent_at_the_last_page() {
    at(Position::Last);
}

/// Faults 1 and 2: there is no such place, or nobody listens there.
#[test]
fn a_place_that_is_not_there_fails_its_source() {
    for (endpoint, part) in [
        ("http://127.0.0.1:9", "nobody listens there"),
        ("https://no-such-host.invalid", "not known to the resolver"),
    ] {
        let place = place(Vec::new());
        let mut config = place.config();
        for source in ["entra", "github", "auth0"] {
            let path = if source == "entra" { "/v1.0" } else { "" };
            config
                .sources
                .entry(source.to_owned())
                .or_default()
                .endpoint = Some(format!("{endpoint}{path}"));
        }
        let mut live = place.live();
        let host = endpoint.split_once("//").expect("an address").1;
        for (name, value) in [
            ("GH_ENTERPRISE_TOKEN", CANARIES[1]),
            ("COUNTERSIGN_ENTRA_HOST", host),
            ("COUNTERSIGN_GITHUB_HOST", host),
            ("COUNTERSIGN_AUTH0_HOST", host),
            ("AWS_ENDPOINT_URL", endpoint),
        ] {
            live.env.insert(name.to_owned(), value.to_owned());
        }
        if let Some(aws) = &mut live.aws {
            endpoint.clone_into(&mut aws.endpoint);
        }
        let sealed = place
            .try_collect(&live, &config)
            .expect("sealed all the same");
        for (_, name, _) in LISTS {
            let entry = table(&sealed, name);
            let why = entry.reasons.join(" ");
            assert_eq!(entry.state, State::Failed, "{endpoint}: {name}: {why}");
            // AWS's client has words of its own; a resolver may also be silent.
            let other = why.contains("connect") || why.contains("no answer in time");
            assert!(other || why.contains(part), "{name}: {why}");
            assert_eq!(entry.rows, 0, "{endpoint}: {name}");
        }
        for canary in CANARIES {
            assert!(!holds(place.dir.path(), canary), "{endpoint}: {canary}");
        }
    }
}

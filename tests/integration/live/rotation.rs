//! A permission that is missing makes the rotation card say UNKNOWN, name the
//! table and the permission; with all of them it says GO.

use std::process::Command;

use chrono::TimeDelta;
use countersign::dataset::coverage::State;
use countersign::estate::serve::{Fault, Kind};
use countersign::estate::{Estate, Rotation};

use crate::live::place::{Place, as_of, behaviour, fault, table};

const SYNC: &str = "entra/aws-sync-provisioning";
const BROKER: &str = "entra/aws-broker-sign-in";

fn refused(on: &str, status: u16) -> Fault {
    let body = match status {
        400 => "{\"__type\":\"AccessDenied\"}",
        _ => {
            "{\"error\":{\"code\":\"Authorization_RequestDenied\",\"message\":\"Insufficient privileges\"}}"
        }
    };
    fault(on, 0, usize::MAX, Kind::Status(status, body.to_owned()))
}

/// The exit code and what was printed.
fn ask(secret: &str, faults: Vec<Fault>, denied: Option<&str>) -> (Option<i32>, String) {
    let estate = Estate::rotating(Rotation::Settled, 1, as_of(), TimeDelta::zero());
    let place = Place::of(estate, behaviour(faults));
    let sealed = place.collect();
    if let Some(name) = denied {
        assert_eq!(table(&sealed, name).state, State::Denied, "{name}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .current_dir(place.dir.path())
        .env_clear()
        .args([
            "--data",
            "data",
            "report",
            "pre-rotation",
            "--secret",
            secret,
        ])
        .args(["--snapshot", &sealed.id, "--baseline", "none"])
        .args(["--format", "json", "--out", "out"])
        .output()
        .expect("the program runs");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code(), said)
}

#[test]
fn with_every_permission_it_is_go() {
    let (code, said) = ask(SYNC, Vec::new(), None);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn without_one_it_is_unknown_and_says_which() {
    for (secret, fault, name, permission) in [
        (
            SYNC,
            refused("Secrets Manager.ListSecrets", 400),
            "aws_secret",
            "secretsmanager:ListSecrets",
        ),
        (
            SYNC,
            refused("ListSecretVersionIds", 400),
            "aws_secret_version",
            "secretsmanager:ListSecretVersionIds",
        ),
        (
            SYNC,
            refused("LookupEvents", 400),
            "cloudtrail_event",
            "cloudtrail:LookupEvents",
        ),
        (
            SYNC,
            refused("/v1.0/applications", 403),
            "entra_application",
            "Application.Read.All",
        ),
        (
            BROKER,
            refused("/api/v2/logs", 403),
            "auth0_log_event",
            "read:logs",
        ),
    ] {
        let (code, said) = ask(secret, vec![fault], Some(name));
        assert_eq!(code, Some(2), "{name}: {said}");
        assert!(said.contains(name), "{name}: {said}");
        assert!(
            said.replace(['\n', ' '], "").contains(permission),
            "{permission}: {said}"
        );
    }
}

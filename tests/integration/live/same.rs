//! What is collected live is what the exports of the same estate hold, with no
//! more calls than the plan, and no trace of a credential.

use std::collections::BTreeMap;

use countersign::collect::{self, Origin, Request};
use countersign::config::Config;
use countersign::dataset::coverage::State;
use countersign::dataset::store::Store;

use crate::live::place::{CANARIES, Place, behaviour, estate, holds, rows, table};

#[test]
fn live_and_imported_tables_are_the_same_row_for_row() {
    let place = Place::with(Vec::new());
    let sealed = place.collect();
    for entry in &sealed.manifest.tables {
        let expected = if entry.table == "github_deploy_key" {
            State::Skipped
        } else {
            State::Complete
        };
        assert_eq!(
            entry.state, expected,
            "{}: {:?}",
            entry.table, entry.reasons
        );
    }
    let exports = place.dir.path().join("exports");
    estate().write_exports(&exports).expect("exports");
    let file = place.dir.path().join("countersign.toml");
    let config = Config::load(&file, std::iter::empty()).expect("a configuration");
    let store = Store::new(place.dir.path().join("imported"));
    let imported = collect::snapshot(Request {
        origin: Origin::Files(&exports),
        as_of: None,
        sources: &[],
        config: &config,
        store: &store,
        progress: &|_| {},
        observe: &mut |_| {},
    })
    .expect("sealed");
    let (live, files) = (rows(&place.store(), &sealed.id), rows(&store, &imported.id));
    for (name, rows) in &files {
        assert_eq!(live[name].len(), rows.len(), "{name}");
        for (a, b) in live[name].iter().zip(rows) {
            assert_eq!(a, b, "{name}");
        }
    }
    assert!(files["identity_center_membership"].len() > 300);
}

#[test]
fn without_delta_queries_batches_give_the_same() {
    let delta = Place::with(Vec::new());
    let batch = Place::new(countersign::estate::serve::Behaviour {
        delta: false,
        ..behaviour(Vec::new())
    });
    let (a, b) = (delta.collect(), batch.collect());
    let (a, b) = (rows(&delta.store(), &a.id), rows(&batch.store(), &b.id));
    assert_eq!(a["entra_group_member"], b["entra_group_member"]);
    assert_eq!(a["entra_group_owner"], b["entra_group_owner"]);
    assert!(batch.seen().iter().any(|s| s.operation == "POST /$batch"));
}

#[test]
fn the_rows_do_not_depend_on_the_order_of_answers() {
    let one = Place::with(Vec::new());
    let two = Place::with(Vec::new());
    let (a, b) = (one.collect(), two.collect());
    assert_eq!(rows(&one.store(), &a.id), rows(&two.store(), &b.id));
}

#[test]
fn nothing_but_reads_is_sent_and_the_ledger_counts_it() {
    let place = Place::with(Vec::new());
    let sealed = place.collect();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for request in place.seen() {
        *seen.entry(request.service.to_owned()).or_default() += 1;
        let plain = request.operation.starts_with("GET ")
            || request.operation.starts_with("query ")
            || matches!(
                request.operation.as_str(),
                "POST /oauth2/v2.0/token" | "POST /oauth/token" | "POST /$batch"
            )
            || (request.service == "aws"
                && countersign::collect::wire::operations::of_aws()
                    .any(|o| format!("{}.{}", o.service, o.name) == request.operation));
        assert!(plain, "{}", request.operation);
        // A permission set without a boundary is told so by an error.
        let expected = request.status == 200
            || request
                .operation
                .ends_with("GetPermissionsBoundaryForPermissionSet");
        assert!(expected, "{} {}", request.operation, request.status);
    }
    let sent: u64 = sealed.manifest.requests.iter().map(|r| r.requests).sum();
    assert_eq!(sent, seen.values().sum::<u64>());
    assert_eq!(
        sealed
            .manifest
            .requests
            .iter()
            .map(|r| r.retries)
            .sum::<u64>(),
        0
    );
    for entry in &sealed.manifest.sources {
        assert!(!entry.identity.is_empty(), "{}", entry.source);
    }
}

#[test]
fn no_credential_reaches_a_file() {
    let place = Place::with(Vec::new());
    place.collect();
    for canary in CANARIES {
        assert!(!holds(place.dir.path(), canary), "{canary}");
    }
    // The pages went with the run.
    let staging = place.dir.path().join("data/.staging");
    assert!(std::fs::read_dir(staging).is_ok_and(|mut d| d.next().is_none()));
}

#[test]
fn missing_credentials_fail_their_source_alone() {
    let place = Place::with(Vec::new());
    let mut live = place.live();
    live.env.remove("GH_TOKEN");
    let sealed = place.try_collect(&live, &place.config()).expect("sealed");
    let team = table(&sealed, "github_team");
    assert_eq!(team.state, State::Failed);
    assert!(
        team.reasons.join(" ").contains("GH_TOKEN"),
        "{:?}",
        team.reasons
    );
    assert_eq!(table(&sealed, "entra_user").state, State::Complete);
    assert_eq!(table(&sealed, "account_assignment").state, State::Complete);
}

//! The credentials that hold the chain together, healthy: registered, young,
//! and owned. Beside them what must not be taken for a fault.

use super::model::{Application, Credential, Model, Registered, Secret};

/// Document that states the usual period.
pub(super) const RUNBOOK: &str = "runbook-rotation";
/// Another document, which may state a laxer one for the same secret.
pub(super) const STANDARD: &str = "security-standard";

pub(super) fn healthy(model: &mut Model) {
    for n in 1..=6 {
        let name = format!("identity/job-{n}");
        let age = 10 + 5 * n;
        secret(model, &name, age);
        register(model, "secretsmanager", &name, Some(90), RUNBOOK);
    }
    application(model, "aws-sync-provisioning", &[(30, 60)]);
    application(model, "aws-broker-sign-in", &[(20, 65)]);
    register(model, "entra", "aws-sync-provisioning", Some(90), RUNBOOK);
    // Two documents agree.
    register(model, "entra", "aws-broker-sign-in", Some(90), STANDARD);
    register(model, "entra", "aws-broker-sign-in", Some(90), RUNBOOK);
    for n in 0..20 {
        // Not watched and very old: nobody's concern here.
        secret(model, &format!("service/setting-{n}"), 900);
        application(model, &format!("internal-tool-{n}"), &[(500, -20)]);
    }
    model
        .github_secrets
        .push(("SYNC_APP_KEY".to_owned(), model.days_ago(25)));
    register(model, "github", "example-org/SYNC_APP_KEY", None, RUNBOOK);
    model.auth0_clients.push("aws-sign-in".to_owned());
    // It never ends, so that a document must say how old it may become.
    register(model, "auth0", "aws-sign-in", Some(365), RUNBOOK);
    // Owned by an AWS service, which rotates it.
    secret(model, "identity/rds-managed", 400);
    // A copy in another Region of a secret that is judged at home.
    secret(model, "identity/job-1-replica", 400);
    // Deleted: no credential any more.
    secret(model, "identity/retired", 800);
    for s in &mut model.secrets {
        match s.name.as_str() {
            "identity/rds-managed" => s.owning_service = Some("rds"),
            "identity/job-1-replica" => s.replica = true,
            "identity/retired" => s.deleted = true,
            _ => {}
        }
    }
}

/// A secret whose value is `age` days old. Its tags were edited yesterday, and
/// AWS has never rotated it: neither date tells the age.
pub(super) fn secret(model: &mut Model, name: &str, age: i64) {
    let secret = Secret {
        name: name.to_owned(),
        created: model.days_ago(1000),
        changed: model.days_ago(1),
        rotated: None,
        current: model.days_ago(age),
        deleted: false,
        owning_service: None,
        replica: false,
        read: Some(model.days_ago(1)),
        description: None,
        rotation: None,
    };
    model.secrets.push(secret);
}

/// An application with credentials of an age, and days until their end.
pub(super) fn application(model: &mut Model, name: &str, credentials: &[(i64, i64)]) {
    let credentials = credentials
        .iter()
        .enumerate()
        .map(|(n, (age, left))| Credential {
            key: model.id("key", &format!("{name}/{n}")),
            certificate: n % 2 == 1,
            start: model.days_ago(*age),
            end: model.days_ago(-left),
            leaked: false,
        })
        .collect();
    let application = Application {
        id: model.id("application", name),
        name: name.to_owned(),
        owners: vec![0, 1],
        credentials,
    };
    model.applications.push(application);
}

pub(super) fn register(
    model: &mut Model,
    store: &'static str,
    name: &str,
    days: Option<i64>,
    document: &'static str,
) {
    model.registered.push(Registered {
        store,
        name: name.to_owned(),
        days,
        document,
        consumer: "sync job".to_owned(),
    });
}

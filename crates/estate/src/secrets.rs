//! The credentials that hold the chain together, healthy: registered, young,
//! and owned. Beside them what must not be taken for a fault.

use chrono::TimeDelta;

use crate::model::{Application, Credential, Model, Registered, Secret, TrailEvent};
use crate::names::HUB;

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
    application(model, "aws-sync-provisioning", &[(25, 65)]);
    application(model, "aws-broker-sign-in", &[(20, 65)]);
    register(model, "entra", "aws-sync-provisioning", Some(90), RUNBOOK);
    // Two documents agree.
    register(model, "entra", "aws-broker-sign-in", Some(90), STANDARD);
    register(model, "entra", "aws-broker-sign-in", Some(90), RUNBOOK);
    chains(model);
    for n in 0..20 {
        // Not watched and very old: nobody's concern here.
        secret(model, &format!("service/setting-{n}"), 900);
        application(model, &format!("internal-tool-{n}"), &[(500, -20)]);
    }
    model
        .github_secrets
        .push(("SYNC_APP_KEY".to_owned(), model.days_ago(25)));
    register(model, "github", "example-org/SYNC_APP_KEY", None, RUNBOOK);
    consumed_by(model, "example-org/SYNC_APP_KEY", "sync/github");
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

/// The function that the sync from Entra runs as.
pub(super) const SYNC_FUNCTION: &str = "entra-sync-function";
/// The secrets that the credentials of the sync and of the broker are stored in.
pub(super) const SYNC_SECRET: &str = "identity/sync-provisioning";
pub(super) const BROKER_SECRET: &str = "identity/broker-sign-in";

/// Two whole chains: the credential of the sync is stored for a function, that of
/// the broker for a connection. Stored and deployed within the hour.
fn chains(model: &mut Model) {
    for (application, name, age) in [
        ("aws-sync-provisioning", SYNC_SECRET, 25),
        ("aws-broker-sign-in", BROKER_SECRET, 20),
    ] {
        rekey(model, application);
        secret(model, name, age);
        if let Some(stored) = model.secrets.last_mut() {
            stored.current += TimeDelta::minutes(10);
        }
        consumed_by(model, application, &format!("secretsmanager/{HUB}/{name}"));
    }
    register(model, "secretsmanager", BROKER_SECRET, Some(90), RUNBOOK);
    consumed_by(model, BROKER_SECRET, "connection/entra");
    register(model, "secretsmanager", SYNC_SECRET, Some(90), RUNBOOK);
    consumed_by(model, SYNC_SECRET, SYNC_FUNCTION);
    register(model, "secretsmanager", SYNC_SECRET, Some(90), STANDARD);
    if let Some(row) = model.registered.last_mut() {
        "sync/entra".clone_into(&mut row.consumer);
    }
    let at = model.days_ago(25) + TimeDelta::minutes(25);
    deployed(model, SYNC_FUNCTION, at);
}

/// A credential that was issued at another moment is another one: in the month
/// before, its predecessor was there.
fn rekey(model: &mut Model, application: &str) {
    let issued: Vec<_> = model
        .applications
        .iter()
        .filter(|a| a.name == application)
        .flat_map(|a| a.credentials.iter().map(|c| c.start))
        .collect();
    let keys: Vec<_> = issued
        .iter()
        .map(|at| model.id("key", &format!("{application}/{at}")))
        .collect();
    for a in model
        .applications
        .iter_mut()
        .filter(|a| a.name == application)
    {
        for (credential, key) in a.credentials.iter_mut().zip(&keys) {
            credential.key = *key;
        }
    }
}

/// Moves everything of the two chains to later.
pub(super) fn later(model: &mut Model, by: TimeDelta) {
    let chained = |name: &str| name == SYNC_SECRET || name == BROKER_SECRET;
    for secret in model.secrets.iter_mut().filter(|s| chained(&s.name)) {
        secret.current += by;
        secret.changed += by;
    }
    let issuing = |name: &str| name == "aws-sync-provisioning" || name == "aws-broker-sign-in";
    for application in model.applications.iter_mut().filter(|a| issuing(&a.name)) {
        for credential in &mut application.credentials {
            credential.start += by;
            credential.end += by;
        }
    }
    for application in ["aws-sync-provisioning", "aws-broker-sign-in"] {
        rekey(model, application);
    }
    for event in model
        .trail
        .iter_mut()
        .filter(|e| e.resource == SYNC_FUNCTION)
    {
        event.at += by;
    }
}

/// A function is deployed.
pub(super) fn deployed(model: &mut Model, function: &str, at: chrono::DateTime<chrono::Utc>) {
    model.trail.push(TrailEvent {
        at,
        source: "lambda.amazonaws.com",
        name: "UpdateFunctionConfiguration20150331v2",
        resource: function.to_owned(),
        actor: None,
        parameters: Vec::new(),
    });
}

/// Says in the register what uses a credential.
pub(super) fn consumed_by(model: &mut Model, name: &str, consumer: &str) {
    for row in model.registered.iter_mut().filter(|r| r.name == name) {
        consumer.clone_into(&mut row.consumer);
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

//! The rows of each CSV register.

use chrono::{DateTime, Utc};

use super::table::Table;
use crate::config::fault::{show, suggest};
use crate::dataset::writer::Cell;
use crate::fold::fold;
use crate::time::Bound;

#[derive(Debug)]
pub(super) struct Approval {
    pub file: String,
    pub line: i64,
    pub group: Option<String>,
    pub group_id: Option<String>,
    requester: Option<String>,
    approver: Option<String>,
    ticket: Option<String>,
    at: Option<DateTime<Utc>>,
    pub from: Option<DateTime<Utc>>,
    expires: Option<DateTime<Utc>>,
    accounts: Option<String>,
    permission_sets: Option<String>,
}

impl Approval {
    pub(super) fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Int(self.line),
            Cell::text(self.group.clone()),
            Cell::folded(self.group.as_deref()),
            Cell::text(self.group_id.clone()),
            Cell::folded(self.group_id.as_deref()),
            Cell::text(self.requester.clone()),
            Cell::folded(self.requester.as_deref()),
            Cell::text(self.approver.clone()),
            Cell::folded(self.approver.as_deref()),
            Cell::text(self.ticket.clone()),
            Cell::time(self.at),
            Cell::time(self.from),
            Cell::time(self.expires),
            Cell::text(self.accounts.clone()),
            Cell::text(self.permission_sets.clone()),
            Cell::text(self.accounts.as_deref().and_then(folded_list)),
            Cell::text(self.permission_sets.as_deref().and_then(folded_list)),
        ]
    }
}

/// The items of a list, each folded; none when the list holds nothing.
fn folded_list(list: &str) -> Option<String> {
    let items: Vec<String> = list
        .split(';')
        .map(fold)
        .filter(|item| !item.is_empty())
        .collect();
    (!items.is_empty()).then(|| items.join(";"))
}

pub(super) fn approvals(table: &mut Table<'_>) -> Vec<Approval> {
    let file = table.file();
    table.each(
        &[
            "group",
            "group_id",
            "requester",
            "approver",
            "ticket",
            "approved_at",
            "expires_at",
            "accounts",
            "permission_sets",
        ],
        &["approved_at"],
        |row, faults| {
            let text = |name: &str| row.get(name).map(str::to_owned);
            if row.get("group").is_none() && row.get("group_id").is_none() {
                faults.add(
                    row,
                    "group",
                    "neither `group` nor `group_id` is given".to_owned(),
                    "name the group that was approved",
                );
                return None;
            }
            Some(Approval {
                file: file.clone(),
                line: row.line,
                group: text("group"),
                group_id: text("group_id"),
                requester: row.address("requester"),
                approver: row.address("approver"),
                ticket: text("ticket"),
                at: faults.time(row, "approved_at", Bound::End),
                from: row
                    .get("approved_at")
                    .and_then(|t| crate::time::parse_date_or_time(t, Bound::Start)),
                expires: faults.time(row, "expires_at", Bound::End),
                accounts: faults.accounts(row, "accounts"),
                permission_sets: text("permission_sets"),
            })
        },
    )
}

#[derive(Debug)]
pub(super) struct Secret {
    line: i64,
    store: String,
    account: Option<String>,
    name: String,
    owner: Option<String>,
    consumer: Option<String>,
    days: Option<i64>,
    document: Option<String>,
}

const STORES: [&str; 5] = ["secretsmanager", "entra", "github", "auth0", "iam"];

impl Secret {
    pub(super) fn cells(&self) -> Vec<Cell> {
        let registered = match &self.account {
            Some(account) => format!("{}/{account}/{}", self.store, self.name),
            None => format!("{}/{}", self.store, self.name),
        };
        let place = match (self.store.as_str(), &self.account) {
            (_, Some(account)) => account,
            ("github", None) => self.name.rsplit_once('/').map_or("", |(place, _)| place),
            _ => "",
        };
        vec![
            Cell::Int(self.line),
            Cell::Text(self.store.clone()),
            Cell::text(self.account.clone()),
            Cell::Text(self.name.clone()),
            Cell::Text(registered.clone()),
            Cell::folded(Some(&registered)),
            Cell::text(self.owner.clone()),
            Cell::text(self.consumer.clone()),
            Cell::folded(self.consumer.as_deref()),
            Cell::int(self.days),
            Cell::text(self.document.clone()),
            Cell::Text(place.to_owned()),
            Cell::folded(Some(place)),
        ]
    }
}

pub(super) fn secrets(table: &mut Table<'_>) -> Vec<Secret> {
    table.each(
        &["store", "account_id", "name", "owner", "consumer", "rotation_days", "document"],
        &["store", "name"],
        |row, faults| {
            let text = |name: &str| row.get(name).map(str::to_owned);
            let store = faults.required(row, "store")?.to_lowercase();
            let name = faults.required(row, "name")?;
            if !STORES.contains(&store.as_str()) {
                let hint = suggest(&store, &STORES, "stores");
                faults.add(row, "store", format!("`store` is {}, which is none", show(&store)), &hint);
                return None;
            }
            let aws = matches!(store.as_str(), "secretsmanager" | "iam");
            let account = if aws {
                faults.required(row, "account_id")?;
                Some(faults.account_id(row, "account_id")?)
            } else {
                text("account_id")
            };
            let days = match row.get("rotation_days") {
                None => None,
                Some(text) => match text.parse::<i64>() {
                    Ok(days) if (1..=3660).contains(&days) => Some(days),
                    _ => {
                        faults.add(row, "rotation_days", format!("`rotation_days` is {}, which is no number of days between 1 and 3660", show(text)), "write a whole number, or leave it empty");
                        None
                    }
                },
            };
            // GitHub's names begin with the organisation or the repository, which
            // people also write where an account goes.
            let owner_of = account.clone().filter(|o| store == "github" && !name.starts_with(&format!("{o}/")));
            let name = owner_of.map_or(name.clone(), |owner| format!("{owner}/{name}"));
            Some(Secret {
                line: row.line,
                store,
                account: account.filter(|_| aws),
                name,
                owner: row.address("owner"),
                consumer: text("consumer"),
                days,
                document: text("document"),
            })
        },
    )
}

#[derive(Debug)]
pub(super) struct Identity {
    line: i64,
    login: String,
    principal: String,
    confirmed_by: Option<String>,
    expires: Option<DateTime<Utc>>,
}

impl Identity {
    pub(super) fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Int(self.line),
            Cell::Text(self.login.clone()),
            Cell::folded(Some(&self.login)),
            Cell::Text(self.principal.clone()),
            Cell::folded(Some(&self.principal)),
            Cell::text(self.confirmed_by.clone()),
            Cell::time(self.expires),
        ]
    }
}

pub(super) fn identities(table: &mut Table<'_>) -> Vec<Identity> {
    table.each(
        &[
            "github_login",
            "user_principal_name",
            "confirmed_by",
            "expires_at",
        ],
        &["github_login", "user_principal_name"],
        |row, faults| {
            Some(Identity {
                line: row.line,
                login: faults.login(row, "github_login")?,
                principal: {
                    faults.required(row, "user_principal_name")?;
                    row.address("user_principal_name")?
                },
                confirmed_by: row.address("confirmed_by"),
                expires: faults.time(row, "expires_at", Bound::End),
            })
        },
    )
}

#[derive(Debug)]
pub(super) struct SyncRun {
    pub file: String,
    pub line: i64,
    pub sync: String,
    finished: Option<DateTime<Utc>>,
    result: Option<String>,
}

impl SyncRun {
    pub(super) fn cells(&self) -> Vec<Cell> {
        let word = self.result.as_deref().map(fold);
        let succeeded = match word.as_deref() {
            Some(
                "success"
                | "succeeded"
                | "successful"
                | "ok"
                | "complete"
                | "completed"
                | "pass"
                | "passed"
                | "true"
                | "200"
                | "sync process completed"
                | "sync process completed.",
            ) => Some(true),
            Some(
                "fail" | "failed" | "failure" | "error" | "errored" | "timeout" | "timed out"
                | "cancelled" | "canceled" | "false" | "500" | "partial",
            ) => Some(false),
            _ => None,
        };
        vec![
            Cell::Int(self.line),
            Cell::Text(self.sync.clone()),
            Cell::folded(Some(&self.sync)),
            Cell::time(self.finished),
            Cell::text(self.result.clone()),
            Cell::flag(succeeded),
        ]
    }
}

pub(super) fn sync_runs(table: &mut Table<'_>) -> Vec<SyncRun> {
    let file = table.file();
    table.each(
        &["sync", "finished_at", "result"],
        &["sync", "finished_at", "result"],
        |row, faults| {
            Some(SyncRun {
                file: file.clone(),
                line: row.line,
                sync: faults.required(row, "sync")?,
                finished: faults.time(row, "finished_at", Bound::Start),
                result: row.get("result").map(str::to_owned),
            })
        },
    )
}

#[derive(Debug)]
pub(super) struct Declared {
    pub file: String,
    pub line: i64,
    pub account: String,
    pub permission_set: String,
    pub group: Option<String>,
    pub source: Option<String>,
}

pub(super) fn declared(table: &mut Table<'_>) -> Vec<Declared> {
    let file = table.file();
    table.each(
        &["account", "permission_set", "group", "source"],
        &["account", "permission_set", "group"],
        |row, faults| {
            Some(Declared {
                file: file.clone(),
                line: row.line,
                account: {
                    faults.required(row, "account")?;
                    faults.accounts(row, "account")?
                },
                permission_set: faults.required(row, "permission_set")?,
                group: row.get("group").map(str::to_owned),
                source: row.get("source").map(str::to_owned),
            })
        },
    )
}

pub(super) fn levels(table: &mut Table<'_>) -> Vec<(String, String)> {
    let mut seen: Vec<String> = Vec::new();
    table.each(
        &["level", "permission_set"],
        &["level", "permission_set"],
        |row, faults| {
            let level = faults.required(row, "level")?;
            if seen.contains(&fold(&level)) {
                faults.add(
                    row,
                    "level",
                    format!("the level `{level}` is there twice"),
                    "remove one of the rows",
                );
                return None;
            }
            seen.push(fold(&level));
            Some((level, faults.required(row, "permission_set")?))
        },
    )
}

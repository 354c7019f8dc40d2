//! IAM: the credential reports of accounts, and when their roles were last used.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_iam::types::{EntityType, ReportStateType};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::cursor::{Cursor, SIDE_BY_SIDE, append, page};
use super::places::{Place, visit};
use super::{Clients, Context, Lost, moment};
use crate::collect::fetch::spool::Pages;
use crate::collect::wire::clock::sleep;
use crate::collect::wire::http::CallError;
use crate::collect::wire::operations::{CREDENTIAL_REPORT, GENERATE_REPORT, ROLE_DETAILS};
use crate::dataset::coverage::State;
use crate::dataset::manifest::rfc3339;
use crate::dataset::schema::Source;

const KEYS: &str = "aws_access_key";
const ROLES: &str = "aws_role_last_used";
const ROLE_PAGE: i32 = 1000;
/// How often an unfinished report is asked for: over a minute in all.
const TRIES: i32 = 36;
/// A report is made anew once the last one is this old.
const RENEWED: TimeDelta = TimeDelta::hours(4);

/// What was read of all accounts, and what was not.
#[derive(Default)]
struct Read {
    reports: u64,
    pages: u64,
    lost: Vec<(&'static str, Lost)>,
}

/// Reports and roles of every account, which are the same in every Region.
pub(super) async fn collect(context: &Context<'_>, home: &Clients) {
    let read = Mutex::new(Read::default());
    let all = &read;
    visit(
        context,
        home,
        Source::Iam,
        SIDE_BY_SIDE,
        |place: Place| async move {
            let (clients, account) = (&place.clients, place.account.as_str());
            let report = report(context, clients, account).await;
            let mut pages = 0;
            let roles = roles(context, clients, account, &mut pages).await;
            let mut read = all.lock().unwrap_or_else(PoisonError::into_inner);
            read.reports += u64::from(report.is_ok());
            read.pages += pages;
            read.lost.extend(report.err().map(|lost| (KEYS, lost)));
            read.lost.extend(roles.err().map(|lost| (ROLES, lost)));
        },
    )
    .await;
    let mut read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
    read.lost
        .sort_by(|a, b| (a.0, &a.1.error.message).cmp(&(b.0, &b.1.error.message)));
    for (table, lost) in read.lost {
        let others = if table == KEYS {
            read.reports
        } else {
            read.pages
        };
        lost.costs(context, &[table], others);
    }
}

/// Waits a quarter of a second for a small account, longer for what takes long.
fn pause(attempt: i32, pace: f64) -> Duration {
    Duration::from_secs_f64((0.25 * 1.5_f64.powi(attempt.min(5))).min(2.0) / pace)
}

async fn report(context: &Context<'_>, clients: &Clients, account: &str) -> Result<(), Lost> {
    for attempt in 0.. {
        clients.plan(GENERATE_REPORT);
        let request = clients.iam().generate_credential_report();
        let answer = clients.call(GENERATE_REPORT, request.send()).await?;
        if answer.state() == Some(&ReportStateType::Complete) {
            break;
        }
        if attempt >= TRIES {
            return Err(Lost::odd(
                GENERATE_REPORT,
                format!("the credential report of {account} was not finished in time"),
            ));
        }
        sleep(pause(attempt, context.pace())).await;
    }
    clients.plan(CREDENTIAL_REPORT);
    let request = clients.iam().get_credential_report();
    let answer = clients.call(CREDENTIAL_REPORT, request.send()).await?;
    let content = answer.content().map(|b| b.as_ref().to_vec());
    let text = String::from_utf8(content.unwrap_or_default()).map_err(|_| {
        Lost::odd(
            CREDENTIAL_REPORT,
            format!("the credential report of {account} is no text"),
        )
    })?;
    let made = answer
        .generated_time()
        .and_then(|t| DateTime::from_timestamp(t.secs(), 0));
    if let Some(reason) = stale(account, made, context.as_of) {
        context.spool.fault(&[KEYS], State::Partial, &reason, None);
    }
    let file = format!("aws/iam-credential-report/{account}.csv");
    let kept = context.spool.file(&file, KEYS).and_then(|mut out| {
        out.text(&text)?;
        context.page(KEYS);
        out.finish()
    });
    kept.map_err(|e: CallError| Lost::at(CREDENTIAL_REPORT, e))
}

/// Why a report is too old to stand for the moment of the snapshot.
fn stale(account: &str, made: Option<DateTime<Utc>>, as_of: DateTime<Utc>) -> Option<String> {
    match made {
        Some(made) if as_of - made <= RENEWED => None,
        Some(made) => Some(format!(
            "The credential report of {account} is of {}, more than four hours before the snapshot: keys that were made or used since are not in it.",
            rfc3339(made)
        )),
        None => Some(format!(
            "The credential report of {account} does not say when it was made."
        )),
    }
}

/// Roles with their last use; nothing of their policies is kept.
async fn roles(
    context: &Context<'_>,
    clients: &Clients,
    account: &str,
    pages: &mut u64,
) -> Result<(), Lost> {
    let file = format!("aws/iam-roles/{account}.json");
    let mut out = None;
    let mut cursor = Cursor::default();
    loop {
        clients.plan(ROLE_DETAILS);
        let request = clients
            .iam()
            .get_account_authorization_details()
            .filter(EntityType::Role)
            .max_items(ROLE_PAGE)
            .set_marker(cursor.token());
        let answer = clients.call(ROLE_DETAILS, request.send()).await?;
        let marker = answer.marker().filter(|_| answer.is_truncated());
        if answer.is_truncated() && marker.is_none() {
            return Err(Lost::odd(
                ROLE_DETAILS,
                format!("the roles of {account} go on and do not say where"),
            ));
        }
        let further = cursor.further(ROLE_DETAILS, marker)?;
        let items = answer
            .role_detail_list()
            .iter()
            .map(|r| {
                json!({
                    "RoleName": r.role_name(),
                    "Arn": r.arn(),
                    "CreateDate": moment(r.create_date()),
                    "RoleLastUsed": {"LastUsedDate": moment(r.role_last_used().and_then(|u| u.last_used_date()))},
                })
            })
            .collect();
        append(
            context,
            &mut out,
            &file,
            ROLES,
            page("RoleDetailList", items, false),
        )
        .map_err(|e| Lost::at(ROLE_DETAILS, e))?;
        *pages += 1;
        if !further {
            return out
                .map_or(Ok(()), Pages::finish)
                .map_err(|e| Lost::at(ROLE_DETAILS, e));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::TimeDelta;

    use super::{TRIES, pause, stale};

    #[test]
    fn a_report_of_four_hours_is_as_new_as_they_get() {
        let now = chrono::DateTime::UNIX_EPOCH;
        let of = |minutes: i64| stale("1", Some(now - TimeDelta::minutes(minutes)), now);
        assert_eq!(of(240), None);
        assert_eq!(of(-5), None);
        assert!(of(241).is_some());
        assert!(stale("1", None, now).is_some());
    }

    #[test]
    fn a_report_is_waited_for_shortly_at_first() {
        assert_eq!(pause(0, 1.0), Duration::from_millis(250));
        let all: Duration = (0..TRIES).map(|n| pause(n, 1.0)).sum();
        assert!(all > Duration::from_mins(1), "{all:?}");
    }
}

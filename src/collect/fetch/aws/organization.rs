//! Organizations: the accounts, with their state and path.

use serde_json::json;

use super::cursor::{Cursor, append, page, walk};
use super::{Clients, Context, moment};
use crate::collect::fetch::spool::Pages;
use crate::collect::wire::http::CallError;
use crate::collect::wire::operations::ACCOUNTS;

const ACCOUNT_PAGE: i32 = 20;

/// The accounts of the organisation.
pub(super) async fn accounts(context: &Context<'_>, clients: &Clients) {
    let mut cursor = Cursor::default();
    let walked = async {
        let mut out = None;
        let request = clients
            .organizations()
            .list_accounts()
            .max_results(ACCOUNT_PAGE);
        walk!(clients, ACCOUNTS, cursor, request, |answer, further| {
            let items = answer
                .accounts()
                .iter()
                .map(|a| {
                    // State replaced Status, which older services still send alone.
                    let status = a
                        .status()
                        .map(aws_sdk_organizations::types::AccountStatus::as_str);
                    let state = a
                        .state()
                        .map(aws_sdk_organizations::types::AccountState::as_str);
                    json!({
                        "Id": a.id(),
                        "Name": a.name(),
                        "Email": a.email(),
                        "State": state.or(status),
                        "Paths": a.paths(),
                        "JoinedTimestamp": moment(a.joined_timestamp()),
                    })
                })
                .collect();
            append(
                context,
                &mut out,
                "aws/organizations-accounts.json",
                "aws_account",
                page("Accounts", items, further),
            )?;
        });
        out.map_or(Ok(()), Pages::finish)
    };
    let done: Result<(), CallError> = walked.await;
    if let Err(error) = done {
        context.spool.failed(ACCOUNTS, &error, cursor.pages);
    }
}

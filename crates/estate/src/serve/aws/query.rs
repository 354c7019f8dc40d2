//! The query protocol: forms in, XML out, for STS and IAM.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::build::stamp;
use crate::names::HUB;
use crate::serve::desk::Desk;
use crate::serve::wire::{Answer, Asked, form_value};
use crate::write::aws as shape;

fn xml(status: u16, body: String) -> Answer {
    Answer {
        status,
        headers: vec![("content-type".to_owned(), "text/xml".to_owned())],
        body: body.into_bytes(),
    }
}

fn error(status: u16, code: &str, text: &str) -> Answer {
    xml(
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
        ),
    )
}

fn wrapped(space: &str, action: &str, result: &str) -> Answer {
    xml(
        200,
        format!(
            "<{action}Response xmlns=\"{space}\"><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{action}Response>"
        ),
    )
}

const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const IAM: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

pub(super) fn answer(desk: &Desk, asked: &Asked, caller: Option<&str>) -> (String, Answer) {
    let form = String::from_utf8_lossy(&asked.body).into_owned();
    let action = form_value(&form, "Action").unwrap_or_default();
    let service = if matches!(action.as_str(), "GetCallerIdentity" | "AssumeRole") {
        "STS"
    } else {
        "IAM"
    };
    let operation = format!("{service}.{action}");
    let Some(account) = caller else {
        return (
            operation,
            error(
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            ),
        );
    };
    let answer = match action.as_str() {
        "GetCallerIdentity" => {
            let arn = format!("arn:aws:sts::{account}:assumed-role/countersign/simulated");
            let result = format!(
                "<Arn>{arn}</Arn><UserId>AROASIMULATED:simulated</UserId><Account>{account}</Account>"
            );
            wrapped(STS, &action, &result)
        }
        "AssumeRole" => assume(desk, &form),
        "GenerateCredentialReport" => wrapped(IAM, &action, "<State>COMPLETE</State>"),
        "GetCredentialReport" => {
            let report = STANDARD.encode(shape::credential_report(&desk.model, account));
            let at = stamp(desk.model.as_of);
            let result = format!(
                "<Content>{report}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>{at}</GeneratedTime>"
            );
            wrapped(IAM, &action, &result)
        }
        "GetAccountAuthorizationDetails" => roles(desk, &form, account),
        _ => error(400, "InvalidAction", "not simulated"),
    };
    (operation, answer)
}

/// Keys of an account; what may be done with them is the business of the policy.
fn assume(desk: &Desk, form: &str) -> Answer {
    let role = form_value(form, "RoleArn").unwrap_or_default();
    let account = role.split(':').nth(4).unwrap_or_default();
    let known = account == HUB || desk.model.accounts.iter().any(|a| a.id == account);
    if !known || form_value(form, "Policy").is_none() {
        return error(
            403,
            "AccessDenied",
            "User is not authorized to perform: sts:AssumeRole",
        );
    }
    let ends = stamp(desk.time() + chrono::TimeDelta::hours(1));
    let result = format!(
        "<AssumedRoleUser><Arn>{role}/countersign</Arn><AssumedRoleId>AROASIMULATED:countersign</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>simulated</SecretAccessKey><SessionToken>simulated</SessionToken><Expiration>{ends}</Expiration></Credentials>"
    );
    wrapped(STS, "AssumeRole", &result)
}

/// Roles of an account, in pages, with the day of their last use.
fn roles(desk: &Desk, form: &str, account: &str) -> Answer {
    const PAGE: usize = 20;
    let all = shape::roles(&desk.model, account);
    let from = form_value(form, "Marker")
        .and_then(|m| m.parse::<usize>().ok())
        .unwrap_or(0)
        .min(all.len());
    let end = (from + PAGE).min(all.len());
    let member = |role: &shape::Role| {
        let used = role.used.map_or_else(String::new, |at| {
            format!(
                "<LastUsedDate>{}</LastUsedDate><Region>{}</Region>",
                stamp(at),
                crate::names::REGION
            )
        });
        format!(
            "<member><Path>{}</Path><RoleName>{}</RoleName><RoleId>AROASIMULATED</RoleId><Arn>arn:aws:iam::{account}:role{}{}</Arn><CreateDate>{}</CreateDate><RoleLastUsed>{used}</RoleLastUsed></member>",
            role.path,
            role.name,
            role.path,
            role.name,
            stamp(role.created)
        )
    };
    let members: String = all[from..end].iter().map(member).collect();
    let rest = if end < all.len() {
        format!("<IsTruncated>true</IsTruncated><Marker>{end}</Marker>")
    } else {
        "<IsTruncated>false</IsTruncated>".to_owned()
    };
    let result = format!("<RoleDetailList>{members}</RoleDetailList>{rest}");
    wrapped(IAM, "GetAccountAuthorizationDetails", &result)
}

//! Secrets Manager: what there is and when it changed, never a value.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::cursor::{Cursor, PAGE, SIDE_BY_SIDE, append, page, walk};
use super::places::{Place, visit};
use super::{Clients, Context, Lost, moment};
use crate::collect::fetch::spool::Pages;
use crate::collect::import::aws::secret::watch;
use crate::collect::wire::operations::{SECRET_VERSIONS, SECRETS};
use crate::dataset::schema::Source;
use crate::glob::Glob;

/// A secret whose versions are asked for.
struct Wanted {
    arn: String,
    name: String,
}

pub(super) async fn collect(context: &Context<'_>, home: &Clients) {
    let watch = watch(&context.config.secret.watch);
    let watch = &watch;
    let source = Source::SecretsManager;
    visit(
        context,
        home,
        source,
        SIDE_BY_SIDE,
        |place: Place| async move {
            for region in &place.regions {
                let clients = place.clients.within(region);
                read(context, &clients, &place.account, region, watch).await;
            }
        },
    )
    .await;
}

/// One account and Region.
async fn read(context: &Context<'_>, clients: &Clients, account: &str, region: &str, watch: &Glob) {
    let file = format!("aws/secrets/{account}/{region}.json");
    let mut cursor = Cursor::default();
    let mut wanted = Vec::new();
    let walked = async {
        let mut out = None;
        let request = clients
            .secretsmanager()
            .list_secrets()
            .include_planned_deletion(true)
            .max_results(PAGE);
        walk!(clients, SECRETS, cursor, request, |answer, further| {
            let mut items = Vec::new();
            for s in answer.secret_list() {
                let name = s.name().unwrap_or_default();
                let replica = s.primary_region().is_some_and(|p| p != region);
                let counts = !replica && s.deleted_date().is_none() && s.owning_service().is_none();
                if let Some(arn) = s.arn().filter(|_| {
                    counts && watch.is_match(format!("secretsmanager/{account}/{name}"))
                }) {
                    wanted.push(Wanted {
                        arn: arn.to_owned(),
                        name: name.to_owned(),
                    });
                }
                items.push(json!({
                    "ARN": s.arn(),
                    "Name": s.name(),
                    "Description": s.description(),
                    "CreatedDate": moment(s.created_date()),
                    "LastChangedDate": moment(s.last_changed_date()),
                    "LastRotatedDate": moment(s.last_rotated_date()),
                    "LastAccessedDate": moment(s.last_accessed_date()),
                    "NextRotationDate": moment(s.next_rotation_date()),
                    "DeletedDate": moment(s.deleted_date()),
                    "RotationEnabled": s.rotation_enabled(),
                    "RotationRules": s.rotation_rules().map(|r| json!({"AutomaticallyAfterDays": r.automatically_after_days()})),
                    "OwningService": s.owning_service(),
                    "PrimaryRegion": s.primary_region(),
                }));
            }
            append(
                context,
                &mut out,
                &file,
                "aws_secret",
                page("SecretList", items, further),
            )
            .map_err(|e| Lost::at(SECRETS, e))?;
        });
        out.map_or(Ok(()), Pages::finish)
            .map_err(|e| Lost::at(SECRETS, e))
    };
    let done: Result<(), Lost> = walked.await;
    if let Err(lost) = done {
        // The versions of what was not listed were not asked for.
        lost.costs(context, SECRETS.tables, cursor.pages);
        lost.costs(context, SECRET_VERSIONS.tables, cursor.pages);
        if cursor.pages == 0 {
            return;
        }
    }
    let read: Vec<Result<Vec<Value>, Lost>> = stream::iter(wanted)
        .map(|secret| versions(context, clients, secret))
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    let all = read.len();
    let (mut documents, mut lost) = (Vec::new(), Vec::new());
    for answer in read {
        match answer {
            Ok(found) => documents.extend(found),
            Err(error) => lost.push(error),
        }
    }
    if let Some(first) = lost.first() {
        first.costs_some(
            context,
            SECRET_VERSIONS.tables,
            (lost.len(), all),
            "lists of versions",
        );
    }
    let file = format!("aws/secret-versions/{account}/{region}.json");
    let written = context
        .spool
        .file(&file, "aws_secret_version")
        .and_then(|mut out| {
            // A place without a secret to date was read all the same.
            if documents.is_empty() {
                out.put(json!([]))?;
            }
            for document in documents {
                out.put(document)?;
            }
            out.finish()
        });
    if let Err(error) = written {
        context.spool.failed(SECRET_VERSIONS, &error, 0);
    }
}

/// The versions of one secret: when each was made and which is current.
async fn versions(
    context: &Context<'_>,
    clients: &Clients,
    secret: Wanted,
) -> Result<Vec<Value>, Lost> {
    let mut documents = Vec::new();
    let mut cursor = Cursor::default();
    let request = clients
        .secretsmanager()
        .list_secret_version_ids()
        .secret_id(&secret.arn)
        .max_results(PAGE);
    walk!(
        clients,
        SECRET_VERSIONS,
        cursor,
        request,
        |answer, further| {
            let items = answer
                .versions()
                .iter()
                .map(|v| {
                    json!({
                        "VersionId": v.version_id(),
                        "VersionStages": v.version_stages(),
                        "CreatedDate": moment(v.created_date()),
                        "LastAccessedDate": moment(v.last_accessed_date()),
                    })
                })
                .collect();
            let mut document = page("Versions", items, further);
            document["ARN"] = json!(secret.arn);
            document["Name"] = json!(secret.name);
            documents.push(document);
            context.page("aws_secret_version");
        }
    );
    Ok(documents)
}

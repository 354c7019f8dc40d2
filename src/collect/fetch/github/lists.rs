//! What REST lists: page after page, as the links of the answers say.

use chrono::TimeDelta;

use super::Collector;
use crate::collect::fetch::spool::{Pages, keep, plain_id};
use crate::collect::wire::http::{CallError, Walked};
use crate::collect::wire::operations::{
    AUDIT_LOG, COLLABORATORS, DEPLOY_KEYS, INSTALLATIONS, ORGANISATION_SECRETS, Operation,
    REPOSITORY_SECRETS, TOKENS,
};
use crate::dataset::coverage::State;
use crate::dataset::schema::Source;

/// How far back the audit log is read.
const KEPT: TimeDelta = TimeDelta::days(90);

/// A REST list: what is asked, and where its pages go.
struct Listed<'a> {
    operation: &'static Operation,
    path: String,
    query: Vec<(&'a str, &'a str)>,
    file: String,
    table: &'static str,
    /// Key of the list in a page; none when the page is the list.
    key: Option<&'static str>,
    fields: &'static [&'static str],
}

impl Collector<'_> {
    pub(super) async fn by_rest(&self) {
        let org = self.organisation;
        let since = (self.context.as_of - KEPT).format("%Y-%m-%d");
        let phrase = format!("action:team created:>={since}");
        let hundred = vec![("per_page", "100")];
        let mut lists = vec![
            Listed {
                operation: ORGANISATION_SECRETS,
                path: format!("orgs/{org}/actions/secrets"),
                query: hundred.clone(),
                file: "github/org-secrets.json".to_owned(),
                table: "github_secret",
                key: Some("secrets"),
                fields: &["name", "visibility", "created_at", "updated_at"],
            },
            Listed {
                operation: TOKENS,
                path: format!("orgs/{org}/personal-access-tokens"),
                query: hundred.clone(),
                file: "github/personal-access-tokens.json".to_owned(),
                table: "github_token",
                key: None,
                fields: &[
                    "id",
                    "token_id",
                    "token_name",
                    "owner",
                    "access_granted_at",
                    "token_expires_at",
                    "token_last_used_at",
                    "token_expired",
                ],
            },
            Listed {
                operation: INSTALLATIONS,
                path: format!("orgs/{org}/installations"),
                query: hundred.clone(),
                file: "github/installations.json".to_owned(),
                table: "github_app_installation",
                key: Some("installations"),
                fields: &[
                    "id",
                    "app_slug",
                    "repository_selection",
                    "created_at",
                    "suspended_at",
                ],
            },
            Listed {
                operation: COLLABORATORS,
                path: format!("orgs/{org}/outside_collaborators"),
                query: hundred.clone(),
                file: "github/outside-collaborators.json".to_owned(),
                table: "github_outside_collaborator",
                key: None,
                fields: &["login"],
            },
            Listed {
                operation: AUDIT_LOG,
                path: format!("orgs/{org}/audit-log"),
                query: vec![("phrase", &phrase), ("include", "web"), ("per_page", "100")],
                file: "github/audit-log.json".to_owned(),
                table: "github_audit_event",
                key: None,
                fields: &[
                    "_document_id",
                    "action",
                    "@timestamp",
                    "created_at",
                    "actor",
                    "user",
                    "team",
                ],
            },
        ];
        let repositories = self
            .context
            .config
            .sources
            .get("github")
            .map(|s| s.repositories.clone());
        for name in repositories.unwrap_or_default() {
            let Some((owner, repository)) = repository_of(org, &name) else {
                let reason = format!(
                    "{} is no name of a repository.",
                    crate::collect::words::shown(&name)
                );
                let tables = ["github_secret", "github_deploy_key"];
                self.context
                    .spool
                    .fault(&tables, State::Partial, &reason, None);
                continue;
            };
            lists.push(Listed {
                operation: REPOSITORY_SECRETS,
                path: format!("repos/{owner}/{repository}/actions/secrets"),
                query: hundred.clone(),
                file: format!("github/repo-secrets/{owner}/{repository}.json"),
                table: "github_secret",
                key: Some("secrets"),
                fields: &["name", "created_at", "updated_at"],
            });
            lists.push(Listed {
                operation: DEPLOY_KEYS,
                path: format!("repos/{owner}/{repository}/keys"),
                query: hundred.clone(),
                file: format!("github/deploy-keys/{owner}/{repository}.json"),
                table: "github_deploy_key",
                key: None,
                fields: &["id", "title", "created_at", "read_only", "last_used"],
            });
        }
        // GitHub asks for one call after the other.
        for list in lists {
            if self.context.skips(list.operation) {
                continue;
            }
            let mut pages = 0;
            if let Err(error) = self.list(&list, &mut pages).await {
                self.context.spool.failed(list.operation, &error, pages);
            }
        }
    }

    async fn list(&self, list: &Listed<'_>, pages: &mut u64) -> Result<(), CallError> {
        let mut link: Option<String> = None;
        let mut walked = Walked::default();
        let mut out = None;
        loop {
            self.context.plan(Source::GitHub, 1);
            let answer = match &link {
                None => {
                    self.transport
                        .get(list.operation, &list.path, &list.query, 1.0)
                        .await?
                }
                Some(link) => self.transport.follow(list.operation, link, 1.0).await?,
            };
            let further = answer.further(list.operation.name);
            let mut json = answer.json;
            let records = match list.key {
                None => Some(&mut json),
                Some(key) => json.get_mut(key),
            };
            let Some(records) = records.filter(|r| r.is_array()) else {
                return Err(CallError::failed(format!(
                    "{} holds no list",
                    list.operation.name
                )));
            };
            keep(records, list.fields);
            let out = match &mut out {
                Some(out) => out,
                none => none.insert(self.context.spool.file(&list.file, list.table)?),
            };
            out.put(json)?;
            *pages += 1;
            self.context.page(list.table);
            // What did arrive is kept, whatever its headers say.
            let Some(next) = further? else { break };
            walked.on(list.operation.name, &next)?;
            link = Some(next);
        }
        out.map_or(Ok(()), Pages::finish)
    }
}

/// Owner and name of a repository, as the configuration gives them: both become
/// part of addresses and of names of files.
pub(in crate::collect::fetch) fn repository_of<'a>(
    organisation: &'a str,
    name: &'a str,
) -> Option<(&'a str, &'a str)> {
    const LONGEST: usize = 100;
    let (owner, repository) = name.split_once('/').unwrap_or((organisation, name));
    let plain = !repository.is_empty()
        && repository.len() <= LONGEST
        && !matches!(repository, "." | "..")
        && repository
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    (plain && plain_id(owner)).then_some((owner, repository))
}

#[cfg(test)]
mod tests {
    use super::repository_of;

    #[test]
    fn names_of_repositories_are_those_of_github() {
        assert_eq!(repository_of("org", "site"), Some(("org", "site")));
        assert_eq!(
            repository_of("org", "other/a.b-c_d"),
            Some(("other", "a.b-c_d"))
        );
        assert_eq!(repository_of("org", ".github"), Some(("org", ".github")));
        for bad in [
            "", ".", "..", "org/..", "a/b/c", "a b", "../x", "org/", "/x", "a%2fb",
        ] {
            assert_eq!(repository_of("org", bad), None, "{bad}");
        }
    }
}

//! What the caller can see of an organisation. GitHub shows public members and
//! teams to everybody, secret teams to their members and to owners, and nothing
//! of it as an error: a part would look like the whole.

use serde_json::{Map, Value};

use crate::collect::wire::http::Transport;
use crate::collect::wire::operations::{IDENTITIES, MEMBERS, Operation, TEAMS};
use crate::dataset::coverage::State;

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::collect::fetch) struct Viewer {
    /// An owner of the organisation.
    owner: bool,
    /// A member of it.
    member: bool,
    /// An app that was granted reading its members.
    app: bool,
}

/// Why an answer is not the whole, and which tables that costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::collect::fetch) struct Short {
    pub tables: &'static [&'static str],
    pub state: State,
    pub reason: &'static str,
}

const TEAM_TABLES: &[&str] = &["github_team", "github_team_member", "github_team_ancestor"];
const STRANGER: &str = "The credential is of nobody in the organisation and sees its public part alone: use one of an organisation owner or a GitHub App.";
const MEMBER: &str = "Secret teams are hidden from members of the organisation who are not in them: use the credential of an organisation owner or a GitHub App.";
const NO_PROVIDER: &str = "The organisation has no SAML identity provider of its own: none is configured, or it is that of the enterprise.";
const PROVIDER_HIDDEN: &str = "GitHub shows no SAML identity provider, and shows one to an organisation owner or a GitHub App alone: whether there is one cannot be told.";

impl Viewer {
    /// Who an answer was for; what it does not say is not so.
    pub(in crate::collect::fetch) async fn of(page: &Value, graphql: &Transport) -> Self {
        let app = graphql.grants("members").await == Some(true);
        Self::read(page, app)
    }

    fn read(page: &Value, app: bool) -> Self {
        let organisation = page.pointer("/data/organization");
        let is = |key: &str| organisation.and_then(|o| o.get(key)) == Some(&Value::Bool(true));
        Self {
            owner: is("viewerCanAdminister"),
            member: is("viewerIsAMember"),
            app,
        }
    }

    /// What an answer to an operation lacks because of who asked.
    pub(in crate::collect::fetch) fn short_of(
        self,
        operation: &Operation,
        page: &Value,
    ) -> Option<Short> {
        let short = |tables, state, reason| {
            Some(Short {
                tables,
                state,
                reason,
            })
        };
        let whole = self.owner || self.app;
        if operation == IDENTITIES {
            let organisation = page
                .pointer("/data/organization")
                .and_then(Value::as_object);
            let null =
                |o: &Map<String, Value>| o.get("samlIdentityProvider").is_some_and(Value::is_null);
            return match organisation {
                Some(o) if null(o) && whole => {
                    short(IDENTITIES.tables, State::Skipped, NO_PROVIDER)
                }
                Some(o) if null(o) => short(IDENTITIES.tables, State::Denied, PROVIDER_HIDDEN),
                _ => None,
            };
        }
        if whole {
            None
        } else if operation == TEAMS {
            let reason = if self.member { MEMBER } else { STRANGER };
            short(TEAM_TABLES, State::Partial, reason)
        } else if operation == MEMBERS && !self.member {
            short(MEMBERS.tables, State::Partial, STRANGER)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Short, Viewer};
    use crate::collect::wire::operations::{IDENTITIES, MEMBERS, Operation, TEAMS};
    use crate::dataset::coverage::State;

    fn seen(operation: &Operation, who: (bool, bool, bool), provider: &Value) -> Option<State> {
        let (owner, member, app) = who;
        let page = json!({"data": {"organization": {
            "viewerCanAdminister": owner,
            "viewerIsAMember": member,
            "samlIdentityProvider": provider,
        }}});
        let short = Viewer::read(&page, app).short_of(operation, &page);
        short.map(|s: Short| s.state)
    }

    #[test]
    fn who_sees_a_part_is_told_so() {
        let (owner, member, stranger) = (
            (true, true, false),
            (false, true, false),
            (false, false, false),
        );
        let app = (false, false, true);
        let there = json!({"externalIdentities": {}});
        for (operation, who, expected) in [
            (TEAMS, owner, None),
            (TEAMS, app, None),
            (TEAMS, member, Some(State::Partial)),
            (TEAMS, stranger, Some(State::Partial)),
            (MEMBERS, owner, None),
            (MEMBERS, app, None),
            (MEMBERS, member, None),
            (MEMBERS, stranger, Some(State::Partial)),
            (IDENTITIES, stranger, None),
        ] {
            assert_eq!(
                seen(operation, who, &there),
                expected,
                "{} {who:?}",
                operation.name
            );
        }
        for (who, expected) in [
            (owner, State::Skipped),
            (app, State::Skipped),
            (member, State::Denied),
            (stranger, State::Denied),
        ] {
            assert_eq!(
                seen(IDENTITIES, who, &Value::Null),
                Some(expected),
                "{who:?}"
            );
        }
        // An answer that does not say who asked is no answer to an owner.
        let page = json!({"data": {"organization": {}}});
        assert!(Viewer::read(&page, false).short_of(TEAMS, &page).is_some());
    }
}

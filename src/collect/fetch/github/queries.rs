//! The GraphQL documents. Each asks who is asking as well: GitHub leaves out what
//! the caller may not see, without a word.

use std::fmt::Write as _;

/// Teams whose further members are asked for in one query.
pub(super) const TOGETHER: usize = 20;

pub(in crate::collect::fetch) const TEAMS_QUERY: &str =
    "query Teams($organisation: String!, $first: Int!, $after: String) {
  organization(login: $organisation) {
    viewerCanAdminister viewerIsAMember
    teams(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        slug name privacy createdAt
        parentTeam { slug }
        members(first: 100, membership: IMMEDIATE) {
          totalCount
          pageInfo { hasNextPage endCursor }
          edges { role node { login } }
        }
      }
    }
  }
}";
pub(in crate::collect::fetch) const MEMBERS_QUERY: &str =
    "query Members($organisation: String!, $first: Int!, $after: String) {
  organization(login: $organisation) {
    viewerCanAdminister viewerIsAMember
    membersWithRole(first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { role hasTwoFactorEnabled node { login } }
    }
  }
}";
pub(in crate::collect::fetch) const IDENTITIES_QUERY: &str =
    "query Identities($organisation: String!, $first: Int!, $after: String) {
  organization(login: $organisation) {
    viewerCanAdminister viewerIsAMember
    samlIdentityProvider {
      externalIdentities(first: $first, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { user { login } samlIdentity { nameId } }
      }
    }
  }
}";

/// Every GraphQL document that can be sent, with its longest form of the last.
#[must_use]
pub fn documents() -> Vec<String> {
    vec![
        TEAMS_QUERY.to_owned(),
        MEMBERS_QUERY.to_owned(),
        IDENTITIES_QUERY.to_owned(),
        further_members(TOGETHER),
    ]
}

/// The query for the further members of several teams.
pub(super) fn further_members(teams: usize) -> String {
    let mut parameters = String::from("$organisation: String!");
    let mut fields = String::new();
    for n in 0..teams {
        let _ = write!(parameters, ", $s{n}: String!, $a{n}: String");
        let _ = write!(
            fields,
            "\n    t{n}: team(slug: $s{n}) {{ slug members(first: 100, after: $a{n}, membership: IMMEDIATE) {{ totalCount pageInfo {{ hasNextPage endCursor }} edges {{ role node {{ login }} }} }} }}"
        );
    }
    format!(
        "query TeamMembers({parameters}) {{\n  organization(login: $organisation) {{{fields}\n  }}\n}}"
    )
}

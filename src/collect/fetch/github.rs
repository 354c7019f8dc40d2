//! GitHub: teams, members and identities by GraphQL, the rest by REST.

mod connections;
mod lists;
mod queries;
mod sight;

use super::Context;
use crate::collect::wire::http::Transport;
pub(super) use lists::repository_of;
pub use queries::documents;
pub(super) use queries::{IDENTITIES_QUERY, MEMBERS_QUERY, TEAMS_QUERY};
pub(super) use sight::Viewer;

/// Collects every table of the source.
pub(crate) async fn collect(
    context: &Context<'_>,
    transport: &Transport,
    graphql: &Transport,
    organisation: &str,
) {
    let collector = Collector {
        context,
        transport,
        graphql,
        organisation,
    };
    tokio::join!(collector.by_query(), collector.by_rest());
}

struct Collector<'a> {
    context: &'a Context<'a>,
    transport: &'a Transport,
    graphql: &'a Transport,
    organisation: &'a str,
}

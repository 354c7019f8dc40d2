//! Application registrations with their credentials' dates and their owners.

use serde_json::{Value, json};

use super::{Collection, Collector, EDGE_FIELDS, Walk};
use crate::collect::fetch::spool::{keep, plain_id};
use crate::collect::wire::http::CallError;
use crate::collect::wire::operations::{APPLICATION_OWNERS, APPLICATIONS};
use crate::dataset::schema::Source;

/// An expanded list ends here without saying so.
const EXPANDED_AT_MOST: usize = 20;
const APPLICATION_FIELDS: [&str; 6] = [
    "id",
    "appId",
    "displayName",
    "createdDateTime",
    "passwordCredentials",
    "keyCredentials",
];
const CREDENTIAL_FIELDS: [&str; 4] = ["keyId", "displayName", "startDateTime", "endDateTime"];

impl Collector<'_> {
    pub(super) async fn applications(&self) {
        let select = APPLICATION_FIELDS.join(",");
        let collection = Collection {
            operation: APPLICATIONS,
            path: "applications",
            query: vec![
                ("$select", &select),
                ("$expand", "owners($select=id)"),
                ("$top", "999"),
            ],
            units: 2.0,
            file: "entra/applications.json",
            table: "entra_application",
        };
        let mut fields = APPLICATION_FIELDS.to_vec();
        fields.extend(["owners", "owners@odata.nextLink"]);
        let mut walk = Walk::new(&collection);
        let ended = async {
            while let Some(mut list) = self.next(&mut walk).await? {
                keep(&mut list, &fields);
                for application in list.as_array_mut().into_iter().flatten() {
                    for key in ["passwordCredentials", "keyCredentials"] {
                        if let Some(credentials) = application.get_mut(key) {
                            keep(credentials, &CREDENTIAL_FIELDS);
                        }
                    }
                    self.owners(application).await?;
                }
                self.put(&mut walk, &list)?;
            }
            walk.finish()
        };
        let ended: Result<(), CallError> = ended.await;
        self.ended(&collection, &walk, ended);
    }

    /// Reads the owners of an application whose expanded list may be cut off.
    async fn owners(&self, application: &mut Value) -> Result<(), CallError> {
        let Some(owners) = application.get_mut("owners") else {
            return Ok(());
        };
        keep(owners, &EDGE_FIELDS);
        let full = owners.as_array().map_or(0, Vec::len) >= EXPANDED_AT_MOST;
        let id = application
            .get("id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let Some(id) = id.filter(|id| full && plain_id(id)) else {
            return Ok(());
        };
        self.context.plan(Source::Entra, 1);
        let path = format!("applications/{id}/owners");
        let query = [("$select", "id"), ("$top", "999")];
        match self.graph.get(APPLICATION_OWNERS, &path, &query, 1.0).await {
            Ok(answer) => {
                let whole = self.list(answer.json).await?;
                application["owners"] = whole.into_values().collect();
                application["owners@read.whole"] = json!(true);
                if let Some(map) = application.as_object_mut() {
                    map.remove("owners@odata.nextLink");
                }
            }
            // The list stays as it is: the table says that it may be cut off.
            Err(error) => self.context.spool.failed(APPLICATION_OWNERS, &error, 1),
        }
        Ok(())
    }
}

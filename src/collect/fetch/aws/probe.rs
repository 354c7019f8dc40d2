//! The cheapest calls of AWS: those that need an object are tried on the first
//! one that another call named.

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_ssoadmin::types::PrincipalType;

use super::instance::{self, Instance};
use super::{Access, Clients, places};
use crate::collect::fetch::probe::Probe;
use crate::collect::wire::http::CallError;
use crate::collect::wire::operations::{
    ACCOUNTS, APPLICATION_ASSIGNMENTS, ASSIGNMENTS, ASSUME_ROLE, BOUNDARY, CREDENTIAL_REPORT,
    CUSTOMER_POLICIES, DESCRIBE_ORGANIZATION, DESCRIBE_PERMISSION_SET, GENERATE_REPORT,
    IC_APPLICATIONS, IC_GROUPS, IC_MEMBERSHIPS, IC_USERS, INLINE_POLICY, LIST_INSTANCES,
    LIST_PERMISSION_SETS, LOOKUP_EVENTS, MANAGED_POLICIES, Operation, PRINCIPAL_ASSIGNMENTS,
    PROVISIONED_ACCOUNTS, ROLE_DETAILS, SECRET_VERSIONS, SECRETS, of_source,
};
use crate::dataset::schema::Source;

struct Prober<'a> {
    clients: &'a Clients,
    probes: Vec<Probe>,
}

/// Sends one request of a client and notes what came of it.
macro_rules! probe {
    ($self:ident, $operation:expr, $request:expr) => {{
        $self.clients.plan($operation);
        $self.note(
            $operation,
            $self.clients.call($operation, $request.send()).await,
        )
    }};
}

pub(crate) async fn run(access: &Access<'_>, clients: &Clients, wanted: &[Source]) -> Vec<Probe> {
    let mut probes = Vec::new();
    for source in wanted {
        // The roles of other accounts; what they may do there is not tried.
        if let Some(entered) = places::entered(access.config, clients, *source).await {
            probes.push(Probe {
                source: *source,
                tables: places::tables_of(*source),
                ..Probe::of(ASSUME_ROLE, entered)
            });
        }
        let clients = match clients.of_source(access.config, *source) {
            Ok(clients) => clients,
            Err(error) => {
                let of_source = of_source(*source).filter(|o| !o.tables.is_empty());
                probes.extend(of_source.map(|o| Probe::of::<()>(o, Err(error.clone()))));
                continue;
            }
        };
        let mut prober = Prober {
            clients: &clients,
            probes: Vec::new(),
        };
        match source {
            Source::IdentityCenter => prober.identity_center().await,
            Source::SecretsManager => prober.secrets().await,
            Source::Iam => prober.iam().await,
            Source::CloudTrail => prober.trail().await,
            _ => {}
        }
        probes.append(&mut prober.probes);
    }
    probes
}

impl Prober<'_> {
    fn note<T>(
        &mut self,
        operation: &'static Operation,
        result: Result<T, impl Into<CallError>>,
    ) -> Option<T> {
        let (kept, outcome) = match result {
            Ok(value) => (Some(value), Ok(())),
            Err(error) => (None, Err(error.into())),
        };
        self.probes.push(Probe::of(operation, outcome));
        kept
    }

    fn granted(&mut self, operation: &'static Operation) {
        self.probes.push(Probe::of(operation, Ok(())));
    }

    fn untried(&mut self, operation: &'static Operation, why: &str) {
        self.probes.push(Probe::untried(operation, why));
    }

    async fn identity_center(&mut self) {
        let clients = self.clients;
        probe!(
            self,
            ACCOUNTS,
            clients.organizations().list_accounts().max_results(1)
        );
        let instance = self.instance().await;
        let Some(instance) = instance else {
            let rest = [
                IC_USERS,
                IC_GROUPS,
                IC_MEMBERSHIPS,
                LIST_PERMISSION_SETS,
                DESCRIBE_PERMISSION_SET,
                MANAGED_POLICIES,
                CUSTOMER_POLICIES,
                INLINE_POLICY,
                BOUNDARY,
                PROVISIONED_ACCOUNTS,
                ASSIGNMENTS,
                PRINCIPAL_ASSIGNMENTS,
                IC_APPLICATIONS,
                APPLICATION_ASSIGNMENTS,
            ];
            for operation in rest {
                self.untried(
                    operation,
                    "There is no instance of Identity Center to try it on.",
                );
            }
            return;
        };
        let user = self.directory(&instance).await;
        self.permission_sets(&instance, user).await;
        self.applications(&instance).await;
    }

    async fn applications(&mut self, instance: &Instance) {
        let sso = || self.clients.sso();
        let request = sso().list_applications().instance_arn(&instance.arn);
        let found = probe!(self, IC_APPLICATIONS, request.max_results(1));
        let first = found
            .as_ref()
            .and_then(|f| f.applications().first()?.application_arn());
        match first {
            None => self.untried(
                APPLICATION_ASSIGNMENTS,
                "There is no application to try it on.",
            ),
            Some(arn) => {
                let request = sso().list_application_assignments().application_arn(arn);
                probe!(self, APPLICATION_ASSIGNMENTS, request.max_results(1));
            }
        }
    }

    /// The instance that a snapshot would read.
    async fn instance(&mut self) -> Option<Instance> {
        match instance::find(self.clients).await {
            Ok(found) => {
                self.granted(LIST_INSTANCES);
                match found.organisation {
                    None => self.untried(
                        DESCRIBE_ORGANIZATION,
                        "The instance names no owner to compare the management account with.",
                    ),
                    Some(Ok(())) => self.granted(DESCRIBE_ORGANIZATION),
                    // The instance is known all the same, so nothing is missing.
                    Some(Err(error)) => self.untried(DESCRIBE_ORGANIZATION, &error.message),
                }
                Some(found.instance)
            }
            Err(lost) => {
                if lost.operation == DESCRIBE_ORGANIZATION {
                    self.granted(LIST_INSTANCES);
                }
                self.note(lost.operation, Err::<(), _>(lost.error));
                None
            }
        }
    }

    /// Gives a user.
    async fn directory(&mut self, instance: &Instance) -> Option<String> {
        let store = || self.clients.identitystore();
        let users = probe!(
            self,
            IC_USERS,
            store()
                .list_users()
                .identity_store_id(&instance.store)
                .max_results(1)
        );
        let groups = probe!(
            self,
            IC_GROUPS,
            store()
                .list_groups()
                .identity_store_id(&instance.store)
                .max_results(1)
        );
        match groups.as_ref().and_then(|g| g.groups().first()) {
            None => self.untried(IC_MEMBERSHIPS, "There is no group to try it on."),
            Some(group) => {
                let request = store()
                    .list_group_memberships()
                    .identity_store_id(&instance.store)
                    .group_id(group.group_id())
                    .max_results(1);
                probe!(self, IC_MEMBERSHIPS, request);
            }
        }
        let first = users.as_ref().and_then(|u| u.users().first());
        first.map(|u| u.user_id().to_owned())
    }

    async fn permission_sets(&mut self, instance: &Instance, user: Option<String>) {
        let sso = || self.clients.sso();
        match &user {
            None => self.untried(PRINCIPAL_ASSIGNMENTS, "There is no user to try it on."),
            Some(user) => {
                let request = sso()
                    .list_account_assignments_for_principal()
                    .instance_arn(&instance.arn)
                    .principal_id(user)
                    .principal_type(PrincipalType::User)
                    .max_results(1);
                probe!(self, PRINCIPAL_ASSIGNMENTS, request);
            }
        }
        let request = sso()
            .list_permission_sets()
            .instance_arn(&instance.arn)
            .max_results(1);
        let sets = probe!(self, LIST_PERMISSION_SETS, request);
        let Some(set) = sets.and_then(|s| s.permission_sets().first().cloned()) else {
            let rest = [
                DESCRIBE_PERMISSION_SET,
                MANAGED_POLICIES,
                CUSTOMER_POLICIES,
                INLINE_POLICY,
                BOUNDARY,
                PROVISIONED_ACCOUNTS,
                ASSIGNMENTS,
            ];
            for operation in rest {
                self.untried(operation, "There is no permission set to try it on.");
            }
            return;
        };
        let arn = &instance.arn;
        probe!(
            self,
            DESCRIBE_PERMISSION_SET,
            sso()
                .describe_permission_set()
                .instance_arn(arn)
                .permission_set_arn(&set)
        );
        let request = sso()
            .list_managed_policies_in_permission_set()
            .instance_arn(arn)
            .permission_set_arn(&set);
        probe!(self, MANAGED_POLICIES, request.max_results(1));
        let request = sso()
            .list_customer_managed_policy_references_in_permission_set()
            .instance_arn(arn)
            .permission_set_arn(&set);
        probe!(self, CUSTOMER_POLICIES, request.max_results(1));
        let request = sso()
            .get_inline_policy_for_permission_set()
            .instance_arn(arn)
            .permission_set_arn(&set);
        probe!(self, INLINE_POLICY, request);
        let request = sso()
            .get_permissions_boundary_for_permission_set()
            .instance_arn(arn)
            .permission_set_arn(&set);
        self.clients.plan(BOUNDARY);
        let boundary = match self.clients.call(BOUNDARY, request.send()).await {
            // Most have none, which is an error that only who may look is given.
            Err(lost) if lost.nothing_there() => Ok(()),
            other => other.map(drop).map_err(CallError::from),
        };
        self.note(BOUNDARY, boundary);
        let request = sso()
            .list_accounts_for_provisioned_permission_set()
            .instance_arn(arn)
            .permission_set_arn(&set)
            .max_results(1);
        let accounts = probe!(self, PROVISIONED_ACCOUNTS, request);
        match accounts.as_ref().and_then(|a| a.account_ids().first()) {
            None => self.untried(
                ASSIGNMENTS,
                "The first permission set is in no account to try it on.",
            ),
            Some(account) => {
                let request = sso()
                    .list_account_assignments()
                    .instance_arn(arn)
                    .account_id(account)
                    .permission_set_arn(&set)
                    .max_results(1);
                probe!(self, ASSIGNMENTS, request);
            }
        }
    }

    async fn iam(&mut self) {
        let iam = || self.clients.iam();
        probe!(self, GENERATE_REPORT, iam().generate_credential_report());
        let request = iam().get_account_authorization_details().max_items(1);
        probe!(self, ROLE_DETAILS, request);
        self.untried(
            CREDENTIAL_REPORT,
            "The report is only read once it was made.",
        );
    }

    async fn secrets(&mut self) {
        let secrets = || self.clients.secretsmanager();
        let found = probe!(self, SECRETS, secrets().list_secrets().max_results(1));
        match found.as_ref().and_then(|f| f.secret_list().first()?.arn()) {
            None => self.untried(SECRET_VERSIONS, "There is no secret to try it on."),
            Some(arn) => {
                probe!(
                    self,
                    SECRET_VERSIONS,
                    secrets()
                        .list_secret_version_ids()
                        .secret_id(arn)
                        .max_results(1)
                );
            }
        }
    }

    async fn trail(&mut self) {
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value("CreateGroupMembership")
            .build();
        match attribute {
            Err(error) => {
                let error = CallError::failed(error.to_string());
                self.note(LOOKUP_EVENTS, Err::<(), _>(error));
            }
            Ok(attribute) => {
                let request = self
                    .clients
                    .cloudtrail()
                    .lookup_events()
                    .lookup_attributes(attribute)
                    .max_results(1);
                probe!(self, LOOKUP_EVENTS, request);
            }
        }
    }
}

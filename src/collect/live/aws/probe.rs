//! The cheapest calls of AWS: those that need an object are tried on the first
//! one that another call named.

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_ssoadmin::types::PrincipalType;

use super::directory::Instance;
use super::{Access, Clients};
use crate::collect::http::CallError;
use crate::collect::live::probe::Probe;
use crate::collect::operations::{
    ACCOUNTS, ASSIGNMENTS, BOUNDARY, CREDENTIAL_REPORT, CUSTOMER_POLICIES, DESCRIBE_PERMISSION_SET,
    GENERATE_REPORT, IC_GROUPS, IC_MEMBERSHIPS, IC_USERS, INLINE_POLICY, LIST_INSTANCES,
    LIST_PERMISSION_SETS, LOOKUP_EVENTS, MANAGED_POLICIES, Operation, PRINCIPAL_ASSIGNMENTS,
    PROVISIONED_ACCOUNTS, ROLE_DETAILS, SECRET_VERSIONS, SECRETS,
};
use crate::dataset::schema::Source;

struct Prober<'a> {
    access: &'a Access<'a>,
    clients: &'a Clients,
    probes: Vec<Probe>,
}

/// Sends one request of a client and notes what came of it.
macro_rules! probe {
    ($self:ident, $operation:expr, $request:expr) => {{
        $self.access.shared.ledger.plan($operation.source, 1);
        $self.note(
            $operation,
            $self.clients.call($operation, $request.send()).await,
        )
    }};
}

pub(crate) async fn run(access: &Access<'_>, clients: &Clients, wanted: &[Source]) -> Vec<Probe> {
    let mut prober = Prober {
        access,
        clients,
        probes: Vec::new(),
    };
    if wanted.contains(&Source::IdentityCenter) {
        prober.identity_center().await;
    }
    if wanted.contains(&Source::SecretsManager) {
        prober.secrets().await;
    }
    if wanted.contains(&Source::Iam) {
        probe!(
            prober,
            GENERATE_REPORT,
            clients.iam().generate_credential_report()
        );
        probe!(
            prober,
            ROLE_DETAILS,
            clients
                .iam()
                .get_account_authorization_details()
                .max_items(1)
        );
        prober.untried(
            CREDENTIAL_REPORT,
            "The report is only read once it was made.",
        );
    }
    if wanted.contains(&Source::CloudTrail) {
        prober.trail().await;
    }
    prober.probes
}

impl Prober<'_> {
    fn note<T>(
        &mut self,
        operation: &'static Operation,
        result: Result<T, CallError>,
    ) -> Option<T> {
        let (kept, outcome) = match result {
            Ok(value) => (Some(value), Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.probes.push(Probe::of(operation, outcome));
        kept
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
        let found = probe!(self, LIST_INSTANCES, clients.sso().list_instances());
        let instance = found.and_then(|f| {
            let first = f.instances().first()?;
            Some(Instance {
                arn: first.instance_arn()?.to_owned(),
                store: first.identity_store_id()?.to_owned(),
            })
        });
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
        self.access.shared.ledger.plan(BOUNDARY.source, 1);
        let boundary = match self.clients.call(BOUNDARY, request.send()).await {
            // Most have none, which is an error that only who may look is given.
            Err(error) if error.message.contains("ResourceNotFound") => Ok(()),
            other => other.map(drop),
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
                self.note::<()>(LOOKUP_EVENTS, Err(CallError::failed(error.to_string())));
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

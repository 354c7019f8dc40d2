//! Where things are in the model: an answer looks at what it needs and at
//! nothing else, so that a page of a large estate costs as much as one of a small.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Model, Principal};
use crate::names::permission_set_arn;

/// Account id and ARN of a permission set.
pub(super) type Pair = (String, String);

/// Places in the lists of a model.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Users of Entra that are not deleted, and those that are.
    pub live: Vec<usize>,
    pub deleted: Vec<usize>,
    /// Groups of Entra by id.
    pub groups: HashMap<String, usize>,
    /// Applications of Entra by id.
    pub applications: HashMap<String, usize>,
    /// Users of Entra by id.
    pub users: HashMap<String, usize>,
    /// Teams by slug.
    pub teams: HashMap<String, usize>,
    /// Groups of Identity Center by id.
    pub ic_groups: HashMap<String, usize>,
    /// Places of the memberships of each group of Identity Center.
    pub memberships: Vec<Vec<usize>>,
    /// Groups of Identity Center by user.
    pub groups_of_user: HashMap<String, Vec<String>>,
    /// Assignments by account and permission set, of all pairs that are provisioned.
    pub pairs: BTreeMap<Pair, Vec<usize>>,
    /// Assignments by the id of their principal.
    pub principals: HashMap<String, Vec<usize>>,
}

impl Index {
    pub(super) fn of(model: &Model) -> Self {
        let mut index = Self::default();
        for (n, user) in model.users.iter().enumerate() {
            let list = if user.deleted {
                &mut index.deleted
            } else {
                &mut index.live
            };
            list.push(n);
            index.users.insert(user.id.to_string(), n);
        }
        let ids = |n: usize, id: &dyn ToString| (id.to_string(), n);
        index.groups = model
            .groups
            .iter()
            .enumerate()
            .map(|(n, g)| ids(n, &g.id))
            .collect();
        index.applications = model
            .applications
            .iter()
            .enumerate()
            .map(|(n, a)| ids(n, &a.id))
            .collect();
        index.teams = model
            .teams
            .iter()
            .enumerate()
            .map(|(n, t)| ids(n, &t.slug))
            .collect();
        index.ic_groups = model
            .ic_groups
            .iter()
            .enumerate()
            .map(|(n, g)| ids(n, &g.id))
            .collect();
        index.memberships = vec![Vec::new(); model.ic_groups.len()];
        for (n, m) in model.memberships.iter().enumerate() {
            index.memberships[m.group].push(n);
            let user = model.ic_users[m.user].id.to_string();
            let group = model.ic_groups[m.group].id.to_string();
            index.groups_of_user.entry(user).or_default().push(group);
        }
        for (n, a) in model.assignments.iter().enumerate() {
            let pair = (
                model.accounts[a.account].id.clone(),
                permission_set_arn(a.permission_set),
            );
            index.pairs.entry(pair).or_default().push(n);
            let id = match &a.principal {
                Principal::Group(g) => model.ic_groups[*g].id,
                Principal::User(u) => model.ic_users[*u].id,
                Principal::Gone(id) => *id,
            };
            index.principals.entry(id.to_string()).or_default().push(n);
        }
        for (account, set) in &model.left_over {
            let pair = (model.accounts[*account].id.clone(), permission_set_arn(set));
            index.pairs.entry(pair).or_default();
        }
        index
    }
}

//! How far a policy reaches: whether its statements, alone or together, allow
//! everything. It is tried with actions and resources that no list would name
//! one by one, and with those that the policy itself leaves out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::statement::{Bound, Grant, member, one_or_many, read};

/// How far a policy reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::collect::import::aws) enum Reach {
    /// Not everything.
    Less,
    /// Every action of IAM on everything, which gives itself the rest.
    ThroughIam,
    /// Everything but what it names.
    But,
    /// Every action on everything.
    Everything,
    /// One of these under a condition that may not narrow it.
    Conditional,
    /// That cannot be told.
    NotUnderstood,
}

impl Reach {
    /// The word in the table.
    pub(in crate::collect::import::aws) fn name(self) -> &'static str {
        match self {
            Self::Less => "less",
            Self::ThroughIam => "everything through iam",
            Self::But => "everything but",
            Self::Everything => "everything",
            Self::Conditional => "everything under a condition",
            Self::NotUnderstood => "not understood",
        }
    }

    /// Whether it allows every action on everything; `None` when that cannot be told.
    pub(in crate::collect::import::aws) fn everything(self) -> Option<bool> {
        match self {
            Self::Everything => Some(true),
            Self::Less | Self::ThroughIam => Some(false),
            Self::But | Self::Conditional | Self::NotUnderstood => None,
        }
    }
}

/// How far the statements of a policy reach together.
pub(in crate::collect::import::aws) fn reach(policy: &Value) -> Reach {
    let Some(statements) = policy.as_object().and_then(|p| member(p, "Statement")) else {
        return Reach::NotUnderstood;
    };
    let mut grants = Vec::new();
    let mut odd = false;
    for statement in one_or_many(statements) {
        match read(statement) {
            Some(grant) => grants.extend(grant),
            None => odd = true,
        }
    }
    let firm: Vec<&Grant> = grants.iter().filter(|g| g.bound == Bound::Open).collect();
    let sure = together(&firm);
    if sure >= Reach::But || (sure == Reach::ThroughIam && !odd) {
        return sure;
    }
    if odd {
        return Reach::NotUnderstood;
    }
    let open: Vec<&Grant> = grants.iter().filter(|g| g.bound != Bound::Narrow).collect();
    if together(&open) > sure {
        Reach::Conditional
    } else {
        sure
    }
}

/// Rests of names that no policy has in common.
const RESTS: [&str; 2] = ["qjx", "wvk"];

fn actions() -> Vec<String> {
    let letters = || ('a'..='z').flat_map(|c| RESTS.map(|rest| format!("{c}{rest}")));
    // Each letter once at the start of a service, and once at that of an action.
    letters()
        .map(|name| format!("{name}:zqjwv"))
        .chain(letters().map(|name| format!("qjxwv:{name}")))
        .collect()
}

fn resources() -> Vec<String> {
    ('a'..='z')
        .flat_map(|c| {
            RESTS.map(|rest| {
                [
                    format!("arn:aws:{c}{rest}:eu-west-9:111111111111:thing/{rest}"),
                    format!("arn:aws:{rest}:::{c}{rest}"),
                    format!("arn:aws:{rest}::222222222222:{c}{rest}/{rest}"),
                ]
            })
        })
        .flatten()
        .collect()
}

/// What a pattern stands for, as a name.
fn example(pattern: &str) -> String {
    pattern.replace('*', "qjx").replace('?', "q")
}

fn together(grants: &[&Grant]) -> Reach {
    let left_out = |of: fn(&Grant) -> &[String]| -> Vec<String> {
        let all = grants.iter().flat_map(|g| of(g));
        all.map(|p| example(p)).collect()
    };
    let (any_action, any_resource) = (actions(), resources());
    let but_actions = left_out(|g| g.actions.excluded());
    let but_resources = left_out(|g| g.resources.excluded());
    if !covers(grants, &any_action, &any_resource) {
        let iam = ["iam:qjx", "iam:wvk", "iam:attachuserpolicy"].map(str::to_owned);
        let held = ["user/qjx", "role/wvk", "policy/zqj"]
            .map(|name| format!("arn:aws:iam::111111111111:{name}"));
        return if covers(grants, &iam, &held) {
            Reach::ThroughIam
        } else {
            Reach::Less
        };
    }
    let with = |any: Vec<String>, but: Vec<String>| -> Vec<String> {
        any.into_iter().chain(but).collect()
    };
    if covers(
        grants,
        &with(any_action, but_actions),
        &with(any_resource, but_resources),
    ) {
        Reach::Everything
    } else {
        Reach::But
    }
}

/// Whether each action is allowed on each resource by some statement.
fn covers(grants: &[&Grant], actions: &[String], resources: &[String]) -> bool {
    // Actions that the same statements allow need be tried once.
    let mut allowing: BTreeSet<Vec<usize>> = BTreeSet::new();
    for action in actions {
        allowing.insert(
            (0..)
                .zip(grants)
                .filter(|(_, g)| g.actions.holds(action))
                .map(|(n, _)| n)
                .collect(),
        );
    }
    let on: Vec<BTreeSet<usize>> = grants
        .iter()
        .map(|g| {
            (0..)
                .zip(resources)
                .filter(|(_, r)| g.resources.holds(r))
                .map(|(n, _)| n)
                .collect()
        })
        .collect();
    allowing.iter().all(|of| {
        let held: BTreeSet<usize> = of
            .iter()
            .filter_map(|n| on.get(*n))
            .flatten()
            .copied()
            .collect();
        held.len() == resources.len()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Reach, reach};

    #[expect(clippy::needless_pass_by_value, reason = "what json! makes")]
    fn of(statements: Value) -> Reach {
        reach(&json!({"Version": "2012-10-17", "Statement": statements}))
    }

    #[expect(clippy::needless_pass_by_value, reason = "what json! makes")]
    fn allow(action: Value, resource: Value) -> Value {
        json!({"Effect": "Allow", "Action": action, "Resource": resource})
    }

    #[test]
    fn everything_however_it_is_spelled() {
        for action in ["*", "*:*", "**", "?*", "*:**"] {
            for resource in ["*", "**", "arn:*", "arn:aws:*", "arn:aws:*:*:*:*", "*:*"] {
                let statement = allow(json!(action), json!(resource));
                assert_eq!(of(statement), Reach::Everything, "{action} {resource}");
            }
        }
        let list = allow(json!(["s3:Get*", "*"]), json!(["arn:aws:s3:::a", "*"]));
        assert_eq!(of(json!([list])), Reach::Everything);
        let cases = json!({"effect": "allow", "action": "*", "RESOURCE": "*"});
        assert_eq!(of(cases), Reach::Everything);
        assert_eq!(
            reach(&json!({"statement": [allow(json!("*"), json!("*"))]})),
            Reach::Everything
        );
        // A denial beside it takes away what it names, and no more is known of it.
        let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"});
        assert_eq!(
            of(json!([deny, allow(json!("*"), json!("*"))])),
            Reach::Everything
        );
    }

    #[test]
    fn several_statements_together() {
        let letters: Vec<String> = ('a'..='z').map(|c| format!("{c}*")).collect();
        let (first, second) = letters.split_at(11);
        assert_eq!(
            of(json!([
                allow(json!(first), json!("*")),
                allow(json!(second), json!("*"))
            ])),
            Reach::Everything
        );
        // Without a* something is left out, but i* still holds iam.
        let (_, short) = letters.split_at(1);
        assert_eq!(of(allow(json!(short), json!("*"))), Reach::ThroughIam);
        let (_, short) = letters.split_at(9);
        assert_eq!(of(allow(json!(short), json!("*"))), Reach::Less);
        let but = json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"});
        assert_eq!(
            of(json!([but, allow(json!("S3:*"), json!("*"))])),
            Reach::Everything
        );
        let other = json!({"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"});
        assert_eq!(of(json!([but, other])), Reach::Everything);
        let elsewhere = json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::a"});
        assert_eq!(
            of(json!([
                elsewhere,
                allow(json!("*"), json!("arn:aws:s3:::a"))
            ])),
            Reach::Everything
        );
    }

    #[test]
    fn everything_but_something() {
        for statement in [
            json!({"Effect": "Allow", "NotAction": "nothing:Here", "Resource": "*"}),
            json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}),
            json!({"Effect": "Allow", "NotAction": [], "NotResource": "arn:aws:s3:::none"}),
            json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::none"}),
            json!({"Effect": "Allow", "NotAction": "x:Y", "NotResource": "arn:aws:s3:::none"}),
        ] {
            assert_eq!(of(statement.clone()), Reach::But, "{statement}");
        }
        let nothing = json!({"Effect": "Allow", "NotAction": "*", "Resource": "*"});
        assert_eq!(of(nothing), Reach::Less);
        let iam = allow(json!("IAM:*"), json!(["*"]));
        assert_eq!(of(iam), Reach::ThroughIam);
        let iam = allow(json!(["s3:*", "iam:*"]), json!(["arn:aws:iam::*:*"]));
        assert_eq!(of(iam), Reach::ThroughIam);
    }

    #[test]
    fn less() {
        for statement in [
            json!({"Effect": "Deny", "Action": "*", "Resource": "*"}),
            allow(json!("s3:*"), json!("*")),
            allow(json!("iam:Get*"), json!("*")),
            allow(json!("*:Describe*"), json!("*")),
            allow(json!("*"), json!("arn:aws:s3:::a")),
            allow(json!("*"), json!("arn:aws:s3:::*")),
            allow(json!([]), json!("*")),
            json!([]),
        ] {
            assert_eq!(of(statement.clone()), Reach::Less, "{statement}");
        }
    }

    #[test]
    fn a_condition_narrows_only_where_it_asks_what_for() {
        let under = |condition: Value| {
            of(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}))
        };
        for none in [
            json!({}),
            json!({"StringLike": {"aws:RequestedRegion": "*"}}),
            json!({"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::1:role/a", "*"]}}),
            json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
            json!({"Bool": {"aws:SecureTransport": "true"}}),
        ] {
            assert_eq!(under(none.clone()), Reach::Everything, "{none}");
        }
        for narrow in [
            json!({"StringEquals": {"aws:RequestedRegion": "eu-west-2"}}),
            json!({"StringLike": {"s3:prefix": "home/*"}}),
            json!({"Bool": {"aws:x": "true"}}),
            json!({"StringEquals": {"aws:ResourceTag/team": "a"}, "Null": {"aws:x": "true"}}),
        ] {
            assert_eq!(under(narrow.clone()), Reach::Less, "{narrow}");
        }
        for unclear in [
            json!({"StringNotEquals": {"aws:RequestedRegion": "xx-nowhere-1"}}),
            json!({"StringEqualsIfExists": {"ec2:Region": "eu-west-2"}}),
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}),
            json!({"Null": {"aws:x": "true"}}),
            json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            json!({"Bool": {"aws:ViaAWSService": "false"}}),
            json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        ] {
            assert_eq!(under(unclear.clone()), Reach::Conditional, "{unclear}");
        }
    }

    #[test]
    fn what_is_not_understood_is_not_less() {
        for odd in [
            json!({}),
            json!("text"),
            json!({"Effect": "Allow", "Action": "*"}),
            json!({"Effect": "Allow", "Actions": "*", "Resource": "*"}),
            json!({"Effect": "Permit", "Action": "*", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": {"a": 1}, "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "*", "NotAction": "a:b", "Resource": "*"}),
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": "none"}),
            json!([allow(json!("s3:*"), json!("*")), {"Effect": "Allow"}]),
        ] {
            assert_eq!(of(odd.clone()), Reach::NotUnderstood, "{odd}");
        }
        assert_eq!(reach(&json!({})), Reach::NotUnderstood);
        assert_eq!(
            reach(&json!({"Version": "2012-10-17"})),
            Reach::NotUnderstood
        );
        // What else stands there cannot make it less than everything.
        let whole = allow(json!("*"), json!("*"));
        assert_eq!(of(json!([whole, {"Effect": "Allow"}])), Reach::Everything);
    }
}

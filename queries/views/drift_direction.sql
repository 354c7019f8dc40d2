-- ---
-- id  = "views/drift_direction"
-- doc = "Which rules about people, groups and access compare declaration, source and Identity Center: which two, whether something is there that should not be (surplus), is missing or is different, how a list of such rows is headed, what to do, and how heavily a row weighs beside others of its severity. A rule that compares nothing has the direction none."
-- ---
SELECT 'access/assigned-not-declared' AS rule, 'surplus' AS direction, 'declaration and Identity Center' AS compared, 'Assignments that nothing declares' AS story, 'Declare the assignment or remove it.' AS action, 3 AS weight
UNION ALL
SELECT 'access/closed-account' AS rule, 'surplus' AS direction, 'declaration and Identity Center' AS compared, 'Assignments on closed accounts' AS story, 'Remove them, and the declaration.' AS action, 3 AS weight
UNION ALL
SELECT 'access/principal-missing' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Assignments whose group or user is gone' AS story, 'Remove the assignment, and find out who deleted its principal.' AS action, 3 AS weight
UNION ALL
SELECT 'access/provisioned-without-assignment' AS rule, 'surplus' AS direction, 'declaration and Identity Center' AS compared, 'Permission sets provisioned where nobody is assigned' AS story, 'Take the permission set off the account.' AS action, 3 AS weight
UNION ALL
SELECT 'access/temporary-level-overdue' AS rule, 'surplus' AS direction, 'declaration and Identity Center' AS compared, 'Temporary access that should have ended' AS story, 'Take the level out of the environment file.' AS action, 3 AS weight
UNION ALL
SELECT 'access/assigned-to-user' AS rule, 'surplus' AS direction, 'declaration and Identity Center' AS compared, 'Assignments to users instead of groups' AS story, 'Assign a group that is declared, and remove the assignment.' AS action, 3 AS weight
UNION ALL
SELECT 'access/twin-groups' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Accesses that a group and its prefixed twin both give' AS story, 'Keep one of the two groups.' AS action, 3 AS weight
UNION ALL
SELECT 'access/level-differs' AS rule, 'different' AS direction, 'declaration and Identity Center' AS compared, 'Groups with another permission set than is declared' AS story, 'Apply the declaration, or change it.' AS action, 2 AS weight
UNION ALL
SELECT 'access/account-undeclared' AS rule, 'different' AS direction, 'declaration and Identity Center' AS compared, 'Accounts without a declaration, or declared and not there' AS story, 'Declare the account, or remove what is left of it.' AS action, 2 AS weight
UNION ALL
SELECT 'access/declared-group-empty' AS rule, 'different' AS direction, 'declaration and Identity Center' AS compared, 'Declarations that name no group' AS story, 'Name the group, or take the entry out.' AS action, 2 AS weight
UNION ALL
SELECT 'access/unknown-level' AS rule, 'different' AS direction, 'declaration and Identity Center' AS compared, 'Declared levels that are not in the level map' AS story, 'Correct the level, or add it to the map.' AS action, 2 AS weight
UNION ALL
SELECT 'access/declared-not-assigned' AS rule, 'missing' AS direction, 'declaration and Identity Center' AS compared, 'Declared assignments that are not there' AS story, 'Apply the declaration again.' AS action, 1 AS weight
UNION ALL
SELECT 'access/declared-group-missing' AS rule, 'missing' AS direction, 'declaration and source' AS compared, 'Declared groups that exist nowhere' AS story, 'Make the group, or correct its name.' AS action, 1 AS weight
UNION ALL
SELECT 'github/renamed-team-still-declared' AS rule, 'missing' AS direction, 'declaration and source' AS compared, 'Declared teams that go by another name now' AS story, 'Declare the new name.' AS action, 1 AS weight
UNION ALL
SELECT 'entra/membership-without-source' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Memberships that no source has' AS story, 'Find out who wrote the membership, and remove it.' AS action, 3 AS weight
UNION ALL
SELECT 'github/membership-without-source' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Memberships that no source has' AS story, 'Find out who wrote the membership, and remove it.' AS action, 3 AS weight
UNION ALL
SELECT 'entra/synced-group-without-source' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Groups that no source has' AS story, 'Remove the group and its assignments, or make it in the source.' AS action, 3 AS weight
UNION ALL
SELECT 'github/synced-group-without-team' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Groups that no source has' AS story, 'Remove the group and its assignments, or make it in the source.' AS action, 3 AS weight
UNION ALL
SELECT 'identity/orphaned-user' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Users without a live identity in a source' AS story, 'Remove the user, once nobody needs it.' AS action, 3 AS weight
UNION ALL
SELECT 'entra/leaver-with-access' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Leavers and disabled people who still have a path' AS story, 'Take the person out of every group.' AS action, 3 AS weight
UNION ALL
SELECT 'entra/disabled-user-with-access' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Leavers and disabled people who still have a path' AS story, 'Take the person out of every group.' AS action, 3 AS weight
UNION ALL
SELECT 'identity/suspended-with-membership' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Disabled users who are still in groups' AS story, 'Take the user out of the groups.' AS action, 3 AS weight
UNION ALL
SELECT 'entra/access-through-ownership' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'People who have access because they own the group' AS story, 'Make the person a member, or take the ownership away.' AS action, 3 AS weight
UNION ALL
SELECT 'github/access-through-child-team' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'People who have access through a child team' AS story, 'Add the person to the team itself, or take the child team out.' AS action, 3 AS weight
UNION ALL
SELECT 'identity/holding-group-only' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Users who are in a holding group alone' AS story, 'Give the user a group, or remove the user.' AS action, 3 AS weight
UNION ALL
SELECT 'identity/foreign-writer' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'Users whom no sync wrote' AS story, 'Find out who wrote the user.' AS action, 3 AS weight
UNION ALL
SELECT 'identity/two-paths-to-same-access' AS rule, 'surplus' AS direction, 'source and Identity Center' AS compared, 'People with the same access from two sources' AS story, 'Keep one of the two ways.' AS action, 3 AS weight
UNION ALL
SELECT 'identity/type-contradicts-name' AS rule, 'different' AS direction, 'source and Identity Center' AS compared, 'Users whose address type contradicts their name' AS story, 'Find out which sync wrote the user last.' AS action, 2 AS weight
UNION ALL
SELECT 'identity/recreated-user' AS rule, 'different' AS direction, 'source and Identity Center' AS compared, 'Users who were made anew under another id' AS story, 'Find out in CloudTrail who deleted and made the user.' AS action, 2 AS weight
UNION ALL
SELECT 'identity/ambiguous-user' AS rule, 'different' AS direction, 'source and Identity Center' AS compared, 'Names or addresses that several users share' AS story, 'Leave the user that the sync writes, and remove the other.' AS action, 2 AS weight
UNION ALL
SELECT 'entra/duplicate-group-name' AS rule, 'different' AS direction, 'source and Identity Center' AS compared, 'Entra groups that share a name' AS story, 'Rename or remove one: the sync keeps one of them.' AS action, 2 AS weight
UNION ALL
SELECT 'entra/member-not-synced' AS rule, 'missing' AS direction, 'source and Identity Center' AS compared, 'People whom Identity Center lacks in a group' AS story, 'See the log of the last run of the sync.' AS action, 1 AS weight
UNION ALL
SELECT 'github/member-not-synced' AS rule, 'missing' AS direction, 'source and Identity Center' AS compared, 'People whom Identity Center lacks in a group' AS story, 'See the log of the last run of the sync.' AS action, 1 AS weight
UNION ALL
SELECT 'entra/group-not-synced' AS rule, 'missing' AS direction, 'source and Identity Center' AS compared, 'Groups that Identity Center lacks' AS story, 'See the log of the last run of the sync.' AS action, 1 AS weight
UNION ALL
SELECT 'github/team-not-synced' AS rule, 'missing' AS direction, 'source and Identity Center' AS compared, 'Groups that Identity Center lacks' AS story, 'See the log of the last run of the sync.' AS action, 1 AS weight
UNION ALL
SELECT 'entra/unresolvable-member' AS rule, 'missing' AS direction, 'source and Identity Center' AS compared, 'Members whom the sync cannot copy' AS story, 'Put people into the group instead of groups, devices and services.' AS action, 1 AS weight
UNION ALL
SELECT 'entra/member-outside-allowed-domains' AS rule, 'missing' AS direction, 'source and Identity Center' AS compared, 'Members of a domain that is not copied' AS story, 'Allow the domain, or take the person out.' AS action, 1 AS weight
UNION ALL
SELECT 'access/administrator-outside-allow-list' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/application-assignment' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/new-privileged-person' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/overlapping-levels' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/permission-set-unused' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/sandbox-outside-development' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/session-too-long' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/too-many-privileged-accounts' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/unused-permission-set-role' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'access/wildcard-policy' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'entra/dynamic-membership' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'entra/group-name-convention' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'entra/group-name-near-miss' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'entra/guest-in-group' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'entra/mail-differs-from-upn' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'entra/stale-member' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'entra/too-few-owners' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'github/attribute-truncated' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'github/member-without-2fa' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'github/member-without-identity' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'github/outside-collaborator-in-review' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'github/stale-token' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'github/team-empty-or-single' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'github/team-slug-collides-with-prefix' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'identity/ambiguous-link' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'identity/colliding-login' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight
UNION ALL
SELECT 'identity/user-without-groups' AS rule, 'none' AS direction, NULL AS compared, NULL AS story, NULL AS action, 0 AS weight

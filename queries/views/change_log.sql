-- ---
-- id  = "views/change_log"
-- doc = "Which log tells who made a change of each kind: its table, its name, for how many days its service keeps it, and whether events of that kind are among those that are asked for."
-- ---
SELECT 'Entra group' AS kind, 'added' AS change, 'entra_audit_event' AS table_name, 'the directory audit log of Entra' AS log_name, 30 AS days, TRUE AS asked
UNION ALL
SELECT 'Entra group' AS kind, 'removed' AS change, 'entra_audit_event' AS table_name, 'the directory audit log of Entra' AS log_name, 30 AS days, TRUE AS asked
UNION ALL
SELECT 'Entra group person' AS kind, 'added' AS change, 'entra_audit_event' AS table_name, 'the directory audit log of Entra' AS log_name, 30 AS days, TRUE AS asked
UNION ALL
SELECT 'Entra group person' AS kind, 'removed' AS change, 'entra_audit_event' AS table_name, 'the directory audit log of Entra' AS log_name, 30 AS days, TRUE AS asked
UNION ALL
SELECT 'Entra credential' AS kind, 'added' AS change, 'entra_audit_event' AS table_name, 'the directory audit log of Entra' AS log_name, 30 AS days, FALSE AS asked
UNION ALL
SELECT 'Entra credential' AS kind, 'removed' AS change, 'entra_audit_event' AS table_name, 'the directory audit log of Entra' AS log_name, 30 AS days, FALSE AS asked
UNION ALL
SELECT 'GitHub team' AS kind, 'added' AS change, 'github_audit_event' AS table_name, 'the audit log of GitHub' AS log_name, 180 AS days, TRUE AS asked
UNION ALL
SELECT 'GitHub team' AS kind, 'removed' AS change, 'github_audit_event' AS table_name, 'the audit log of GitHub' AS log_name, 180 AS days, TRUE AS asked
UNION ALL
SELECT 'GitHub team member' AS kind, 'added' AS change, 'github_audit_event' AS table_name, 'the audit log of GitHub' AS log_name, 180 AS days, TRUE AS asked
UNION ALL
SELECT 'GitHub team member' AS kind, 'removed' AS change, 'github_audit_event' AS table_name, 'the audit log of GitHub' AS log_name, 180 AS days, TRUE AS asked
UNION ALL
SELECT 'Identity Center group' AS kind, 'added' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Identity Center group' AS kind, 'removed' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Identity Center user' AS kind, 'added' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Identity Center user' AS kind, 'removed' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Identity Center membership' AS kind, 'added' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Identity Center membership' AS kind, 'removed' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Account assignment' AS kind, 'added' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Account assignment' AS kind, 'removed' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Secret' AS kind, 'added' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, FALSE AS asked
UNION ALL
SELECT 'Secret' AS kind, 'removed' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Secret value' AS kind, 'added' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked
UNION ALL
SELECT 'Secret value' AS kind, 'removed' AS change, 'cloudtrail_event' AS table_name, 'CloudTrail' AS log_name, 90 AS days, TRUE AS asked

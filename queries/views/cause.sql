-- ---
-- id  = "views/cause"
-- doc = "The words that the cause of a finding is one of. Where several fit, the one of the lowest precedence number is named."
-- ---
SELECT 1 AS precedence, 'in flight' AS cause, 'The difference is younger than the grace window of the sync, as a date of creation, an audit event or the baseline shows: the next run settles it. It is no finding, and stands among the explained differences of the drift report.' AS meaning
UNION ALL
SELECT 2 AS precedence, 'recreated under a new id' AS cause, 'The baseline shows the same name under another id, which is gone: somebody deleted the user or the group and made it anew, and what hung on the old id was lost.' AS meaning
UNION ALL
SELECT 3 AS precedence, 'case twin' AS cause, 'Two groups, or two users, of one side are called the same but for upper and lower case: a sync keeps one of them and overlooks the other.' AS meaning
UNION ALL
SELECT 4 AS precedence, 'owner not member' AS cause, 'The person owns the group in Entra and is not a member of it.' AS meaning
UNION ALL
SELECT 5 AS precedence, 'nested group' AS cause, 'The person belongs to it through a group inside the group, or through a child team, alone.' AS meaning
UNION ALL
SELECT 6 AS precedence, 'other writer' AS cause, 'The address type of the user, or of every user in the group, is not the one that the sync of its source writes; or a user of the Entra type has the name of a GitHub user.' AS meaning
UNION ALL
SELECT 7 AS precedence, 'outside the allowed domains' AS cause, 'The address is of a domain that identity_center.allowed_domains does not list: the sync neither adds nor removes such a person.' AS meaning
UNION ALL
SELECT 8 AS precedence, 'disabled upstream' AS cause, 'The account of the person is disabled in Entra.' AS meaning
UNION ALL
SELECT 9 AS precedence, 'holding group' AS cause, 'The user is in a holding group and in no other: that keeps it from being removed.' AS meaning
UNION ALL
SELECT 10 AS precedence, 'beyond the first page of 100' AS cause, 'The source lists more than 100, Identity Center has exactly 100 of them, and all others are missing: what a sync leaves that reads one page.' AS meaning

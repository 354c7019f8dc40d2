//! Ways out of the dataset, and what must go on passing.

use std::collections::BTreeSet;

use super::{Names, check};
use crate::sqlfile::reads::parse;

/// A few tables.
struct Few(BTreeSet<&'static str>);

impl Names for Few {
    fn knows(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    fn near(&self, _: &str) -> String {
        String::new()
    }
}

fn judge(sql: &str) -> Result<(), String> {
    let names = Few(["param", "entra_user", "entra_group"].into());
    parse(sql).and_then(|query| check(&query, &names))
}

/// Every way out that anybody thought of: files, folders, hosts, other names,
/// other statements.
pub(crate) const ESCAPES: &[&str] = &[
    "SELECT * FROM read_parquet('/outside/x.parquet')",
    "SELECT * FROM READ_PARQUET('/outside/x.parquet')",
    "SELECT * FROM \"read_parquet\"('/outside/x.parquet')",
    "SELECT * FROM `read_parquet`('/outside/x.parquet')",
    "SELECT * FROM read_parquet('/outside/*.parquet')",
    "SELECT * FROM read_parquet('/outside/**/x.parquet') AS param",
    "SELECT * FROM read_parquet('file:///outside/x.parquet')",
    "SELECT * FROM read_parquet('http://127.0.0.1:PORT/x.parquet')",
    "SELECT * FROM read_parquet('https://127.0.0.1:PORT/x.parquet')",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "SELECT * FROM read_parquet('gs://bucket/x.parquet')",
    "SELECT * FROM read_parquet('az://bucket/x.parquet')",
    "SELECT * FROM read_parquet('abfss://c@a.dfs.core.windows.net/x')",
    "SELECT * FROM read_parquet('hf://datasets/a/b/x.parquet')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv('http://127.0.0.1:PORT/x.csv')",
    "SELECT * FROM read_json('/outside/x.json')",
    "SELECT * FROM read_ipc('/outside/x.arrow')",
    "SELECT * FROM scan_parquet('/outside/x.parquet')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "WITH read_parquet AS (SELECT 1 AS a) SELECT * FROM read_parquet('/x')",
    "WITH read_parquet AS (SELECT 1 AS a) SELECT * FROM read_parquet('http://127.0.0.1:PORT/x')",
    "WITH c AS (SELECT * FROM read_parquet('/x')) SELECT * FROM c",
    "WITH param AS (SELECT 1 AS a) SELECT * FROM read_csv.param('/x')",
    "SELECT * FROM read_parquet.param('http://127.0.0.1:PORT/x.parquet')",
    "SELECT * FROM read_parquet.main.param('/outside/x.parquet')",
    "SELECT * FROM \"read_parquet\".param",
    "SELECT * FROM main.param",
    "SELECT * FROM entra_group.entra_user",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM '/outside/x.parquet'",
    "SELECT * FROM \"/outside/x.parquet\"",
    "SELECT * FROM `/outside/x.parquet`",
    "SELECT * FROM parquet.`/outside/x.parquet`",
    "SELECT * FROM 'http://127.0.0.1:PORT/x.parquet'",
    "SELECT * FROM \"http://127.0.0.1:PORT/x.parquet\"",
    "SELECT * FROM param('x')",
    "SELECT * FROM param()",
    "SELECT * FROM param JOIN read_parquet('/x') AS p ON TRUE",
    "SELECT * FROM param, read_parquet('/x')",
    "SELECT * FROM param, LATERAL (SELECT 1 AS a) AS l",
    "SELECT * FROM LATERAL read_parquet('/x') AS l",
    "SELECT * FROM LATERAL FLATTEN(input => 1)",
    "SELECT * FROM TABLE(read_parquet('/x'))",
    "SELECT * FROM UNNEST([1, 2]) AS u(a)",
    "SELECT * FROM UNNEST(read_parquet('/x')) AS u(a)",
    "SELECT * FROM JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$')) AS j",
    "SELECT * FROM (VALUES (1), (2)) AS v(a)",
    "VALUES (1)",
    "TABLE param",
    "FROM read_parquet('/x')",
    "FROM param SELECT *",
    "FROM param",
    "SELECT * FROM param WHERE EXISTS (SELECT 1 FROM read_parquet('/x'))",
    "SELECT * FROM param WHERE 1 IN (SELECT a FROM read_csv('/x'))",
    "SELECT (SELECT a FROM read_parquet('/x')) AS a",
    "SELECT CASE WHEN TRUE THEN (SELECT a FROM read_parquet('/x')) END AS a FROM param",
    "SELECT * FROM param ORDER BY (SELECT a FROM read_parquet('/x'))",
    "SELECT COUNT(*) AS n FROM param GROUP BY (SELECT a FROM read_parquet('/x'))",
    "SELECT COUNT(*) AS n FROM param HAVING 1 = (SELECT a FROM read_parquet('/x'))",
    "SELECT 1 AS a FROM param LIMIT (SELECT a FROM read_parquet('/x'))",
    "SELECT * FROM param JOIN entra_user ON 1 = (SELECT a FROM read_parquet('/x'))",
    "SELECT 1 AS a FROM param UNION ALL SELECT a FROM read_parquet('/x')",
    "SELECT 1 AS a FROM param EXCEPT SELECT a FROM read_parquet('/x')",
    "(SELECT * FROM read_parquet('/x'))",
    "SELECT * FROM (param JOIN read_parquet('/x') ON TRUE)",
    "SELECT * FROM (SELECT * FROM read_parquet('/x')) AS s",
    "SELECT SUM(1) OVER (ORDER BY (SELECT a FROM read_parquet('/x'))) AS n FROM param",
    "SELECT read_parquet('/x') AS a",
    "SELECT read_text('/etc/passwd') AS a FROM param",
    "SELECT getenv('HOME') AS a",
    "SELECT current_setting('home') AS a",
    "SELECT pg_read_file('/etc/passwd') AS a",
    "SELECT main.lower('A') AS a",
    "SELECT \"lower\"('A') AS a",
    "SELECT now() AS a",
    "SELECT CURRENT_TIMESTAMP AS a",
    "SELECT random() AS a",
    "SELECT {fn read_text('/x')} AS a",
    "SELECT ARRAY(SELECT a FROM read_parquet('/x')) AS a",
    "SELECT * INTO '/outside/x' FROM param",
    "SELECT * INTO made FROM param",
    "SELECT * FROM param FOR UPDATE",
    "SELECT * FROM param SETTINGS a = 1",
    "SELECT * FROM param FORMAT JSON",
    "SELECT * FROM param |> WHERE TRUE",
    "SELECT * FROM param TABLESAMPLE (10 PERCENT)",
    "SELECT * FROM param FOR SYSTEM_TIME AS OF '2020-01-01'",
    "SELECT * FROM param PIVOT (SUM(a) FOR b IN ('x'))",
    "SELECT * FROM param MATCH_RECOGNIZE (PATTERN (a) DEFINE a AS TRUE)",
    "SELECT * FROM param CROSS APPLY read_parquet('/x')",
    "SELECT * FROM param LATERAL VIEW explode(a) t AS b",
    "WITH RECURSIVE c AS (SELECT 1 AS a UNION ALL SELECT a FROM c) SELECT * FROM c",
    // A name that hides a table makes the engine read another one than was checked.
    "WITH entra_user AS (SELECT 1 AS a) SELECT * FROM entra_user",
    "SELECT * FROM (SELECT 1 AS a) AS entra_user",
    "SELECT * FROM param AS entra_user",
    "WITH c AS (SELECT 1 AS a), c AS (SELECT 2 AS a) SELECT * FROM c",
    "WITH c AS (SELECT 1 AS a) SELECT * FROM param AS c",
    "SELECT * FROM nowhere",
    "SELECT * FROM ENTRA_USER",
    // Other statements.
    "COPY param TO '/outside/x'",
    "COPY param FROM '/outside/x'",
    "ATTACH '/outside/x.db' AS x",
    "INSTALL httpfs",
    "SET a = 1",
    "CREATE TABLE t AS SELECT * FROM read_parquet('/x')",
    "CREATE VIEW v AS SELECT * FROM param",
    "DROP TABLE param",
    "TRUNCATE TABLE param",
    "DELETE FROM param",
    "UPDATE param SET a = 1",
    "INSERT INTO param VALUES (1)",
    "EXPLAIN SELECT * FROM read_parquet('/x')",
    "SHOW TABLES",
    "DESCRIBE param",
    "SELECT 1 AS a; SELECT * FROM read_parquet('/x')",
    "SELECT 1 AS a;; DROP TABLE param",
    "",
    ";",
];

#[test]
fn nothing_leads_out_of_the_dataset() {
    for sql in ESCAPES {
        assert!(judge(sql).is_err(), "{sql}");
    }
}

#[test]
fn what_people_ask_passes() {
    for sql in [
        "SELECT * FROM entra_user",
        "SELECT u.* FROM entra_user AS u",
        "SELECT display_name, mail FROM entra_user WHERE account_enabled ORDER BY 1 DESC LIMIT 5",
        "SELECT DISTINCT user_type FROM \"entra_user\"",
        "SELECT COUNT(*), COUNT(DISTINCT mail) FROM entra_user HAVING COUNT(*) > 1",
        "WITH c AS (SELECT user_key AS k FROM entra_user) SELECT c.k FROM c JOIN c AS d ON c.k = d.k",
        "SELECT UPPER(TRIM(mail)) AS m, LENGTH(mail) + 1 AS n FROM entra_user",
        "SELECT mail FROM entra_user WHERE mail LIKE '%@x' OR mail ILIKE 'a%' OR mail IN ('a', 'b')",
        "SELECT CAST(user_key AS TEXT) || '!' AS k FROM entra_user",
        "SELECT ROW_NUMBER() OVER (PARTITION BY user_type ORDER BY mail) AS n FROM entra_user",
        "SELECT EXTRACT(YEAR FROM created_at) AS y, created_at > DATE '2026-01-01' AS late FROM entra_user",
        "SELECT a.mail FROM entra_user AS a LEFT JOIN entra_group AS g USING (display_name) CROSS JOIN param",
        "SELECT mail FROM entra_user UNION ALL SELECT mail FROM entra_group",
        "SELECT string_agg(mail, ',' ORDER BY mail) AS all_of_them FROM entra_user;",
        "SELECT param.as_of FROM param AS param",
    ] {
        assert_eq!(judge(sql), Ok(()), "{sql}");
    }
}

#[test]
fn what_is_refused_says_why_and_what_can_be_written() {
    for (sql, words) in [
        ("SELECT * FROM read_parquet('/x')", "by their plain names"),
        ("SELECT now() AS a FROM param", "these can be called: abs"),
        ("SELECT * FROM main.param", "main.param is refused"),
        (
            "WITH param AS (SELECT 1 AS a) SELECT * FROM param",
            "choose another one",
        ),
        (
            "SELECT * FROM nowhere",
            "no table or view is called nowhere",
        ),
    ] {
        let refusal = judge(sql).expect_err(sql);
        assert!(refusal.contains(words), "{sql}: {refusal}");
    }
}

/// Depth that the parser does not see: it would end the program, not the query.
#[test]
fn long_chains_and_texts_are_refused_before_they_are_trees() {
    for sql in [
        format!("SELECT {} AS a", vec!["1"; 200_000].join("+")),
        format!(
            "SELECT a FROM param WHERE {}",
            vec!["a"; 50_000].join(" OR ")
        ),
        vec!["SELECT 1 AS a"; 20_000].join(" UNION ALL "),
        format!("SELECT {}1 AS a", "- ".repeat(90_000)),
        format!("SELECT a FROM param WHERE {} a", "NOT ".repeat(50_000)),
        format!("SELECT {}1{} AS a", "(".repeat(90_000), ")".repeat(90_000)),
        format!("SELECT a{} FROM param", "::INT".repeat(50_000)),
        format!("SELECT a{} FROM param", " IS NULL".repeat(30_000)),
        format!("SELECT a{} FROM param", "[1]".repeat(50_000)),
        format!("SELECT '{}' AS a", "x".repeat(5 << 20)),
        format!("SELECT 1 AS a FROM {}", vec!["param"; 3_000].join(", ")),
        format!("SELECT {} AS a", "(SELECT ".repeat(3_000)),
        // These take the parser longer than anybody waits.
        format!("SELECT {}1", "CAST(".repeat(45)),
        format!("SELECT {}a", "CASE WHEN ".repeat(45)),
        format!("SELECT {}1 AS a", "[".repeat(45)),
    ] {
        let refused = judge(&sql);
        assert!(refused.is_err(), "{}", sql.get(..40).unwrap_or(&sql));
    }
    // A list is no chain.
    let list = vec!["'a'"; 20_000].join(", ");
    assert_eq!(
        judge(&format!(
            "SELECT mail FROM entra_user WHERE mail IN ({list})"
        )),
        Ok(())
    );
}

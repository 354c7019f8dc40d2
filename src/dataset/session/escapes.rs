//! No query reaches the engine but through the gate: nothing is read from outside
//! and nobody is called.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

use chrono::DateTime;

use super::Session;
use crate::dataset::settings::Settings;
use crate::sqlfile::gate::tests::ESCAPES;
use crate::sqlfile::{View, reads};

fn session(views: &[View]) -> Session {
    Session::empty(DateTime::UNIX_EPOCH, &Settings::default(), views).expect("opens")
}

#[test]
fn no_way_to_the_engine_leads_out_or_calls_anybody() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    listener.set_nonblocking(true).expect("set");
    let address = listener.local_addr().expect("an address");
    let open = session(&[]);
    for sql in ESCAPES {
        let sql = sql.replace("PORT", &address.port().to_string());
        assert!(open.collect(&sql).is_err(), "collect: {sql}");
        assert!(open.stream(&sql).is_err(), "stream: {sql}");
        assert!(open.sql(&sql).is_err(), "sql: {sql}");
        assert!(open.rows(&sql, &[]).is_err(), "rows: {sql}");
        assert!(
            open.count_where("param", &format!("1 IN ({sql})")).is_err(),
            "{sql}"
        );
        // A view comes to the engine as well.
        let Ok(query) = reads::parse(&sql) else {
            continue;
        };
        let view = View {
            path: "views/way_out.sql".to_owned(),
            name: "way_out".to_owned(),
            doc: String::new(),
            overrides: None,
            reads: reads::reads(&query),
            sql: sql.clone(),
        };
        let asked = Session::empty(DateTime::UNIX_EPOCH, &Settings::default(), &[view])
            .and_then(|s| s.collect("SELECT * FROM way_out"));
        assert!(asked.is_err(), "view: {sql}");
    }
    let called = |listener: &TcpListener| match listener.accept() {
        Ok(_) => true,
        Err(e) if e.kind() == ErrorKind::WouldBlock => false,
        Err(e) => panic!("{e}"),
    };
    assert!(!called(&listener));
    // The listener would have noticed.
    let _call = TcpStream::connect(address).expect("connects");
    assert!((0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        called(&listener)
    }));
}

/// Names of files are read by nobody, whether they exist or not.
#[test]
fn a_file_that_is_there_is_not_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("x.parquet");
    std::fs::write(&file, b"PAR1").expect("written");
    let open = session(&[]);
    for sql in [
        format!("SELECT * FROM read_parquet('{}')", file.display()),
        format!("SELECT * FROM '{}'", file.display()),
        format!("SELECT * FROM \"{}\"", file.display()),
        format!(
            "WITH read_parquet AS (SELECT 1 AS a) SELECT * FROM read_parquet('{}')",
            file.display()
        ),
    ] {
        let refused = open.collect(&sql).expect_err(&sql).to_string();
        let ours = refused.contains("is refused") || refused.contains("no table or view");
        assert!(ours, "{sql}: {refused}");
    }
}

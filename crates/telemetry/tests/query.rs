//! Questions in SQL: what is answered, how, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets what it did not expect has failed"
)]
mod common;

use cofferdam_observe::{
    Event, EventKind, Evidence, FlowRecord, Observation, Parties, Protocol, ValueBasis, ValueBefore,
    ValueChange, WriteRecord,
};
use cofferdam_telemetry::{Answer, QueryLimits, Table, Telemetry, TelemetryError};
use cofferdam_terms::{OperationClass, Timestamp, Transport, WireText};
use common::{end, poll, record, record_all};
use std::time::Duration;

fn recorded(flows: &[FlowRecord]) -> (tempfile::TempDir, Telemetry) {
    let folder = tempfile::tempdir().unwrap();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    record(&mut telemetry, "a.pcap", 1, flows);
    (folder, telemetry)
}

/// A controller that was stopped, and a register that could not be set.
fn stopped_and_written() -> Observation {
    let at = |packet: u64| Evidence {
        packet,
        at: Timestamp::from_nanos(1_000_000_000),
        flow: 1,
    };
    let parties = Parties {
        initiator: end("10.20.2.5"),
        responder: end("10.20.1.11"),
        port: 102,
        transport: Transport::TCP,
        vlan: None,
    };
    let value = |text: &str| WireText::from_wire(text.as_bytes());
    let event = Event {
        kind: EventKind::ModeStop,
        parties,
        protocol: Protocol("s7comm"),
        function: 0x29,
        function_name: "PLC Stop",
        operation: OperationClass::Control,
        unit: None,
        objects: Vec::new(),
        objects_dropped: 0,
        times: 2,
        done: 1,
        refused: 1,
        reason: None,
        first: at(7),
        last: at(9),
    };
    let write = WriteRecord {
        parties,
        protocol: Protocol("modbus"),
        operation: OperationClass::Write,
        function: 6,
        function_name: "Write Single Register",
        unit: Some(1),
        object: value("holding-register 3"),
        times: 1,
        refused: 1,
        first: at(8),
        last: at(8),
        changes: vec![ValueChange {
            evidence: at(8),
            before: Some(ValueBefore {
                value: value("100"),
                basis: ValueBasis::Read,
                packet: 4,
                at: Timestamp::from_nanos(0),
            }),
            after: value("250"),
            refused: Some("illegal data value"),
        }],
        changes_dropped: 0,
    };
    Observation {
        events: vec![event],
        writes: vec![write],
        ..Observation::default()
    }
}

fn ask(sql: &str) -> Result<Answer, TelemetryError> {
    let (_folder, mut telemetry) = recorded(&[poll(1), poll(2), poll(3)]);
    telemetry.query(sql, QueryLimits::default())
}

fn check(sql: &str, rows: &[&[&str]]) {
    assert_eq!(ask(sql).unwrap().rows().unwrap(), rows, "{sql}");
}

#[test]
fn questions_are_answered_in_the_fields_terms() {
    check(
        "select initiator_ip, responder_ip, protocol, count(*) from flows group by 1, 2, 3",
        &[&["10.20.2.5", "10.20.1.11", "modbus", "3"]],
    );
    check(
        "select first_seen from flows where first_seen >= timestamp '1970-01-01T00:00:02Z' order by first_seen desc",
        &[&["1970-01-01T00:00:03Z"], &["1970-01-01T00:00:02Z"]],
    );
    check(
        "select f.flow, o.function from flows f join operations o on f.capture_id = o.capture_id and f.flow = o.flow \
         where o.operation = 'read' order by 1",
        &[
            &["1", "read-holding-registers"],
            &["2", "read-holding-registers"],
            &["3", "read-holding-registers"],
        ],
    );
    check(
        "select objects[1] from operations limit 1",
        &[&["holding-register 0-9"]],
    );
    check("select count(*) from assets", &[&["0"]]);
    check("select distinct capture from identity_facts", &[]);
}

#[test]
fn what_was_done_to_equipment_is_asked_for_by_its_technique_and_its_values() {
    let folder = tempfile::tempdir().unwrap();
    let mut telemetry = Telemetry::open(folder.path()).unwrap();
    record_all(&mut telemetry, "a.pcap", 1, &[], &stopped_and_written());
    let mut check = |sql: &str, rows: &[&[&str]]| {
        let answer = telemetry.query(sql, QueryLimits::default()).unwrap();
        assert_eq!(answer.rows().unwrap(), rows, "{sql}");
    };
    check(
        "select event, initiator_ip, responder_ip, function, times, refused from events \
         where array_has(techniques, 'T0858')",
        &[&["mode-stop", "10.20.2.5", "10.20.1.11", "PLC Stop", "2", "1"]],
    );
    check(
        "select object, before, before_basis, after, done, refusal from writes",
        &[&[
            "holding-register 3",
            "100",
            "read",
            "250",
            "false",
            "illegal data value",
        ]],
    );
}

#[test]
fn tables_and_columns_can_be_looked_up() {
    let tables = ask("show tables").unwrap().rows().unwrap();
    for table in Table::ALL {
        assert!(
            tables
                .iter()
                .any(|row| row.iter().any(|cell| cell == table.name())),
            "{tables:?}"
        );
        let columns = ask(&format!("describe {}", table.name()))
            .unwrap()
            .rows()
            .unwrap();
        assert_eq!(
            columns.len(),
            table.columns().len() + 2,
            "its own, capture and capture_id"
        );
    }
    assert!(!ask("explain select * from flows").unwrap().is_empty());
}

#[test]
fn an_empty_telemetry_folder_answers_with_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut telemetry = Telemetry::open(&folder.path().join("none")).unwrap();
    let answer = telemetry
        .query("select * from flows order by first_seen", QueryLimits::default())
        .unwrap();
    assert!(answer.is_empty() && answer.columns().contains(&"first_seen"));
}

#[test]
fn whatever_is_no_question_is_refused() {
    let refused = |sql: &str, kind: &str| match ask(sql) {
        Err(TelemetryError::Refused(told)) => assert_eq!(told, kind, "{sql}"),
        other => panic!("{sql}: {other:?}"),
    };
    refused(
        "create external table x stored as csv location '/etc/passwd'",
        "CREATE EXTERNAL TABLE",
    );
    refused("copy (select 1) to '/tmp/x.csv'", "COPY");
    refused("copy flows to '/tmp/x.parquet'", "COPY");
    refused("insert into flows values (1)", "INSERT");
    refused("delete from flows", "DELETE");
    refused("update flows set flow = 1", "UPDATE");
    refused("drop table flows", "DROP");
    refused("create table x as select 1", "CREATE TABLE");
    refused("create view x as select 1", "CREATE VIEW");
    refused("set datafusion.execution.batch_size = 1", "SET");
    refused("explain analyze insert into flows values (1)", "INSERT");
    refused("prepare x as select 1", "such");
}

#[test]
fn no_file_but_the_recorded_ones_can_be_read() {
    for sql in [
        "select * from '/etc/passwd'",
        "select * from '/etc/hostname.csv'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_parquet('/etc/passwd')",
        "select * into x from flows",
        "with x as (insert into flows values (1)) select 1",
    ] {
        let error = ask(sql).unwrap_err();
        assert!(matches!(error, TelemetryError::Statement(_)), "{sql}: {error:?}");
    }
}

#[test]
fn a_mistake_is_told_without_the_engines_inner_words() {
    for (sql, told) in [
        ("selec 1", "Expected"),
        ("select * from flow", "flow"),
        ("select responder from flows", "responder"),
    ] {
        let text = ask(sql).unwrap_err().to_string();
        assert!(
            text.contains(told) && !text.contains("DataFusion error"),
            "{sql}: {text}"
        );
    }
    assert!(matches!(
        ask("select 1; select 2"),
        Err(TelemetryError::NotOneStatement(2))
    ));
    assert!(matches!(ask(""), Err(TelemetryError::NotOneStatement(0))));
    assert!(matches!(
        ask(&" ".repeat(100_000)),
        Err(TelemetryError::TooLong { .. })
    ));
}

#[test]
fn the_deepest_statements_that_are_let_in_are_answered_or_refused_and_crash_nothing() {
    let chain = |operator: &str| {
        format!(
            "select 1 {operator} {}",
            vec!["1"; 2000].join(&format!(" {operator} "))
        )
    };
    let nested =
        |open: &str, close: &str, times| format!("select {}1{}", open.repeat(times), close.repeat(times));
    for (sql, answered) in [
        (
            format!("select * from flows where {}", vec!["flow = 1"; 500].join(" or ")),
            true,
        ),
        (chain("+"), true),
        (nested("(", ")", 2000), false),
        (nested("abs(", ")", 1000), false),
        (nested("case when true then ", " end", 500), false),
        (format!("select {} true", "not ".repeat(4000)), false),
        (format!("select {} 1", "- ".repeat(4000)), false),
        (
            format!(
                "select * from {} flows {}",
                "(select * from ".repeat(400),
                ") ".repeat(400)
            ),
            false,
        ),
        (vec!["select 1"; 200].join(" union all "), true),
    ] {
        let start: String = sql.chars().take(60).collect();
        match ask(&sql) {
            Ok(answer) => assert!(answered && !answer.is_empty(), "{start}"),
            Err(error) => assert!(
                !answered && matches!(error, TelemetryError::Statement(_)),
                "{start}: {error:?}"
            ),
        }
    }
    let words = format!("select {}", vec!["1"; 3000].join(" + "));
    assert!(matches!(
        ask(&words),
        Err(TelemetryError::TooLong {
            unit: "words and signs",
            ..
        })
    ));
}

#[test]
fn limits_of_rows_memory_and_time_are_kept_and_said() {
    let (_folder, mut telemetry) = recorded(&[poll(1), poll(2), poll(3)]);
    let rows = QueryLimits {
        rows: 2,
        ..QueryLimits::default()
    };
    let answer = telemetry.query("select * from flows", rows).unwrap();
    assert_eq!((answer.len(), answer.is_cut()), (2, true));
    let answer = telemetry.query("select * from flows limit 2", rows).unwrap();
    assert_eq!((answer.len(), answer.is_cut()), (2, false));

    let memory = QueryLimits {
        memory: 1 << 20,
        ..QueryLimits::default()
    };
    let large = "select array_agg(value) from generate_series(1, 10000000)";
    assert!(matches!(
        telemetry.query(large, memory),
        Err(TelemetryError::OutOfMemory(_))
    ));

    let time = QueryLimits {
        time: Duration::from_millis(200),
        ..QueryLimits::default()
    };
    let endless =
        "select count(*) from generate_series(1, 1000000000) a cross join generate_series(1, 1000000) b";
    assert!(matches!(
        telemetry.query(endless, time),
        Err(TelemetryError::OutOfTime(_))
    ));
}

#[test]
fn json_lines_and_csv_hold_what_the_rows_hold() {
    let answer =
        ask("select flow, first_seen, initiator_ip, vlan, opened from flows order by 1 limit 1").unwrap();
    let json = String::from_utf8(answer.json_lines().unwrap()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        value,
        serde_json::json!({
            "flow": 1, "first_seen": "1970-01-01T00:00:01Z", "initiator_ip": "10.20.2.5", "vlan": 20, "opened": true
        })
    );
    assert_eq!(
        answer.csv().unwrap(),
        "flow,first_seen,initiator_ip,vlan,opened\r\n1,1970-01-01T00:00:01Z,10.20.2.5,20,true\r\n"
    );
}

#[test]
fn csv_keeps_text_from_becoming_a_formula_and_numbers_as_they_are() {
    let answer = ask("select '=1+1' as a, -5 as b, 'x,\"y\"' as c, null as d").unwrap();
    assert_eq!(
        answer.csv().unwrap(),
        "a,b,c,d\r\n\"'=1+1\",-5,\"x,\"\"y\"\"\",\r\n"
    );
}

//! Importing CSV files from the bucket.

use serde_json::json;

use crate::world::World;

const HEADER: &str = "debtor_ref,debtor_name,invoice_number,issue_date,due_date,currency,amount";

fn good(number: &str) -> String {
    format!("C1,Customer 1,{number},2026-02-01,2026-03-03,EUR,120.00")
}

#[tokio::test]
async fn good_rows_go_in_and_broken_ones_are_listed_with_line_and_column() {
    let world = World::start().await;
    let rows = [
        HEADER.to_owned(),
        good("I1"),
        good("I2").replace("2026-02-01", "01/02/2026"),
        good("I3").replace("2026-03-03", "2026-01-31"),
        good("I4").replace("EUR", "EURO"),
        good("I5").replace("120.00", "120.005"),
        good("I6").replace("120.00", "-120.00"),
        good("I1").replace("120.00", "99.00"),
        good("I7").replace("120.00", "\"1,200.00\""),
        good("I8") + ",one too many",
        String::new(),
        good("I9"),
    ];
    let (rejected, counts) = world.import("march.csv", rows.join("\n").as_bytes()).await;
    let lines: Vec<&str> = rejected.lines().collect();
    assert_eq!(lines.len(), 9, "{rejected}");
    let begins = [
        "line,column,reason",
        "3,issue_date,",
        "4,due_date,",
        "5,currency,",
        "6,amount,",
        "7,amount,",
        "8,invoice_number,",
        "9,amount,",
        "10,,",
    ];
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line} should begin with {begin}");
    }
    assert_eq!(counts, json!({ "rows": 10, "created": 2, "updated": 0, "unchanged": 0, "rejected": 8 }));
    assert_eq!(world.stands("I9").await, (12_000, "open".to_owned()));
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let world = World::start().await;
    let file = [HEADER.to_owned(), good("I1"), good("I2")].join("\n");
    world.import("a.csv", file.as_bytes()).await;
    let before = world.state().await;
    let heads = world.table.new_heads().len();
    let (_, counts) = world.import("b.csv", file.as_bytes()).await;
    assert_eq!((&counts["created"], &counts["unchanged"]), (&json!(0), &json!(2)));
    assert_eq!(world.state().await, before);
    assert_eq!((heads > 0, world.table.new_heads().len()), (true, 0));
}

#[tokio::test]
async fn marks_line_ends_and_quotes_are_read() {
    let world = World::start().await;
    let mut file = b"\xef\xbb\xbf".to_vec();
    let quoted = "\"C1\",\"Smith, \"\"Bob\"\" & Sons\",I1,2026-02-01,2026-03-03,EUR,120.00";
    file.extend(
        format!("{HEADER}\r\n{quoted}\r\n{}\r\n", good("I2").replace("Customer 1", "\"two\nlines\"")).into_bytes(),
    );
    let (rejected, counts) = world.import("bom.csv", &file).await;
    assert_eq!(counts["created"], 1, "{rejected}");
    assert!(rejected.contains("3,debtor_name,"), "a name on two lines is refused, and only that row: {rejected}");
    assert_eq!(world.debtor("C1").await.profile.name, "Smith, \"Bob\" & Sons");
}

#[tokio::test]
async fn another_encoding_is_a_broken_row_of_its_own() {
    let world = World::start().await;
    let mut file = format!("{HEADER}\nC1,M").into_bytes();
    file.push(0xfc);
    file.extend(format!("ller,I1,2026-02-01,2026-03-03,EUR,120.00\n{}\n", good("I2")).into_bytes());
    let (rejected, counts) = world.import("latin1.csv", &file).await;
    assert!(rejected.contains("2,debtor_name,is not UTF-8"), "{rejected}");
    assert_eq!((&counts["created"], &counts["rejected"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_file_without_its_columns_is_refused_as_a_whole() {
    let world = World::start().await;
    for (name, file) in [("a.csv", "debtor_ref;amount\nC1;5\n"), ("b.csv", ""), ("c.csv", "\u{feff}\n")] {
        let (rejected, counts) = world.import(name, file.as_bytes()).await;
        assert!(
            rejected.contains("1,invoice_number,") && rejected.contains("the file has no such column"),
            "{rejected}"
        );
        assert_eq!((&counts["rows"], &counts["rejected"]), (&json!(0), &json!(1)));
    }
    assert!(world.state().await.keys().all(|(pk, _)| pk == "T#demo"));
}

#[tokio::test]
async fn reasons_cannot_become_formulas() {
    let world = World::start().await;
    let file = format!("{HEADER},=cmd()\n{},x\n", good("I1").replace("2026-02-01", "=1+1"));
    let (rejected, _) = world.import("evil.csv", file.as_bytes()).await;
    assert!(
        rejected.lines().skip(1).all(|line| line.split(',').all(|cell| !cell.starts_with(['=', '+', '@']))),
        "{rejected}"
    );
}

#[tokio::test]
async fn a_file_larger_than_a_batch_is_read_to_its_end() {
    let world = World::start().await;
    let rows = (0..620).map(|n| good(&format!("I{n}")).replace("C1,", &format!("C{},", n % 40)));
    let file: Vec<String> = std::iter::once(HEADER.to_owned()).chain(rows).collect();
    let (_, counts) = world.import("big.csv", file.join("\n").as_bytes()).await;
    assert_eq!((&counts["rows"], &counts["created"]), (&json!(620), &json!(620)));
}

#[tokio::test]
async fn keys_are_decoded_and_strangers_are_refused() {
    let world = World::start().await;
    let file = [HEADER.to_owned(), good("I1")].join("\n").into_bytes();
    let mut event = world.put("imports/demo/march 2026+x.csv", &file);
    event["Records"][0]["s3"]["object"]["key"] = json!("imports/demo/march+2026%2Bx.csv");
    world.ingest_event(event).await.unwrap();
    world.run_imports().await;
    assert_eq!(world.results("march 2026+x.csv").1["created"], 1);
    for key in ["imports/nobody/a.csv", "elsewhere/demo/a.csv", "imports/demo"] {
        let event = world.put(key, &file);
        let refused = world.ingest_event(event).await;
        assert!(matches!(refused, Err(invoice_ingest::IngestError::BadObject(_))), "{key}");
    }
}

#[tokio::test]
async fn a_file_that_is_gone_comes_back_to_the_queue_until_somebody_looks() {
    let world = World::start().await;
    let event = world.put("imports/demo/gone.csv", b"x");
    world.outside.objects.lock().unwrap().clear();
    world.ingest_event(event).await.unwrap();
    let work = world.outside.take_import_work();
    assert!(!world.import_step(&work[0]).await);
}

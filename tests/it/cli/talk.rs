//! What is printed where, and what is asked of whom.

use super::with_user;
use crate::support::command::Place;

#[test]
fn nothing_is_asked_without_a_terminal() {
    let place = with_user();
    place
        .run(&["user", "passwd", "ada@example.com"])
        .refused(2, "--password-stdin");
    place
        .run_with(
            &["user", "passwd", "ada@example.com", "--password-stdin"],
            "",
        )
        .refused(2, "standard input is empty");
    let changed = place.run_with(
        &["user", "passwd", "ada@example.com", "--password-stdin"],
        "another long password\n",
    );
    assert_eq!(changed.code, 0, "{}", changed.stderr);
    assert!(!changed.stdout.contains("another"));
    let made = place.run(&["user", "create", "bob@example.com"]);
    assert_eq!(made.code, 0, "without a password: {}", made.stderr);
}

#[test]
fn on_a_terminal_passwords_are_asked_for_and_deeds_confirmed() {
    let place = with_user();
    let (code, shown) = place.run_on_terminal(
        &["user", "passwd", "ada@example.com"],
        80,
        &["another long password", "another long password"],
    );
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Password"), "{shown}");
    assert!(!shown.contains("another long"), "typed blindly: {shown}");

    let (code, shown) = place.run_on_terminal(&["user", "delete", "ada@example.com"], 80, &["n"]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("nothing was changed"), "{shown}");
    let (code, shown) = place.run_on_terminal(
        &["user", "delete", "ada@example.com", "--no-input"],
        80,
        &[],
    );
    assert_eq!(code, 2, "{shown}");
}

#[test]
fn a_terminal_gets_a_table_in_bold_that_fits_and_no_color_is_honoured() {
    let mut place = with_user();
    place.run(&[
        "user",
        "create",
        "a.rather.long.name@a-rather-long-department.example.com",
        "--name",
        "Somebody With A Rather Long Name",
    ]);
    for columns in [60, 80, 140] {
        let (code, shown) = place.run_on_terminal(&["user", "list"], columns, &[]);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("\u{1b}[1mEMAIL"), "{shown:?}");
        let bare = shown.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        for line in bare.lines() {
            assert!(
                line.chars().count() <= usize::from(columns),
                "{columns}: {line:?}"
            );
        }
        assert_eq!(bare.contains("CREATED"), columns > 80, "{bare}");
    }
    place.set("NO_COLOR", "1");
    let (code, shown) = place.run_on_terminal(&["user", "list"], 80, &[]);
    assert_eq!(code, 0);
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn the_three_outputs_say_the_same() {
    let place = with_user();
    let json = place.run(&["user", "list"]).json();
    let csv = place.run(&["user", "list", "-o", "csv"]).stdout;
    let mut lines = csv.lines();
    let header = lines.next().unwrap();
    assert!(
        header.starts_with("id,email,name,role,status,account_id,created_at,"),
        "{header}"
    );
    let row: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(row[0], json[0]["id"].as_str().unwrap());
    let table = place.run(&["user", "list", "-o", "table"]).stdout;
    assert!(table.contains("ada@example.com"), "{table}");
    assert!(!table.contains('\u{1b}'), "{table}");
}

#[test]
fn what_a_user_typed_cannot_steer_the_terminal() {
    let place = with_user();
    let steering = "\u{1b}[2Jgone";
    let made = place.run(&[
        "key",
        "create",
        "--user",
        "ada@example.com",
        "--name",
        steering,
        "-o",
        "table",
    ]);
    assert!(!made.stdout.contains('\u{1b}'), "{made:?}");
    assert!(!made.stderr.contains('\u{1b}'), "{made:?}");
    let ran = place.run(&["user", "show", steering]);
    assert_eq!(ran.code, 3);
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let place = Place::new();
    let mut child = place
        .command(&["price", "list", "-o", "csv"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let left = child.wait_with_output().unwrap();
    assert_eq!(left.status.code(), Some(0), "{left:?}");
    assert_eq!(String::from_utf8_lossy(&left.stderr), "");
}

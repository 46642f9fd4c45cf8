use super::*;

#[test]
fn half_a_surrogate_pair_is_read_as_a_replacement() {
    let value = Value::parse(r#""a\ud83db""#).unwrap();
    assert_eq!(value.text().unwrap(), "a\u{fffd}b");
}

#[test]
fn numbers_keep_their_spelling() {
    let value = Value::parse("{\"a\":[1.0,1e400,\n12345678901234567890123]}").unwrap();
    let object = value.object().unwrap();
    let mut out = Vec::new();
    Json::from(object.get("a").unwrap().raw()).write(&mut out);
    assert_eq!(out, b"[1.0,1e400, 12345678901234567890123]");
}

#[test]
fn a_million_levels_are_read_without_recursion() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(Value::parse(&deep).is_ok());
}

#[test]
fn white_space_is_left_out_between_tokens_only() {
    let json = "{ \"a b\" :\n [1.0 , \"c\\\" d\"] }";
    assert_eq!(compact(json), "{\"a b\":[1.0,\"c\\\" d\"]}");
    assert!(matches!(compact("{\"a\":1}"), Cow::Borrowed(_)));
}

#[test]
fn counts_are_whole_and_not_negative() {
    for (text, count) in [
        ("3", Some(3)),
        ("3.0", Some(3)),
        ("3.5", None),
        ("-3", None),
        ("1e3", None),
        ("\"3\"", None),
    ] {
        assert_eq!(Value::parse(text).unwrap().count(), count, "{text}");
    }
}

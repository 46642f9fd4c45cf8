use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;

fn taken(text: &[u8]) -> Result<(), Fault> {
    let mut scan = Scan::new(text);
    scan.value(0)?;
    scan.end()
}

#[test]
fn strings_end_and_break_at_the_same_byte_whatever_their_length() {
    for length in 0..150 {
        for special in [
            "", "\"", "\\", "\0", "\u{1f}", "\n", "\\n", "\\\"", "\\u00e4", "\\x",
        ] {
            for place in 0..=length {
                let text = format!(
                    "\"{}{special}{}\"",
                    "ä".repeat(place),
                    " ".repeat(length - place)
                );
                assert_eq!(
                    taken(text.as_bytes()).is_ok(),
                    serde_json::from_str::<IgnoredAny>(&text).is_ok(),
                    "{text:?}"
                );
            }
        }
    }
    let odd = b"\" \x7f\x80\xff!#[]\"";
    assert_eq!(Scan::new(odd).string(), Ok(&odd[1..odd.len() - 1]));
}

#[test]
fn what_is_not_ascii_is_noticed_wherever_it_stands() {
    for length in 0..150 {
        let plain = format!("[\"{}\", 1.5e3, true]", "a".repeat(length));
        let mut scan = Scan::new(plain.as_bytes());
        scan.value(0).unwrap();
        assert!(scan.is_ascii());
        for place in 0..=length {
            for before in ["", "\\n", "\\u00e4"] {
                let (head, tail) = ("a".repeat(place), "b".repeat(length - place));
                let text = format!("{{\"x\": [\"{head}{before}\u{e4}{tail}\"]}}");
                let mut scan = Scan::new(text.as_bytes());
                scan.value(0).unwrap();
                assert!(!scan.is_ascii(), "{text}");
            }
        }
    }
    let mut name = Scan::new("{\"\u{e4}\": 1}".as_bytes());
    name.value(0).unwrap();
    assert!(!name.is_ascii());
}

#[test]
fn nesting_is_taken_to_128_levels_and_refused_beyond() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |levels: usize| {
            let core = if open == "[" { "" } else { "1" };
            format!("{}{core}{}", open.repeat(levels), close.repeat(levels))
        };
        assert_eq!(taken(nested(128).as_bytes()), Ok(()));
        assert_eq!(taken(nested(129).as_bytes()), Err(Fault::Depth));
        assert_eq!(taken(nested(1_000_000).as_bytes()), Err(Fault::Depth));
    }
}

#[test]
fn what_is_not_json_is_refused_where_serde_json_refuses_it() {
    for text in [
        "",
        " ",
        "nul",
        "nulll",
        "truE",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "0x1",
        "1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{\"a\":1 \"b\":2}",
        "{'a':1}",
        "\"\n\"",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u123\"",
        "\"",
        "[",
        "{",
        "{\"a\"",
        "[1}",
        "{\"a\":1]",
        "[]]",
        "{}{}",
        "\u{feff}{}",
        "NaN",
        "Infinity",
        "// c\n1",
        "\"\u{0}\"",
        "[1\u{a0}]",
        "-01",
        "00",
        "1e5.5",
        "--1",
    ] {
        assert!(
            serde_json::from_str::<IgnoredAny>(text).is_err(),
            "{text:?}"
        );
        assert!(taken(text.as_bytes()).is_err(), "{text:?}");
    }
    for text in [
        "0",
        "-0",
        "1e400",
        "-1.5E-10",
        " [ ] ",
        "{ }",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "[[],{},\"\",0,null,true,false]",
        "\r\n\t{\"\":{\"\":[]}}\n",
        "\"\u{7f}é日🦀\"",
    ] {
        assert_eq!(
            taken(text.as_bytes()).is_ok(),
            serde_json::from_str::<IgnoredAny>(text).is_ok(),
            "{text:?}"
        );
    }
}

#[test]
fn fields_and_items_are_found_as_written() {
    let text = br#" {"a" : [1, "x", {"b":2} ] ,"\u0061":null,"c":"\"q\"" } "#;
    let mut fields = Fields::of(text).unwrap().unwrap();
    let first = fields.next().unwrap().unwrap();
    assert_eq!(first.name, b"a");
    assert_eq!(
        &text[first.start..first.start + first.value.len()],
        first.value
    );
    let items: Vec<&[u8]> = Items::of(first.value).collect();
    assert_eq!(items, [b"1".as_slice(), b"\"x\"", b"{\"b\":2}"]);
    assert_eq!(field(text, "a"), Some(b"null".as_slice()));
    assert_eq!(text_of(field(text, "c")), "\"q\"");
    assert_eq!(field(text, "d"), None);
    assert_eq!(field(b"[1]", "d"), None);
    assert_eq!(field(b"{\"d\":1", "d"), None);
}

fn text_of(value: Option<&[u8]>) -> String {
    text(value.unwrap()).unwrap().into_owned()
}

/// JSON of any shape, spelled in any way.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        "\"(\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}|[ a-zé日])*\"",
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[ {}\n]", items.join(" ,"))),
            prop::collection::vec(("\"[a-z\\\\n]?\"", inner), 0..6).prop_map(|fields| {
                let fields: Vec<String> =
                    fields.iter().map(|(k, v)| format!("{k}\t: {v}")).collect();
                format!("{{{}\r}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn every_json_is_taken_as_serde_json_takes_it(text in json()) {
        prop_assert_eq!(
            taken(text.as_bytes()).is_ok(),
            serde_json::from_str::<IgnoredAny>(&text).is_ok()
        );
    }

    #[test]
    fn every_broken_json_is_refused_as_serde_json_refuses_it(
        text in json(),
        place in any::<prop::sample::Index>(),
        with in prop_oneof![Just(None), "[\\x00-\\x7f]".prop_map(|c| Some(c.as_bytes()[0]))],
    ) {
        let mut bytes = text.into_bytes();
        let place = place.index(bytes.len());
        match with {
            Some(byte) => bytes[place] = byte,
            None => { bytes.remove(place); }
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            prop_assert_eq!(
                taken(&bytes).is_ok(),
                serde_json::from_str::<IgnoredAny>(text).is_ok(),
                "{:?}", text
            );
        }
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = taken(&bytes);
        let _ = field(&bytes, "model");
        let _ = Items::of(&bytes).count();
    }

    #[test]
    fn json_letters_at_random_are_judged_as_serde_json_judges_them(
        text in "[\\[\\]{}:,\"\\\\u0e+.tfn1-9 a-z-]{0,24}"
    ) {
        prop_assert_eq!(
            taken(text.as_bytes()).is_ok(),
            serde_json::from_str::<IgnoredAny>(&text).is_ok(),
            "{:?}", text
        );
    }
}

use super::*;

fn narrowed(schema: &str) -> (String, Vec<String>) {
    let raw = Raw::parse(schema).unwrap();
    let mut report = Report::default();
    let text = for_messages(&raw, "s", &mut report).to_text();
    (text, report.dropped)
}

#[test]
fn openais_own_models_are_bound_to_objects_alone() {
    let bound = |family, schema: &str| {
        let target = Abilities {
            family,
            ..Abilities::default()
        };
        binds(&Raw::parse(schema).unwrap(), &target)
    };
    for (schema, object) in [
        (r#"{"type":"object"}"#, true),
        (r#"{"properties":{"a":{}}}"#, true),
        (
            r##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"object"}}}"##,
            true,
        ),
        (r#"{"type":["object","null"]}"#, true),
        (r#"{"type":"array","items":{"type":"string"}}"#, false),
        (r#"{"type":"string","enum":["a","b"]}"#, false),
        ("true", false),
    ] {
        assert_eq!(bound(Family::OpenAi, schema), object, "{schema}");
        assert!(bound(Family::Other, schema), "{schema}");
    }
}

#[test]
fn what_anthropic_cannot_bind_moves_into_the_description() {
    let (text, lost) = narrowed(
        r#"{"type":"object","properties":{"age":{"type":"integer","description":"Years","minimum":0,"multipleOf":1.0}}}"#,
    );
    assert_eq!(
        text,
        r#"{"type":"object","properties":{"age":{"type":"integer","description":"Years\n\n{minimum: 0, multipleOf: 1.0}"}},"additionalProperties":false}"#
    );
    assert_eq!(
        lost,
        ["s#/properties/age/minimum", "s#/properties/age/multipleOf"]
    );
}

#[test]
fn alternatives_are_widened_and_reported() {
    let (text, lost) = narrowed(r#"{"oneOf":[{"type":"string"},{"not":{}}]}"#);
    assert_eq!(
        text,
        r#"{"anyOf":[{"type":"string"},{"description":"{not: {}}"}]}"#
    );
    assert_eq!(lost, ["s#/oneOf", "s#/oneOf/1/not"]);
}

#[test]
fn a_schema_that_fits_is_not_touched() {
    let schema = r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"required":["a"],"additionalProperties":false,"$defs":{"x":{"type":["string","null"],"format":"uuid","const":1e400}}}"##;
    let (text, lost) = narrowed(schema);
    let ordered = schema
        .replace(r#","additionalProperties":false"#, "")
        .replace("}}}", r#"}},"additionalProperties":false}"#);
    assert_eq!((text, lost.len()), (ordered, 0));
}

#[test]
fn a_free_map_that_is_closed_is_told() {
    for (schema, lost) in [
        (r#"{"type":"object"}"#, &["s#/additionalProperties"][..]),
        (
            r#"{"type":"object","properties":{},"additionalProperties":{"type":"string"}}"#,
            &["s#/additionalProperties"],
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"object"}}}"#,
            &["s#/properties/a/additionalProperties"],
        ),
        (r#"{"type":"object","additionalProperties":false}"#, &[]),
        (r#"{"type":"object","properties":{"a":{}}}"#, &[]),
    ] {
        let (text, told) = narrowed(schema);
        assert_eq!(told, lost, "{schema}");
        assert!(text.ends_with(r#""additionalProperties":false}"#), "{text}");
    }
}

#[test]
fn a_schema_of_one_word_becomes_an_object() {
    let schema = r#"{"type":"object","properties":{"a":true,"b":false,"c":{"type":"array","items":true},"d":{"anyOf":[true,{"type":"null"}]}},"required":["a"],"additionalProperties":false}"#;
    let raw = Raw::parse(schema).unwrap();
    for write in [for_messages, for_gemini] {
        let mut report = Report::default();
        let text = write(&raw, "s", &mut report).to_text();
        assert_eq!(
            text,
            schema
                .replace(r#""b":false"#, r#""b":{}"#)
                .replace(":true", ":{}")
                .replace("[true", "[{}")
        );
        assert_eq!(report.dropped, ["s#/properties/b"]);
    }
    let mut report = Report::default();
    let text = for_cohere(&raw, "s", &mut report).to_text();
    assert!(!text.contains(":true") && !text.contains("false"), "{text}");
    assert_eq!(report.dropped[0], "s#/properties/b");
}

#[test]
fn a_schema_of_a_tool_is_an_object() {
    let raw = Raw::parse(r#"{"properties":{"a":{"x":[1, 2.50]}}}"#).unwrap();
    assert_eq!(
        of_tool(&raw).to_text(),
        r#"{"type":"object","properties":{"a":{"x":[1,2.50]}}}"#
    );
}

#[test]
fn optional_properties_are_not_strict() {
    let raw = Raw::parse(
        r#"{"type":"object","properties":{"a":{},"b":{}},"required":["a"],"additionalProperties":false}"#,
    )
    .unwrap();
    let mut report = Report::default();
    assert!(!is_strict(&raw, "s", &mut report));
    assert_eq!(report.dropped, ["s#/properties/b"]);
}

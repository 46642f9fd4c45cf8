use super::*;
use crate::dialects::meter::{Meter, Plain};

/// What an answer is, its input and output tokens, and its units.
fn read(service: Service, body: &str) -> (Plain, Option<(u64, u64, Vec<String>)>) {
    let mut meter = Meter::new(Dialect::Service(service), 1);
    let plain = meter.plain(body.as_bytes());
    let told = meter.reading().map(|reading| {
        let tokens = &reading.tokens;
        let units = tokens.units.iter();
        let units = units.map(|(name, count)| format!("{name}={count}"));
        (tokens.input, tokens.output, units.collect())
    });
    (plain, told)
}

fn units(units: &[&str]) -> Vec<String> {
    units.iter().map(|unit| (*unit).to_owned()).collect()
}

#[test]
fn usage_is_read_in_every_providers_words() {
    for (service, body, input, output, wanted) in [
        (
            Service::Embeddings,
            r#"{"data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}"#,
            8,
            0,
            &[][..],
        ),
        (
            Service::VoyageEmbeddings,
            r#"{"data":[],"usage":{"total_tokens":12}}"#,
            12,
            0,
            &[],
        ),
        (
            Service::CohereEmbeddings,
            r#"{"embeddings":{"float":[]},"meta":{"billed_units":{"input_tokens":3,"images":2}}}"#,
            3,
            0,
            &["images=2"],
        ),
        (
            Service::GeminiEmbeddings,
            r#"{"embeddings":[],"usageMetadata":{"promptTokenCount":4}}"#,
            4,
            0,
            &[],
        ),
        (
            Service::VertexEmbeddings,
            r#"{"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":4.0,"truncated":false}}},{"embeddings":{"statistics":{"token_count":3},"values":[2]}}],"metadata":{"billableCharacterCount":9}}"#,
            7,
            0,
            &[],
        ),
        (
            Service::OllamaEmbeddings,
            r#"{"embeddings":[[1]],"prompt_eval_count":5}"#,
            5,
            0,
            &[],
        ),
        (
            Service::CohereRerank,
            r#"{"results":[],"meta":{"billed_units":{"search_units":1}}}"#,
            0,
            0,
            &["searches=1"],
        ),
        (
            Service::Images,
            r#"{"data":[{"url":"u"},{"url":"v"}]}"#,
            0,
            0,
            &["images=2"],
        ),
        (
            Service::Images,
            r#"{"data":[{}],"usage":{"input_tokens":5,"output_tokens":7,"output_tokens_details":{"image_tokens":7}}}"#,
            5,
            7,
            &["image_output_tokens=7"],
        ),
        (
            Service::Transcriptions,
            r#"{"text":"","duration":"8.2","usage":{"type":"duration","seconds":9}}"#,
            0,
            0,
            &["seconds=9"],
        ),
        (
            Service::Transcriptions,
            r#"{"text":"","duration":8.01}"#,
            0,
            0,
            &["seconds=9"],
        ),
    ] {
        let (plain, told) = read(service, body);
        assert_eq!(plain, Plain::Answer, "{body}");
        assert_eq!(told, Some((input, output, units(wanted))), "{body}");
    }
}

#[test]
fn what_is_no_answer_is_told_from_one() {
    for (service, body, wanted) in [
        (
            Service::Embeddings,
            r#"{"error":{"message":"x"}}"#,
            Plain::Error,
        ),
        (
            Service::Embeddings,
            r#"{"object":"error","message":"x"}"#,
            Plain::Error,
        ),
        (
            Service::Embeddings,
            r#"{"usage":{"total_tokens":1}}"#,
            Plain::Unreadable,
        ),
        (Service::Rerank, r#"{"data":[]}"#, Plain::Unreadable),
        (Service::Moderations, r#"{"results":[{"#, Plain::Unreadable),
        (Service::Images, "<html>", Plain::Unreadable),
        (Service::Images, "[]", Plain::Unreadable),
    ] {
        assert_eq!(read(service, body).0, wanted, "{body}");
    }
}

#[test]
fn every_service_is_found_in_its_place() {
    for (place, service) in ALL.iter().enumerate() {
        assert_eq!(*service as usize, place);
    }
}

#[test]
fn a_text_is_billed_by_its_characters_not_its_bytes() {
    for (body, count) in [
        (r#"{"input":"Gr\u00fc\u00dfe \ud83d\ude00"}"#, 7),
        (r#"{"input":"日本"}"#, 2),
        (r#"{"input":7}"#, 0),
        ("", 0),
    ] {
        let units = characters(body.as_bytes()).tokens.units;
        let counted = units.get("characters").copied().unwrap_or(0);
        assert_eq!(counted, count, "{body}");
    }
}

//! The script against the arithmetic it repeats; needs a Redis that `MANTI_TEST_REDIS` names.

use proptest::prelude::*;

use super::*;
use crate::limits::authority::{Claim, Tallies, Terms, Used};
use crate::limits::measure::Measure;
use crate::models::id;

const NOW: &str = "local clock = redis.call('TIME')";

/// One claim, and how long after the one before.
#[derive(Debug, Clone)]
struct Step {
    after: u64,
    replica: usize,
    measure: Measure,
    limit: u64,
    need: u64,
    want: u64,
    /// Of what it had, in tenths.
    used: u64,
    lost: bool,
    /// For each other replica that may be cut off: of how many it knew.
    away: Vec<u64>,
}

fn step() -> impl Strategy<Value = Step> {
    let measure = prop::sample::select(Measure::ALL.to_vec());
    let amounts = (1_u64..200, 0_u64..60, 0_u64..100, 0_u64..=10);
    let when = prop_oneof![0_u64..3, 50_u64..70, 3000_u64..4000];
    let away = prop::collection::vec(1_u64..5, 0..4);
    (when, 0_usize..3, measure, amounts, any::<bool>(), away).prop_map(
        |(after, replica, measure, (limit, need, want, used), lost, away)| Step {
            after,
            replica,
            measure,
            limit,
            need,
            want,
            used,
            lost,
            away,
        },
    )
}

/// What a replica knows of one meter.
#[derive(Debug, Clone, Copy, Default)]
struct Mine {
    number: u64,
    answered: u64,
    held: u64,
    until: u64,
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn server() -> Option<Client> {
    let url = std::env::var("MANTI_TEST_REDIS").ok();
    if url.is_none() {
        eprintln!("skipped: MANTI_TEST_REDIS does not name a Redis server");
    }
    url.map(|url| Client::open(url).expect("an address of Redis"))
}

fn claim(step: &Step, mine: &mut Mine, now: u64) -> Claim {
    mine.number += 1;
    let spent = mine.held * step.used / 10;
    let label = step
        .measure
        .width()
        .map_or(0, |width| width.label(Moment(now * 1_000_000)));
    let changes = match step.measure.width() {
        Some(_) if spent > 0 => vec![
            (label.min(mine.until), i64::try_from(spent).unwrap_or(0)),
            (label.saturating_sub(1), -1),
        ],
        _ => Vec::new(),
    };
    Claim {
        number: mine.number,
        answered: mine.answered,
        used: vec![Used {
            claim: mine.number,
            changes,
        }],
        keep: mine.held - spent,
        need: step.need,
        least: step.need / 2,
        want: step.want,
        limit: step.limit,
    }
}

/// Runs the same claims through both and compares every grant.
fn agree(client: &Client, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut connection = client.get_connection().expect("a connection");
    let run = id::mint("run");
    let names: [Arc<str>; 3] = ["a".into(), "b".into(), "c".into()];
    let mut tallies = Tallies::default();
    let mut mine = std::collections::HashMap::<(usize, Measure), Mine>::new();
    let mut now = 1_700_000_000;
    for step in steps {
        now += step.after;
        let mine = mine.entry((step.replica, step.measure)).or_default();
        let claim = claim(step, mine, now);
        let terms = Terms {
            now: Moment(now * 1_000_000),
            replica: Arc::clone(&names[step.replica]),
            alive: names.to_vec(),
            lost: step.away.clone(),
        };
        let expected = tallies.settle(step.measure, &claim, &terms);
        let text = SETTLE.replace(NOW, &format!("local clock = {{'{now}', '0'}}"));
        let script = Script::new(&text);
        let mut call = script.prepare_invoke();
        let others = format!("{{manti}}:{run}:replicas");
        for name in &names {
            ::redis::cmd("HSET")
                .arg(&others)
                .arg(&**name)
                .arg(format!("{}:3", now * 1000))
                .exec(&mut connection)
                .expect("a replica");
        }
        for at in 0..4 {
            let field = format!("away_{at}");
            let mut told = match step.away.get(at) {
                Some(_) => ::redis::cmd("HSET"),
                None => ::redis::cmd("HDEL"),
            };
            told.arg(&others).arg(field);
            if let Some(seen) = step.away.get(at) {
                told.arg(format!("{}:{seen}", (now - 20) * 1000));
            }
            told.exec(&mut connection).expect("one that is away");
        }
        let claimant = serde_json::json!({
            "id": &*names[step.replica], "seen": 3, "lease": 15_000, "overdue": 3_000,
            "grace": 600_000, "leaves": false, "known": null,
        });
        call.key(&others).arg(claimant.to_string());
        call.key(format!("{{manti}}:{run}:meter"));
        call.arg(serde_json::to_string(&[(step.measure, &claim)]).expect("JSON"));
        let (_, count, grants): (String, u64, Vec<String>) =
            call.invoke(&mut connection).expect("the script runs");
        prop_assert_eq!(count, 3 + step.away.len() as u64);
        let found = read(&grants[0]).expect("grants").remove(0);
        prop_assert_eq!(&found, &expected, "{:?} at {}", step, now);
        if !step.lost {
            mine.answered = mine.number;
        }
        mine.held = claim.keep + expected.extra;
        mine.until = expected.until;
    }
    Ok(())
}

#[test]
fn the_script_grants_what_the_arithmetic_does() {
    let Some(client) = server() else {
        return;
    };
    proptest!(ProptestConfig::with_cases(64), |(steps in prop::collection::vec(step(), 1..40))| {
        agree(&client, &steps)?;
    });
}

//! Every list and report agrees with the records, whatever it is narrowed to.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use manti::models::api_key::Rules;
use manti::models::clock::Timestamp;
use manti::models::id;
use manti::models::money::Money;
use manti::models::team::Team;
use manti::models::usage::Record;
use manti::models::user::User;
use manti::store::Store;
use manti::store::usage::{By, Filter, Sums};

use super::records::{Dice, REPLICA, all, at, cursor, record, sum, user};
use crate::support::engines::both;

const GROUPINGS: [&str; 10] = [
    "user", "team", "key", "model", "provider", "day", "hour", "endpoint", "end_user", "tag:team",
];

fn start() -> Timestamp {
    at("2026-10-30T22:00:00Z")
}

fn seconds(count: u64) -> TimeDelta {
    TimeDelta::seconds(count.cast_signed())
}

/// Bursts and silence over the end of a month, and everything that can be of one kind or another.
fn any_record(dice: &mut Dice, users: &[User], teams: &[Team]) -> Record {
    let who = &users[usize::try_from(dice.roll(2)).unwrap()];
    let when = start()
        + seconds(dice.roll(40) * 3600 + dice.roll(1200))
        + TimeDelta::microseconds(dice.roll(3).cast_signed() * 500_000);
    let mut one = record(who, when);
    one.key_id = match dice.roll(4) {
        0 => None,
        n => Some(format!("key_{n}").into()),
    };
    one.team_id = match usize::try_from(dice.roll(3)).unwrap() {
        0 => None,
        n => Some(teams[n - 1].id.as_str().into()),
    };
    one.endpoint = dice.pick(&["chat.completions", "messages"]).into();
    one.provider = dice.pick(&["openai", "anthropic", "demo"]).into();
    one.model = dice.pick(&["gpt-4o-2024-08-06", "claude", "echo"]).into();
    one.requested_model = dice.pick(&["default", "claude", "echo", "gpt-4o"]).into();
    let statuses = ["ok", "ok", "error", "cancelled", "interrupted", "rejected"];
    one.status = dice.pick(&statuses).parse().unwrap();
    one.end_user = (dice.roll(2) == 0).then(|| dice.pick(&["u1", "u2"]).to_owned());
    if dice.roll(2) == 0 {
        one.tags = [("team".to_owned(), dice.pick(&["red", "blue"]).to_owned())].into();
    }
    one.tokens.input = dice.roll(5000);
    one.tokens.output = dice.roll(500);
    let money = |dice: &mut Dice| {
        (dice.roll(5) > 0).then(|| Money::from_nanos(dice.roll(1 << 30).cast_signed()))
    };
    one.cost = money(dice);
    one.price = money(dice);
    one
}

fn any_filter(dice: &mut Dice, users: &[User]) -> Filter {
    let maybe =
        |dice: &mut Dice, of: &[&str]| (dice.roll(3) == 0).then(|| dice.pick(of).to_owned());
    let moment = |dice: &mut Dice| {
        let at = start() + seconds(dice.roll(42 * 60) * 60 + dice.roll(2) * 30);
        (dice.roll(3) > 0).then_some(at)
    };
    Filter {
        from: moment(dice),
        to: moment(dice),
        user: maybe(dice, &["ada@example.com", &users[1].id, "eve@example.com"]),
        key: maybe(dice, &["key_1", "key_2", "key_9"]),
        model: maybe(dice, &["claude", "echo", "default", "none"]),
        team: maybe(dice, &["red", &users[0].id, "team_gone"]),
        request: None,
    }
}

fn means(filter: &Filter, record: &Record, names: &BTreeMap<String, String>) -> bool {
    filter.from.is_none_or(|from| record.created_at >= from)
        && filter.to.is_none_or(|to| record.created_at < to)
        && filter
            .user
            .as_ref()
            .is_none_or(|who| *who == *record.user_id || *who == names[&*record.user_id])
        && filter
            .key
            .as_deref()
            .is_none_or(|key| record.key_id.as_deref() == Some(key))
        && filter.team.as_ref().is_none_or(|who| {
            let id = record.team_id.as_deref();
            id.is_some_and(|id| *who == *id || *who == names[id])
        })
        && filter
            .model
            .as_deref()
            .is_none_or(|model| *record.model == *model || *record.requested_model == *model)
}

fn group(by: &By, record: &Record, names: &BTreeMap<String, String>) -> String {
    match by {
        By::User => names[&*record.user_id].clone(),
        By::Team => record
            .team_id
            .as_deref()
            .map_or_else(String::new, |id| names[id].clone()),
        By::Key => record.key_id.as_deref().unwrap_or_default().to_owned(),
        By::Model => record.model.to_string(),
        By::Provider => record.provider.to_string(),
        By::Endpoint => record.endpoint.to_string(),
        By::Day => record.created_at.format("%Y-%m-%d").to_string(),
        By::Hour => record.created_at.format("%Y-%m-%dT%H:00:00Z").to_string(),
        By::EndUser => record.end_user.clone().unwrap_or_default(),
        By::Tag(name) => record.tags.get(name).cloned().unwrap_or_default(),
    }
}

async fn team(store: &Store, name: &str) -> Team {
    let team = Team {
        id: id::mint("team"),
        name: name.to_owned(),
        rules: Rules::default(),
        created_at: at("2026-01-01T00:00:00Z"),
    };
    let mut tx = store.act().await.unwrap();
    tx.add_team(&team).await.unwrap();
    tx.commit(&crate::support::engines::done()).await.unwrap();
    team
}

both! {
    async fn reports_and_lists_agree_with_the_records(engine: &Engine) {
        let store = &engine.store;
        let mut dice = Dice(7);
        let users = [
            user(store, "ada@example.com").await,
            user(store, "bob@example.com").await,
            user(store, "eve@example.com").await,
        ];
        let teams = [team(store, "red").await, team(store, "blue").await];
        let mut records: Vec<Record> =
            (0..1500).map(|_| any_record(&mut dice, &users, &teams)).collect();
        for (n, batch) in records.chunks(97).enumerate() {
            store.record_batch(REPLICA, cursor(n as u64), batch).await.unwrap();
        }
        records.sort_by(|a, b| (b.created_at, &b.request_id).cmp(&(a.created_at, &a.request_id)));
        let spent = store.spent_by_key(&["key_1", "key_3", "key_none"]).await.unwrap();
        assert_eq!(spent.len(), 2);
        for (key, spent) in spent {
            let of_key = |record: &&Record| record.key_id.as_deref() == Some(&*key);
            assert_eq!(spent, sum(records.iter().filter(of_key)).price, "{key}");
        }
        let mut names: BTreeMap<String, String> =
            users.iter().map(|user| (user.id.clone(), user.email.clone())).collect();
        names.extend(teams.iter().map(|team| (team.id.clone(), team.name.clone())));
        for n in 0..60 {
            let filter = any_filter(&mut dice, &users);
            let meant: Vec<&Record> =
                records.iter().filter(|record| means(&filter, record, &names)).collect();
            let total = sum(meant.iter().copied());
            let listed = all(store, &filter, if n % 2 == 0 { 1000 } else { 7 }).await;
            let listed: Vec<&Record> = listed.iter().map(|stored| &stored.record).collect();
            assert_eq!(listed, meant, "{filter:?}");
            assert_eq!(store.usage_total(&filter).await.unwrap(), total, "{filter:?}");
            for by in GROUPINGS {
                let by: By = by.parse().unwrap();
                let report = store.usage_report(&filter, &by).await.unwrap();
                let mut groups: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
                for record in &meant {
                    groups.entry(group(&by, record, &names)).or_default().push(record);
                }
                let told: BTreeMap<String, Sums> =
                    report.data.iter().map(|row| (row.group.clone(), row.sums)).collect();
                let expected: BTreeMap<String, Sums> =
                    groups.into_iter().map(|(group, of)| (group, sum(of))).collect();
                assert_eq!(told, expected, "{by:?} {filter:?}");
                assert_eq!(told.len(), report.data.len());
                assert_eq!(report.total, total, "{by:?} {filter:?}");
                assert!(!report.truncated);
            }
        }
    }
}

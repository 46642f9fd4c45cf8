//! Ten million records: pages stay quick, however they are narrowed.
//!
//! Takes minutes and gigabytes, so it runs with `MANTI_TEST_LONG=1` only. `MANTI_TEST_ROWS` sets
//! another number.

use std::time::{Duration, Instant};

use manti::models::page::Request;
use manti::models::user::{Role, Status, User};
use manti::store::Store;
use manti::store::usage::{By, Filter};
use sqlx::AssertSqlSafe;

use crate::support::engines::{Engine, both};

/// A year of calls: a thousand keys of a hundred users, one of which calls once in a thousand
/// calls, and a model that is hardly ever asked for.
const COLUMNS: &str = "request_id, user_id, account_id, key_id, tags, endpoint, requested_model, \
     provider, model, status, http_status, stream, attempts, input_tokens, cached_input_tokens, \
     cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, units, cost, \
     price, prices, price_source, usage_source, flags, latency_ms, created_at";

const VALUES: &str = "'req_' || CAST(1000000000 + i AS TEXT), \
     'usr_' || CAST((i * 7919) % 100 AS TEXT), 'acc', 'key_' || CAST((i * 7919) % 1000 AS TEXT), \
     '{}', 'chat.completions', \
     CASE WHEN i % 1000003 = 5 THEN 'rare' ELSE 'default' END, 'openai', \
     'model-' || CAST(i % 5 AS TEXT), 'ok', 200, 1, 1, 1000, 0, 0, 0, 100, 0, '{}', 1000, 1000, \
     '{}', 'book', 'provider', '[]', 900";

const SUMS: &str = "INSERT INTO usage_rollup SELECT $BUCKET, user_id, key_id, endpoint, \
     requested_model, provider, model, status, COUNT(*), 0, 0, SUM(input_tokens), 0, 0, \
     SUM(output_tokens), 0, SUM(cost), SUM(price) FROM usage \
     GROUP BY 1, user_id, key_id, endpoint, requested_model, provider, model, status";

async fn seed(engine: &Engine, rows: u64) {
    let step = 31_536_000_000_000 / rows;
    match &engine.store {
        Store::Sqlite(db) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(db.file())
                .pragma("synchronous", "OFF")
                .pragma("cache_size", "-200000");
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            let moment = format!(
                "strftime('%Y-%m-%dT%H:%M:%S', 1735689600 + i * {step} / 1000000, 'unixepoch') \
                 || printf('.%06d+00:00', (i * {step} / 1000000 * 1000000 + i) % 1000000)"
            );
            let fill = format!(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {rows}) \
                 INSERT INTO usage ({COLUMNS}) SELECT {VALUES}, {moment} FROM n"
            );
            sqlx::query(AssertSqlSafe(fill))
                .execute(&pool)
                .await
                .unwrap();
            let bucket = "strftime('%Y-%m-%dT%H:%M:%S+00:00', \
                 unixepoch(substr(created_at, 1, 19)) / 900 * 900, 'unixepoch')";
            let sums = SUMS.replace("$BUCKET", bucket);
            sqlx::query(AssertSqlSafe(sums))
                .execute(&pool)
                .await
                .unwrap();
            pool.close().await;
        }
        Store::Postgres(_) => {
            let pool = sqlx::PgPool::connect(&engine.url).await.unwrap();
            let months = "SELECT usage_partition((DATE '2025-01-01' + n * INTERVAL '1 month')::DATE) \
                 FROM generate_series(0, 11) n";
            sqlx::query(months).execute(&pool).await.unwrap();
            let moment =
                format!("TIMESTAMPTZ '2025-01-01Z' + i * {step} * INTERVAL '1 microsecond'");
            let values = VALUES
                .replace("'{}'", "CAST('{}' AS JSONB)")
                .replace("'[]'", "CAST('[]' AS JSONB)")
                .replace("200, 1, 1", "200, TRUE, 1");
            let fill = format!(
                "INSERT INTO usage ({COLUMNS}) SELECT {values}, {moment} \
                 FROM generate_series(0::BIGINT, {rows} - 1) i"
            );
            sqlx::query(AssertSqlSafe(fill))
                .execute(&pool)
                .await
                .unwrap();
            let bucket = "date_bin('15 minutes', created_at, TIMESTAMPTZ '2025-01-01Z')";
            let sums = SUMS.replace("$BUCKET", bucket);
            sqlx::query(AssertSqlSafe(sums))
                .execute(&pool)
                .await
                .unwrap();
            sqlx::query("ANALYZE").execute(&pool).await.unwrap();
            pool.close().await;
        }
    }
}

both! {
    async fn pages_of_ten_million_records_take_under_a_second(engine: &Engine) {
        if std::env::var("MANTI_TEST_LONG").as_deref() != Ok("1") {
            return;
        }
        let rows = std::env::var("MANTI_TEST_ROWS").map_or(10_000_000, |rows| rows.parse().unwrap());
        let seven = User {
            id: "usr_7".to_owned(),
            email: "seven@example.com".to_owned(),
            name: String::new(),
            role: Role::Member,
            status: Status::Active,
            account_id: "acc_7".to_owned(),
            rules: manti::models::api_key::Rules::default(),
            created_at: "2025-01-01T00:00:00Z".parse().unwrap(),
        };
        let mut tx = engine.store.act().await.unwrap();
        tx.add_user(&seven, None).await.unwrap();
        tx.commit(&crate::support::engines::done()).await.unwrap();
        seed(engine, rows).await;
        let some = |what: &str| Some(what.to_owned());
        let filters = [
            Filter::default(),
            Filter { user: some("seven@example.com"), ..Filter::default() },
            Filter { key: some("key_77"), ..Filter::default() },
            Filter { key: some("key_none"), ..Filter::default() },
            Filter { model: some("model-3"), ..Filter::default() },
            Filter { model: some("default"), ..Filter::default() },
            Filter { model: some("rare"), ..Filter::default() },
            Filter { key: some("key_77"), model: some("rare"), ..Filter::default() },
            Filter { to: Some("2025-06-01T00:00:07Z".parse().unwrap()), ..Filter::default() },
            Filter {
                key: some("key_77"),
                to: Some("2025-06-01T00:00:07Z".parse().unwrap()),
                ..Filter::default()
            },
            Filter { request: some("req_1000000500"), ..Filter::default() },
        ];
        let mut slow = Vec::new();
        for filter in filters {
            let mut page = Request::first(100);
            for number in 1..=3 {
                let asked = Instant::now();
                let some = engine.store.usage_list(&filter, &page).await.unwrap();
                let took = asked.elapsed();
                told(engine, &format!("page {number}, {} rows", some.data.len()), took, &filter);
                if took > Duration::from_secs(1) {
                    slow.push((filter.clone(), number, took));
                }
                page.cursor = some.next_cursor;
                if page.cursor.is_none() {
                    break;
                }
            }
        }
        let asked = Instant::now();
        let report = engine.store.usage_report(&Filter::default(), &By::Model).await.unwrap();
        told(engine, "report of the year by model", asked.elapsed(), &Filter::default());
        assert_eq!(report.total.requests, rows);
        assert_eq!(slow, Vec::new());
    }
}

#[expect(clippy::print_stderr, reason = "who runs it wants to see the figures")]
fn told(engine: &Engine, what: &str, took: Duration, filter: &Filter) {
    eprintln!("{}: {what}: {took:?} {filter:?}", engine.store.engine());
}

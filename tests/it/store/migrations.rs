//! The schema gets to where the program expects it, once, whoever starts.

use std::collections::BTreeMap;

use manti::store::Store;
use manti::store::migrate::MigrateError;

use crate::support::engines::{Engine, both, config};

both! {
    async fn migrating_again_finds_nothing_to_do(engine: &Engine) {
        assert_eq!(engine.store.migrate().await.unwrap(), Vec::new());
        let schema = engine.store.schema().await.unwrap();
        assert!(!schema.is_empty());
        assert!(schema.iter().all(|version| version.applied_at.is_some()));
    }

    async fn an_older_program_runs_on_a_schema_that_says_it_may(engine: &Engine) {
        newer(engine, 9001, 1).await;
        assert_eq!(engine.again().migrate().await.unwrap(), Vec::new());
        let schema = engine.store.schema().await.unwrap();
        assert_eq!(schema.last().map(|last| last.version), Some(9001));
    }

    async fn an_older_program_is_refused_by_a_schema_that_left_it_behind(engine: &Engine) {
        newer(engine, 9001, 9000).await;
        let refused = engine.again().migrate().await.unwrap_err();
        let told = refused.to_string();
        assert!(matches!(refused, MigrateError::TooNew { schema: 9001, needs: 9000, .. }), "{told}");
        assert!(told.contains("upgrade manti"), "{told}");
    }

    async fn a_migration_that_reads_differently_is_refused(engine: &Engine) {
        execute(engine, "UPDATE schema_migrations SET checksum = 'other' WHERE version = 2").await;
        let refused = engine.again().migrate().await.unwrap_err();
        assert!(matches!(refused, MigrateError::Changed(2)), "{refused}");
    }
}

async fn newer(engine: &Engine, version: i64, compatible_from: i64) {
    let sql = format!(
        "INSERT INTO schema_migrations \
         (version, name, checksum, compatible_from, applied_at, applied_by) \
         VALUES ({version}, 'later', '', {compatible_from}, '2030-01-01T00:00:00+00:00', '9.0.0')"
    );
    execute(engine, &sql).await;
}

async fn execute(engine: &Engine, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match &engine.store {
        Store::Sqlite(db) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(db.file());
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
        Store::Postgres(_) => {
            let pool = sqlx::PgPool::connect(&engine.url).await.unwrap();
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }
}

/// Tables and columns with their types, the engines' words for one type made the same.
async fn columns(engine: &Engine) -> BTreeMap<String, String> {
    let rows: Vec<(String, String, String)> = match &engine.store {
        Store::Sqlite(db) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(db.file());
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::query_as(
                "SELECT t.name, c.name, c.type || CASE WHEN c.\"notnull\" THEN ' NOT NULL' ELSE '' END \
                 FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'",
            )
            .fetch_all(&pool)
            .await
            .unwrap()
        }
        Store::Postgres(_) => {
            let pool = sqlx::PgPool::connect(&engine.url).await.unwrap();
            sqlx::query_as(
                "SELECT c.table_name::text, c.column_name::text, \
                 CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER' \
                 WHEN 'bytea' THEN 'BLOB' ELSE 'TEXT' END || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END \
                 FROM information_schema.columns c WHERE table_schema = 'public' \
                 AND table_name NOT LIKE 'usage\\_2%' AND table_name <> 'usage_default'",
            )
            .fetch_all(&pool)
            .await
            .unwrap()
        }
    };
    rows.into_iter()
        .map(|(table, column, kind)| (format!("{table}.{column}"), kind))
        .collect()
}

#[tokio::test]
async fn both_engines_have_the_same_tables_and_columns() {
    let sqlite = Engine::sqlite().await;
    let Some(postgres) = Engine::postgres().await else {
        return;
    };
    let (one, other) = (columns(&sqlite).await, columns(&postgres).await);
    assert!(one.len() > 50, "{one:?}");
    assert_eq!(one, other);
    sqlite.close().await;
    postgres.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_five_that_migrate_an_sqlite_file_at_once_one_applies_and_all_succeed() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        at_once("sqlite://manti.db", folder.path()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_five_that_migrate_a_postgres_database_at_once_one_applies_and_all_succeed() {
    let Some(engine) = Engine::postgres().await else {
        return;
    };
    execute(&engine, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    at_once(&engine.url, engine.data_dir()).await;
    engine.close().await;
}

/// Five stores of one database; each has pools and locks of its own, as a process has.
async fn at_once(url: &str, folder: &std::path::Path) {
    let expected = {
        let other = tempfile::tempdir().unwrap();
        let store = Store::open(&config("sqlite://manti.db", other.path())).unwrap();
        store.schema().await.unwrap().len()
    };
    let all = (0..5).map(|_| {
        let store = Store::open(&config(url, folder)).unwrap();
        tokio::spawn(async move {
            let applied = store.migrate().await.unwrap().len();
            store.ready().await.unwrap();
            store.close().await;
            applied
        })
    });
    let mut applied = 0;
    for one in all.collect::<Vec<_>>() {
        applied += one.await.unwrap();
    }
    assert_eq!(applied, expected);
}

#[tokio::test]
async fn what_is_pending_is_told_with_its_sql_and_nothing_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&config("sqlite://manti.db", folder.path())).unwrap();
    for _ in 0..2 {
        let schema = store.schema().await.unwrap();
        assert!(schema.iter().all(|version| version.applied_at.is_none()));
        assert!(schema[0].sql.unwrap().contains("CREATE TABLE users"));
    }
}

#[tokio::test]
async fn a_postgres_that_is_away_is_no_reason_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing listens on the port of discard.
    let store = Store::open(&config("postgres://nobody@127.0.0.1:9/none", folder.path())).unwrap();
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, MigrateError::Unavailable(_)), "{refused}");
    assert!(store.ready().await.unwrap_err().is_unavailable());
}

#[tokio::test]
async fn the_sqlite_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let store = Store::open(&config("sqlite://manti.db", &data_dir)).unwrap();
    store.migrate().await.unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data_dir), 0o700);
    for file in std::fs::read_dir(&data_dir).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

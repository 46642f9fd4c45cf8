//! The audit log is only added to, and nothing is done without it.

use manti::auth::AccountError;
use manti::models::page::Request;
use manti::store::{AuditFilter, Store};

use super::Process;
use crate::support::engines::both;

both! {
    async fn nobody_changes_or_deletes_what_was_done(engine: &Engine) {
        let one = Process::on(engine);
        one.user("ada@example.com").await;
        let before = one.accounts.list_audit(&AuditFilter::default(), &Request::default()).await.unwrap();
        let both = [
            "UPDATE audit SET action = 'x'",
            "DELETE FROM audit",
            "DELETE FROM audit WHERE id = 'none' OR 1 = 1",
            "INSERT INTO audit SELECT * FROM audit WHERE 1 = 1 ON CONFLICT (id) DO UPDATE SET action = 'x'",
        ];
        // What is replaced is deleted without a word.
        let sqlite = [
            "INSERT OR REPLACE INTO audit SELECT * FROM audit",
            "REPLACE INTO audit (id, at, via, action, subject_kind, subject) \
             SELECT id, at, via, 'x', subject_kind, subject FROM audit",
            "REPLACE INTO audit (rowid, id, at, via, action, subject_kind, subject) \
             SELECT rowid, 'aud_x', at, via, 'x', subject_kind, subject FROM audit",
            "UPDATE OR REPLACE audit SET action = 'x'",
        ];
        let postgres = ["TRUNCATE audit", "TRUNCATE users, audit CASCADE"];
        let own = match &engine.store {
            Store::Sqlite(_) => &sqlite[..],
            Store::Postgres(_) => &postgres[..],
        };
        for sql in both.iter().chain(own) {
            let sql = *sql;
            let refused = match &engine.store {
                Store::Sqlite(db) => {
                    let url = format!("sqlite://{}", db.file().display());
                    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
                    let refused = sqlx::query(sql).execute(&pool).await.map(drop);
                    pool.close().await;
                    refused
                }
                Store::Postgres(_) => {
                    let pool = sqlx::PgPool::connect(&engine.url).await.unwrap();
                    let refused = sqlx::query(sql).execute(&pool).await.map(drop);
                    pool.close().await;
                    refused
                }
            };
            let refused = refused.expect_err(sql).to_string();
            assert!(refused.contains("only added to"), "{sql}: {refused}");
        }
        let page = one.accounts.list_audit(&AuditFilter::default(), &Request::default()).await;
        assert_eq!(page.unwrap().data, before.data);
        // And it goes on being added to.
        one.user("grace@example.com").await;
        let page = one.accounts.list_audit(&AuditFilter::default(), &Request::default()).await;
        assert_eq!(page.unwrap().data.len(), 2);
    }

    async fn what_is_refused_leaves_nothing_in_the_log(engine: &Engine) {
        let one = Process::on(engine);
        let ada = one.user("ada@example.com").await;
        let refused = one.accounts.create_user(manti::auth::NewUser {
            email: "ada@example.com".to_owned(),
            name: String::new(),
            role: manti::models::user::Role::Member,
            password: None,
            rules: manti::models::api_key::Rules::default(),
        });
        assert!(matches!(refused.await, Err(AccountError::Conflict(_))));
        let log = one.accounts.list_audit(&AuditFilter::default(), &Request::default()).await.unwrap();
        let told: Vec<_> = log.data.iter().map(|acted| (&*acted.actor, &*acted.entry.action)).collect();
        assert_eq!(told, [("cli", "user.create")]);
        let entry = &log.data[0].entry;
        assert_eq!(entry.subject, ada.id);
        assert_eq!(entry.after.as_ref().unwrap()["email"], "a***@example.com");
        let odd = AuditFilter { subject: Some("\0".to_owned()), ..AuditFilter::default() };
        assert!(one.accounts.list_audit(&odd, &Request::default()).await.unwrap().data.is_empty());
        let seen = one.seen_by(&ada).await;
        let refused = seen.list_audit(&AuditFilter::default(), &Request::default()).await;
        assert!(matches!(refused, Err(AccountError::Forbidden)));
    }
}

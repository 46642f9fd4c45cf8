//! A gateway with the text of a configuration file, its clients and its books.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use manti::auth::NewUser;
use manti::config::{Flags, Sources};
use manti::models::api_key::Rules;
use manti::models::user::{Role, User};
use serde_json::Value;

use super::client::Client;
use super::manti::Manti;

/// How long a record may take from the journal to the database.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running gateway; stopped when dropped.
pub(crate) struct Gateway {
    manti: Manti,
    /// Owns the keys: an admin, so that every record can be read.
    owner: User,
    reader: Client,
    folder: tempfile::TempDir,
}

impl Gateway {
    /// Starts with the text of a configuration file.
    pub(crate) async fn start(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("manti.toml");
        std::fs::write(&file, settings).unwrap();
        let sources = Sources {
            asked: Some(file),
            flags: Flags {
                data_dir: Some(folder.path().join("data")),
                listen: Some("127.0.0.1:0".to_owned()),
                ..Flags::default()
            },
            ..Sources::default()
        };
        let loaded = manti::config::load(&sources)
            .unwrap_or_else(|complaints| panic!("{complaints:?} in {settings}"));
        let manti = Box::pin(Manti::of(loaded.config)).await;
        let owner = NewUser {
            email: "ada@example.com".to_owned(),
            name: String::new(),
            role: Role::Admin,
            password: None,
            rules: Rules::default(),
        };
        let owner = Box::pin(manti.accounts.create_user(owner)).await.unwrap();
        let (_, secret) = Box::pin(manti.key_with(&owner.id, Rules::default())).await;
        Self {
            reader: Client::new(manti.address, &secret),
            manti,
            owner,
            folder,
        }
    }

    /// A client with a key that has no limits.
    pub(crate) async fn client(&self) -> Client {
        self.limited(&Value::Object(serde_json::Map::new())).await
    }

    /// A client of somebody else.
    pub(crate) async fn stranger(&self) -> Client {
        let stranger = NewUser {
            email: "grace@example.com".to_owned(),
            name: String::new(),
            role: Role::Member,
            password: None,
            rules: Rules::default(),
        };
        let stranger = Box::pin(self.manti.accounts.create_user(stranger)).await;
        let id = stranger.unwrap().id;
        let (_, secret) = Box::pin(self.manti.key_with(&id, Rules::default())).await;
        Client::new(self.manti.address, &secret)
    }

    /// A client with a key of its own and these limits.
    pub(crate) async fn limited(&self, rules: &Value) -> Client {
        let rules = Rules {
            caps: serde_json::from_value(rules.clone()).unwrap(),
            ..Rules::default()
        };
        let (_, secret) = Box::pin(self.manti.key_with(&self.owner.id, rules)).await;
        Client::new(self.manti.address, &secret)
    }

    /// A client with a key of its own and these rules.
    pub(crate) async fn ruled(&self, rules: Rules) -> Client {
        let (_, secret) = Box::pin(self.manti.key_with(&self.owner.id, rules)).await;
        Client::new(self.manti.address, &secret)
    }

    /// The usage records of these requests by their ids, once all are there or it takes too long.
    pub(crate) async fn records(&self, ids: HashSet<String>) -> HashMap<String, Value> {
        let began = Instant::now();
        loop {
            let mut records: HashMap<String, Value> = HashMap::new();
            for record in self.pages().await {
                let id = record["request_id"].as_str().unwrap_or_default();
                if ids.contains(id) {
                    let before = records.insert(id.to_owned(), record.clone());
                    assert!(before.is_none(), "{id} is recorded twice");
                }
            }
            if records.len() == ids.len() || began.elapsed() > PATIENCE {
                return records;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// All usage records, once there are so many.
    pub(crate) async fn usage(&self, at_least: usize) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let records = self.pages().await;
            if records.len() >= at_least {
                return records;
            }
            let (have, waited) = (records.len(), began.elapsed());
            assert!(waited < PATIENCE, "{have} of {at_least} records");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn pages(&self) -> Vec<Value> {
        let mut records = Vec::new();
        let mut path = "/api/v1/usage?limit=1000".to_owned();
        loop {
            let page = self.reader.get(&path).await.json().await;
            let data = page["data"].as_array();
            records.extend(data.unwrap_or_else(|| panic!("no records: {page}")).clone());
            let Some(cursor) = page["next_cursor"].as_str() else {
                return records;
            };
            path = format!("/api/v1/usage?limit=1000&cursor={cursor}");
        }
    }

    /// The record of a request, once it is there.
    pub(crate) async fn record(&self, request_id: &str) -> Value {
        assert!(!request_id.is_empty(), "the answer has no id");
        let began = Instant::now();
        loop {
            let answer = self
                .reader
                .get(&format!("/api/v1/usage/{request_id}"))
                .await;
            let status = answer.status;
            let record = answer.json().await;
            if status == 200 {
                return record;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "no record of {request_id}: {record}"
            );
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    /// The settlement of a request as it stands in the journal's files.
    pub(crate) fn journalled(&self, request_id: &str) -> Option<Value> {
        let folder = self.folder.path().join("data/journal");
        let mut found = None;
        for file in files(&folder) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            for start in memchr::memmem::find_iter(&bytes, b"\xFFMJ\x01") {
                let number = |at: usize| {
                    let four = bytes.get(start + at..start + at + 4)?;
                    Some(u32::from_le_bytes(four.try_into().ok()?))
                };
                let (Some(length), Some(2)) = (number(4), number(12)) else {
                    continue;
                };
                let payload = start + 32..start + 32 + length as usize;
                let record: Value = bytes
                    .get(payload)
                    .and_then(|payload| rmp_serde::from_slice(payload).ok())
                    .unwrap_or_default();
                if record["request_id"] == request_id {
                    assert!(found.is_none(), "{request_id} is settled twice");
                    found = Some(record);
                }
            }
        }
        found
    }
}

/// Every file in a folder and below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

//! Limits that processes share through their database.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use manti::config::Secret;
use manti::limits::{Admission, Asked, Estimate, Exceeded, Limits, Measure, Sharing, Taking};
use manti::models::api_key::Rules;
use manti::models::caps::Caps;
use manti::models::clock::Clock;
use manti::models::id;
use manti::models::principal::{KeyGrant, Principal, TeamGrant};
use manti::models::user::Role;
use manti::store::{Lease, Store};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::engines::{Engine, both, config};
use crate::support::manti::Manti;
use crate::support::proxy::{Proxy, Way};

const WAIT: Duration = Duration::from_millis(500);
const GRACE: Duration = Duration::from_mins(10);

/// A process that shares limits; killed when dropped.
struct Process {
    limits: Limits,
    store: Store,
    stop: CancellationToken,
    teller: tokio::task::JoinHandle<()>,
}

impl Process {
    fn start(store: Store) -> Self {
        Self::with(store, None)
    }

    fn with(store: Store, redis: Option<Secret>) -> Self {
        let limits = Limits::new(&Clock::system(), WAIT);
        let stop = CancellationToken::new();
        let (sharing, shared, stopped) = (limits.clone(), store.clone(), stop.clone());
        let with = Sharing {
            store: shared,
            replica: id::mint("rep"),
            grace: GRACE,
            redis,
        };
        let teller = tokio::spawn(async move { sharing.share(with, stopped).await });
        Self {
            limits,
            store,
            stop,
            teller,
        }
    }

    fn on(engine: &Engine) -> Self {
        Self::start(engine.again())
    }

    async fn take(&self, caller: &Principal) -> Result<Admission, Exceeded> {
        taken(
            self.limits
                .take(&asked(caller, "gpt-4o", &"gpt-4o".into(), None)),
        )
        .await
    }

    /// How many of so many calls at once pass.
    async fn many(&self, caller: &Arc<Principal>, calls: usize) -> Vec<Admission> {
        let all = (0..calls).map(|_| {
            let (limits, caller) = (self.limits.clone(), Arc::clone(caller));
            tokio::spawn(async move {
                let model = "gpt-4o".into();
                taken(limits.take(&asked(&caller, "gpt-4o", &model, None))).await
            })
        });
        let mut passed = Vec::new();
        for call in all.collect::<Vec<_>>() {
            passed.extend(call.await.unwrap().ok());
        }
        passed
    }

    /// Hears every quarter of a second what others want back.
    fn listen(&self) {
        let (limits, store) = (self.limits.clone(), self.store.clone());
        tokio::spawn(async move {
            let mut version = -1;
            loop {
                if let Ok(changes) = store.changes_since(version).await {
                    version = changes.version;
                    limits.hear(&changes.what.unwrap_or_default());
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        });
    }

    async fn end(mut self) {
        self.stop.cancel();
        (&mut self.teller).await.unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.teller.abort();
    }
}

/// Ends calls that used what was estimated, and says how many they were.
fn ended(calls: Vec<Admission>) -> usize {
    let ended = calls.into_iter().map(|call| call.taken.unwrap().settle(10));
    ended.count()
}

async fn taken(taking: Taking) -> Result<Admission, Exceeded> {
    match taking {
        Taking::Ready(taken) => taken,
        Taking::Later(taken) => taken.await,
    }
}

fn asked<'a>(
    principal: &'a Principal,
    requested: &'a str,
    model: &'a Arc<str>,
    model_caps: Option<&'a Caps>,
) -> Asked<'a> {
    Asked {
        principal,
        requested,
        model,
        model_caps,
        estimate: Estimate {
            input: 10,
            max_output: Some(0),
        },
    }
}

/// A caller whose key is limited.
fn caller(caps: Caps) -> Arc<Principal> {
    let rules = Rules {
        caps,
        ..Rules::default()
    };
    Arc::new(caller_with(rules, Rules::default()))
}

fn caller_with(key: Rules, user: Rules) -> Principal {
    Principal {
        user_id: "usr_ada".into(),
        account_id: "acc_ada".into(),
        email: "ada@example.com".into(),
        role: Role::Member,
        rules: Arc::new(user),
        team: None,
        key: Some(Arc::new(KeyGrant {
            id: "key_ada".into(),
            name: "ada".to_owned(),
            rules: key,
            expires_at: None,
        })),
    }
}

fn rpm(limit: u64) -> Caps {
    Caps {
        rpm: Some(limit),
        ..Caps::default()
    }
}

both! {
    async fn a_limit_is_held_to_the_call_and_refusals_ask_nobody(engine: &Engine) {
        let one = Process::on(engine);
        let ada = caller(rpm(50));
        assert_eq!(ended(one.many(&ada, 200).await), 50);
        for _ in 0..100 {
            let model = "gpt-4o".into();
            let Taking::Ready(refused) = one.limits.take(&asked(&ada, "gpt-4o", &model, None))
            else {
                panic!("a refusal waits for the database");
            };
            let wait = refused.unwrap_err().retry_after.unwrap();
            assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(61), "{wait:?}");
        }
        one.end().await;
    }

    async fn another_process_goes_on_where_one_stopped(engine: &Engine) {
        let one = Process::on(engine);
        let caps = Caps { rpd: Some(1000), tpm: Some(10_000), ..rpm(50) };
        let ada = caller(caps);
        for admission in one.many(&ada, 30).await {
            admission.taken.unwrap().settle(100);
        }
        one.end().await;
        let other = Process::on(engine);
        let model = "gpt-4o".into();
        let look = asked(&ada, "gpt-4o", &model, None);
        let lines = loop {
            // Until the process has its database.
            let lines = other.limits.look(&look).await;
            if lines[0].standing.remaining < 50 {
                break lines;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let left: BTreeMap<_, _> = lines
            .iter()
            .map(|line| (line.measure, line.standing.remaining))
            .collect();
        assert_eq!(left[&Measure::Rpm], 20);
        assert_eq!(left[&Measure::Rpd], 970);
        assert_eq!(left[&Measure::Tpm], 7000);
        assert!(lines.iter().all(|line| line.passes));
        assert_eq!(other.many(&ada, 100).await.len(), 20);
        other.end().await;
    }

    async fn calls_at_once_come_back_when_they_end(engine: &Engine) {
        let one = Process::on(engine);
        let ada = caller(Caps { max_parallel: Some(3), ..Caps::default() });
        for _ in 0..5 {
            let running = one.many(&ada, 20).await;
            assert_eq!(running.len(), 3);
        }
        one.end().await;
    }

    async fn a_call_that_is_dropped_before_its_end_has_taken_nothing(engine: &Engine) {
        let one = Process::on(engine);
        let ada = caller(Caps { rpd: Some(40), tpm: Some(400), ..rpm(40) });
        for _ in 0..5 {
            assert_eq!(one.many(&ada, 30).await.len(), 30);
        }
        let model = "gpt-4o".into();
        let lines = one.limits.standings_of(&asked(&ada, "gpt-4o", &model, None));
        let left: Vec<_> = lines.iter().map(|line| line.standing.remaining).collect();
        assert_eq!(left, [40, 40, 400]);
        one.end().await;
    }

    async fn a_call_takes_from_nobody_when_one_limit_refuses(engine: &Engine) {
        let one = Process::on(engine);
        let rules = |caps| Rules { caps, ..Rules::default() };
        let mut ada = caller_with(rules(rpm(10)), rules(rpm(3)));
        ada.team = Some(Arc::new(TeamGrant {
            id: "team_sea".into(),
            name: "sea".into(),
            rules: Rules {
                model_limits: [("gpt-*".to_owned(), rpm(2))].into(),
                ..Rules::default()
            },
        }));
        for _ in 0..2 {
            ended(vec![one.take(&ada).await.unwrap()]);
        }
        for _ in 0..5 {
            let refused = one.take(&ada).await.unwrap_err();
            assert_eq!(refused.scope.to_string(), "team:team_sea/gpt-*");
        }
        let (model, cap) = ("claude".into(), rpm(1));
        let other = asked(&ada, "claude", &model, Some(&cap));
        ended(vec![taken(one.limits.take(&other)).await.unwrap()]);
        // The user's three are used up, and the model's one; the key has seven left.
        assert!(taken(one.limits.take(&other)).await.is_err());
        let lines = one.limits.standings_of(&other);
        let left = lines.iter().map(|line| (line.scope.to_string(), line.standing.remaining));
        let left: BTreeMap<_, _> = left.collect();
        assert_eq!(left["key:key_ada"], 7);
        assert_eq!(left["user:usr_ada"], 0);
        assert_eq!(left["model:claude"], 0);
        one.end().await;
    }

    async fn an_observed_limit_refuses_nobody_and_says_so(engine: &Engine) {
        let one = Process::on(engine);
        let ada = caller(Caps { observe: true, ..rpm(2) });
        for call in 0..5 {
            let admission = one.take(&ada).await.unwrap();
            let flags: &[&str] = if call < 2 { &[] } else { &["would_limit:key:rpm"] };
            assert_eq!(admission.flags, flags, "call {call}");
            assert_eq!(admission.standings.requests, None);
            ended(vec![admission]);
        }
        one.end().await;
    }

    async fn an_observed_limit_keeps_nobody_waiting(engine: &Engine) {
        let one = Process::on(engine);
        let ada = caller(Caps { observe: true, max_parallel: Some(2), tpm: Some(30), ..rpm(3) });
        let mut flagged = 0;
        for _ in 0..20 {
            let model = "gpt-4o".into();
            let Taking::Ready(taken) = one.limits.take(&asked(&ada, "gpt-4o", &model, None)) else {
                panic!("what is only observed waits for the database");
            };
            let admission = taken.unwrap();
            flagged += usize::from(!admission.flags.is_empty());
            ended(vec![admission]);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(flagged, 17);
        one.end().await;
    }

    async fn steady_load_waits_for_no_statement(engine: &Engine) {
        let one = Process::on(engine);
        let caps = Caps { tpm: Some(10_000_000), rpd: Some(1_000_000), ..rpm(60_000) };
        let ada = caller(caps);
        ended(vec![one.take(&ada).await.unwrap()]);
        let (began, mut calls, mut waited) = (Instant::now(), 0, 0);
        while began.elapsed() < Duration::from_secs(4) {
            let model = "gpt-4o".into();
            let admission = match one.limits.take(&asked(&ada, "gpt-4o", &model, None)) {
                Taking::Ready(taken) => taken.unwrap(),
                Taking::Later(taken) => {
                    waited += 1;
                    taken.await.unwrap()
                }
            };
            admission.taken.unwrap().settle(12);
            calls += 1;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(calls > 300, "{calls}");
        assert!(waited * 100 <= calls, "{waited} of {calls} calls waited");
        one.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_never_pass_more_than_the_limit_and_all_of_it_is_usable() {
    let Some(engine) = Engine::postgres().await else {
        return;
    };
    let (one, other) = (Process::on(&engine), Process::on(&engine));
    one.listen();
    other.listen();
    let ada = caller(rpm(50));
    // Both know of each other.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let (here, there) = tokio::join!(one.many(&ada, 200), other.many(&ada, 20));
    let passed = here.len() + there.len();
    assert!((48..=50).contains(&passed), "{passed}");
    drop((one, other));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_holds_and_does_not_use_is_called_back() {
    let Some(engine) = Engine::postgres().await else {
        return;
    };
    let (one, other) = (Process::on(&engine), Process::on(&engine));
    one.listen();
    other.listen();
    let ada = caller(Caps {
        max_parallel: Some(8),
        ..rpm(40)
    });
    tokio::time::sleep(Duration::from_millis(2500)).await;
    // It is granted more than the one that it uses.
    let running = one.take(&ada).await.unwrap();
    let passed = other.many(&ada, 7).await;
    assert_eq!(passed.len(), 7, "places that are not used are kept");
    assert!(other.take(&ada).await.is_err());
    drop(running);
    let began = Instant::now();
    while other.take(&ada).await.is_err() {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "a place does not come back"
        );
    }
    drop((one, other));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_goes_on_by_what_is_in_hand_while_the_database_is_away() {
    let Some(engine) = Engine::postgres().await else {
        return;
    };
    let (scheme, rest) = engine.url.split_once("://").unwrap();
    let (authority, database) = rest.split_once('/').unwrap();
    let (user, server) = authority.rsplit_once('@').unwrap();
    let proxy = Proxy::to(server.to_owned()).await;
    let url = format!("{scheme}://{user}@{}/{database}", proxy.address());
    let cut = Process::start(Store::open(&config(&url, engine.data_dir())).unwrap());
    let other = Process::on(&engine);
    other.listen();
    let ada = caller(rpm(100));
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(ended(cut.many(&ada, 10).await), 10);
    proxy.set(Way::Cut);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let observed = stranger(Caps {
        observe: true,
        ..rpm(1)
    });
    let began = Instant::now();
    cut.take(&observed).await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "what is observed kept a call waiting"
    );
    let there = ended(cut.many(&ada, 200).await);
    // What is in hand, and its part of what nobody is granted: the other may take all else.
    assert!((3..=40).contains(&there), "{there}");
    let here = ended(other.many(&ada, 200).await);
    assert!(10 + there + here <= 100, "{there} and {here}");
    // What the one that is cut off had charged before counts beside its share.
    assert!(here >= 15, "{here}");
    proxy.set(Way::Open);
    drop((cut, other));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_cannot_settle_any_more_ends_its_lease_all_the_same() {
    let Some(engine) = Engine::postgres().await else {
        return;
    };
    let known = async || {
        let lease = Lease {
            replica: "rep_other",
            seen: 1,
            authority: "database",
            lasts: Duration::from_secs(15),
        };
        let now = Clock::system().now();
        let there = engine.store.renew_lease(lease, now).await.unwrap();
        there.known.len()
    };
    let one = Process::on(&engine);
    ended(vec![one.take(&caller(rpm(10))).await.unwrap()]);
    assert_eq!(known().await, 2);
    let now = Clock::system().now();
    let locked = engine.store.meters(&["key:key_ada"], now).await.unwrap();
    one.end().await;
    drop(locked);
    assert_eq!(known().await, 1);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_database_hold_a_limit_together() {
    let Some(engine) = Engine::postgres().await else {
        return;
    };
    let url = engine.url.clone();
    let start = || Manti::with(|config| config.database.url = Secret::new(&*url));
    let servers = [Box::pin(start()).await, Box::pin(start()).await];
    let ada = servers[0].user("ada@example.com", Role::Member).await;
    let rules = Rules {
        caps: rpm(50),
        ..Rules::default()
    };
    let (_, secret) = servers[0].key_with(&ada.id, rules).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let body = json!({"model": "demo", "messages": [{"role": "user", "content": "hello"}]});
    let calls = (0..200).map(|at| {
        let request = servers[at % 2]
            .http()
            .post(servers[at % 2].url("/v1/chat/completions"));
        let request = request.bearer_auth(&secret).json(&body);
        tokio::spawn(async move {
            let answer = request.send().await.unwrap();
            let retry = answer.headers().get("retry-after").cloned();
            (answer.status().as_u16(), retry)
        })
    });
    let mut passed = 0;
    for call in calls.collect::<Vec<_>>() {
        let (status, retry) = call.await.unwrap();
        if status == 200 {
            passed += 1;
        } else {
            assert_eq!(status, 429);
            let wait: u64 = retry.unwrap().to_str().unwrap().parse().unwrap();
            assert!((1..=66).contains(&wait), "{wait}");
        }
    }
    assert!((48..=50).contains(&passed), "{passed}");
    for server in servers {
        drop(server);
    }
    engine.close().await;
}

/// A Redis server with nothing of this run's in it.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn redis() -> Option<String> {
    let server = std::env::var("MANTI_TEST_REDIS").ok();
    if server.is_none() {
        eprintln!("skipped: MANTI_TEST_REDIS does not name a Redis server");
    }
    server
}

/// A caller whom no other test knows: all tests share one Redis.
fn stranger(caps: Caps) -> Arc<Principal> {
    let rules = Rules {
        caps,
        ..Rules::default()
    };
    let mut stranger = caller_with(rules.clone(), Rules::default());
    stranger.key = Some(Arc::new(KeyGrant {
        id: id::mint("key").into(),
        name: "stranger".to_owned(),
        rules,
        expires_at: None,
    }));
    Arc::new(stranger)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_holds_a_limit_for_two_processes() {
    let (Some(engine), Some(server)) = (Engine::postgres().await, redis()) else {
        return;
    };
    let on_redis = || Process::with(engine.again(), Some(Secret::new(&*server)));
    let (one, other) = (on_redis(), on_redis());
    one.listen();
    other.listen();
    let caps = Caps {
        rpd: Some(1000),
        max_parallel: Some(60),
        ..rpm(50)
    };
    let ada = stranger(caps);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let (here, there) = tokio::join!(one.many(&ada, 200), other.many(&ada, 20));
    let passed = here.len() + there.len();
    assert!((48..=50).contains(&passed), "{passed}");
    let id = format!("key:{}", ada.key.as_ref().unwrap().id);
    let rows = engine.store.look_at_meters(&[&id]).await.unwrap();
    assert!(rows.is_empty(), "the database granted too");
    ended(here);
    ended(there);
    let third = on_redis();
    let unused = 50 - passed as u64;
    let began = Instant::now();
    loop {
        // Until the others have given back what they do not use.
        let model = "gpt-4o".into();
        let look = asked(&ada, "gpt-4o", &model, None);
        let lines = third.limits.look(&look).await;
        let left: Vec<_> = lines.iter().map(|line| line.standing.remaining).collect();
        if left[..2] == [unused, 950 + unused] {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{left:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    third.end().await;
    one.end().await;
    other.end().await;
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_grants_while_redis_is_away_and_no_call_fails() {
    let (Some(engine), Some(server)) = (Engine::postgres().await, redis()) else {
        return;
    };
    let address = server.trim_start_matches("redis://").to_owned();
    let proxy = Proxy::to(address).await;
    let url = format!("redis://{}", proxy.address());
    let one = Process::with(engine.again(), Some(Secret::new(&*url)));
    let ada = stranger(rpm(60));
    for way in [Way::Open, Way::Cut, Way::Open, Way::Silent, Way::Open] {
        proxy.set(way);
        for _ in 0..10 {
            ended(vec![one.take(&ada).await.unwrap()]);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(2600)).await;
    }
    // Fifty have passed, whoever granted them.
    assert_eq!(one.many(&ada, 100).await.len(), 10);
    one.end().await;
    engine.close().await;
}

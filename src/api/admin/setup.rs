//! The page behind the one-time set-up link: the first admin chooses an address and a password.
//!
//! A page without scripts, outside of the document. Whoever holds the token of the link may make
//! the first admin, once, within the hour; nobody else can, and nobody after that.

use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use poem::{Endpoint, Request, Response};

use crate::api::extract::origin;
use crate::api::payload::{form, private};
use crate::api::problem::Problem;
use crate::auth::{AccountError, Door};
use crate::models::audit::Via;

/// Nothing is loaded, nothing runs, nobody frames it, and the form goes nowhere else.
const POLICY: &str =
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// `/setup`
#[derive(Debug, Clone)]
pub(in crate::api) struct Setup {
    pub(in crate::api) accounts: Door,
}

impl Endpoint for Setup {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        match *request.method() {
            http::Method::GET => {
                let query = request.uri().query().unwrap_or("").as_bytes();
                let token = form(query).remove("token").unwrap_or_default();
                Ok(page(StatusCode::OK, &fields(&token, "")))
            }
            http::Method::POST => Ok(self.set_up(request).await?),
            _ => Err(poem::error::MethodNotAllowedError.into()),
        }
    }
}

impl Setup {
    async fn set_up(&self, mut request: Request) -> Result<Response, Problem> {
        let origin = origin(&request, Via::Setup)?;
        let body = request.take_body();
        let body = crate::api::payload::small(body, request.headers()).await?;
        let mut form = form(&body);
        let mut field = |name: &str| form.remove(name).unwrap_or_default();
        let (token, email, password) = (field("token"), field("email"), field("password"));
        let accounts = self.accounts.setup(origin);
        match accounts.set_up(&token, &email, &password).await {
            Ok(user) => {
                let done = format!(
                    "<p>{} is the first admin now. Sign in through the API or make a key with \
                     <code>manti key create</code>.</p>",
                    escaped(&user.email)
                );
                Ok(page(StatusCode::CREATED, &done))
            }
            Err(AccountError::NotFound(_) | AccountError::Conflict(_)) => {
                let over = "<p>This link is wrong, used, older than an hour, or there is an admin \
                     already. Start the server again for a new one, or use \
                     <code>manti user create EMAIL --role admin</code>.</p>";
                Ok(page(StatusCode::NOT_FOUND, over))
            }
            Err(AccountError::Invalid { field, message }) => {
                let complaint = format!("<p><strong>{field}: {}</strong></p>", escaped(&message));
                let fields = fields(&token, &complaint);
                Ok(page(StatusCode::BAD_REQUEST, &fields))
            }
            Err(other) => Err(other.into()),
        }
    }
}

fn fields(token: &str, complaint: &str) -> String {
    let token = escaped(token);
    format!(
        "{complaint}<form method=\"post\" action=\"/setup\">\
         <input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <p><label>Email <input name=\"email\" type=\"email\" required autofocus></label></p>\
         <p><label>Password <input name=\"password\" type=\"password\" required \
         autocomplete=\"new-password\"></label></p>\
         <p><button>Create the first admin</button></p></form>"
    )
}

fn page(status: StatusCode, content: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Manti: set-up</title>\
         <h1>Set up Manti</h1>{content}</html>"
    );
    private(
        Response::builder()
            .status(status)
            .header(CONTENT_TYPE, "text/html; charset=utf-8")
            .header(CONTENT_SECURITY_POLICY, POLICY)
            .body(html),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_cannot_break_out_of_the_page() {
        let html = fields("\"><script>alert(1)</script>", "");
        assert!(!html.contains("<script>"), "{html}");
    }
}

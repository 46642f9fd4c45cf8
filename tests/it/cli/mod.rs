//! The command line: what it takes, prints, asks and leaves with.

mod gateway;
mod offers;
mod people;
mod prices;
mod shown;
mod talk;
mod teams;
mod usage;

use serde_json::Value;

use crate::support::command::Place;

/// A place with a user and their password.
fn with_user() -> Place {
    let place = Place::new();
    let made = place.run_with(
        &[
            "user",
            "create",
            "Ada@Example.com",
            "--name",
            "Ada",
            "--role",
            "admin",
            "--password-stdin",
        ],
        "correct horse battery\n",
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    place
}

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("{value}"));
    object.keys().map(String::as_str).collect()
}

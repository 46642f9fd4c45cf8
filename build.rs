//! Tells cargo that the migrations are embedded: it does not see new files in a folder by itself.

#[expect(
    clippy::print_stdout,
    reason = "this is how a build script speaks to cargo"
)]
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}

//! Tells cargo that the migrations are embedded: it does not see new files in a folder by itself.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}

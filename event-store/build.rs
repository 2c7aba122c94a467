//! Makes cargo build this crate again when a migration is added: `sqlx::migrate!` embeds them.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
}

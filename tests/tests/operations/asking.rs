//! Asks a port over HTTP.

use std::net::SocketAddr;

/// The status and body of an answer to GET.
pub(crate) async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

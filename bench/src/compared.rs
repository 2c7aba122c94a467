//! Servers that Evently is compared with, running beside it.

use std::net::SocketAddr;
use std::process::Command;

use actix_web::{App, HttpResponse, HttpServer, web};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::baseline::serve::Baseline;
use crate::baseline::sql;
use crate::stage::{Server, Stage, create_database, free_address, until_ready};

/// A running baseline.
pub(crate) struct BaselineServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    _server: Server,
}

impl BaselineServer {
    /// Starts `which` on a database of its own, on the stage's PostgreSQL, with `seats` of `event` free.
    pub(crate) async fn start(
        stage: &Stage,
        which: Baseline,
        event: Uuid,
        seats: Vec<String>,
    ) -> anyhow::Result<Self> {
        let url = create_database(&stage.postgres).await?;
        if matches!(which, Baseline::Sql) {
            let pool: PgPool = PgPoolOptions::new().max_connections(1).connect(&url).await?;
            sql::prepare(&pool, event, &seats).await?;
        }
        let address = free_address()?;
        let name = match which {
            Baseline::Sql => "sql",
            Baseline::PlainCqrs => "plain-cqrs",
        };
        let child = Command::new(std::env::current_exe()?)
            .args([
                "serve-baseline",
                name,
                "--port",
                &address.port().to_string(),
                "--database",
                &url,
            ])
            .spawn()?;
        let server = Self {
            address,
            _server: Server(child),
        };
        until_ready(address, "/health/ready").await?;
        Ok(server)
    }
}

/// A server of this process that answers one body, as if it were compressed.
pub(crate) struct ConstantServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
}

impl ConstantServer {
    /// Serves `body` at `/`, with as many workers as Evently has.
    pub(crate) async fn start(body: &[u8]) -> anyhow::Result<Self> {
        let (address, body) = (free_address()?, web::Bytes::copy_from_slice(body));
        let server = HttpServer::new(move || {
            let body = body.clone();
            let answer = move || {
                let body = body.clone();
                async move {
                    HttpResponse::Ok()
                        .insert_header(("content-encoding", "gzip"))
                        .body(body)
                }
            };
            App::new().route("/", web::get().to(answer))
        });
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let server = server.workers(cores).disable_signals().bind(address)?.run();
        let handle = server.handle();
        tokio::spawn(server);
        until_ready(address, "/").await?;
        Ok(Self { address, handle })
    }
}

impl Drop for ConstantServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

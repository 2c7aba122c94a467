//! The sandbox: a payment gateway of its own, for demonstrations and tests.
//!
//! It takes no money. It answers as a gateway does, on good days and on bad ones, and keeps a journal of what it
//! charged and returned. It shares no code with its clients, so its journal is an independent witness: what a ticket shop
//! believes to have been paid can be compared with what was.
//!
//! ```no_run
//! # async fn run() -> std::io::Result<()> {
//! use sandbox::{Sandbox, SandboxConfig};
//!
//! let sandbox = Sandbox::start(SandboxConfig::new("/var/tmp/sandbox", "sk_of_this_run"))?;
//! let address = sandbox.address(); // POST http://{address}/v1/charges
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # HTTP
//!
//! JSON in and out. Every path but `/health` needs `Authorization: Bearer` and the secret key. Errors are
//! `{"error": {"type", "message"}}`. Amounts are integers of minor units.
//!
//! | request | answer |
//! |---|---|
//! | `POST /v1/charges` with `{"amount", "currency", "method", "metadata"?}` | 200 and the charge |
//! | `GET /v1/charges/{key}` | 200 and the charge as it is now; 404 |
//! | `POST /v1/refunds` with `{"charge_key", "amount", "metadata"?}` | 200 and the refund; 404 where there is no such charge |
//! | `GET /v1/refunds/{key}` | 200 and the refund; 404 |
//! | `GET /v1/journal?after=0&limit=100` | 200 and `{"entries", "next_after"}`; at most 1,000 entries |
//! | `GET /health` | 200; 503 once the journal cannot be written |
//!
//! A charge is `{"id": "sch_…", "key", "status": "captured" | "declined" | "pending", "amount", "currency",
//! "decline_reason", "metadata", "created_at"}`; its reason is null, `card_declined` or `insufficient_funds`. A refund is
//! `{"id": "srf_…", "key", "charge_key", "status": "settled" | "refused", "refuse_reason", "amount", "currency",
//! "metadata", "created_at"}`; its reason is null, `charge_not_captured`, `exceeds_capture` or `account_closed`. Settled refunds of a
//! charge never exceed its capture, however many are asked for at once. Ids follow from keys, so two runs with the same
//! keys have the same ids.
//!
//! | status | `type` | |
//! |---|---|---|
//! | 400 | `invalid_request` | the body or the query is unreadable, or has unknown fields |
//! | 400 | `missing_idempotency_key` | none, several, or a malformed one |
//! | 401 | `unauthorized` | |
//! | 404 | `not_found` | |
//! | 405 | `method_not_allowed` | |
//! | 409 | `request_in_progress` | the first request with this key is still running |
//! | 413 | `body_too_large` | more than 16 KiB |
//! | 422 | `idempotency_key_reused` | the key stands for another body |
//! | 422 | `unknown_method` | |
//! | 500 | `internal_error` | as the method asks |
//! | 500 | `journal_failed` | the disk failed: whether it was charged is unknown until the next start |
//! | 503 | `overloaded`, `journal_full` | nothing was done |
//!
//! # Keys
//!
//! Every POST has one `Idempotency-Key` of 1 to 255 visible ASCII characters. Charges and refunds have keys apart. The
//! same key and the same body are charged once; a repeat gets the answer again with `Idempotent-Replayed: true`. That
//! answer is the charge *as it is now*: where a pending or declined charge was captured in the meantime, the repeat says
//! so. Bodies are the same if they mean the same; white space and order do not count. What was refused with 4xx binds no
//! key. In a path, a key is percent-encoded.
//!
//! # Methods
//!
//! The `method` of a charge says what happens to it:
//!
//! | method | what happens |
//! |---|---|
//! | `sandbox_approve` | captured |
//! | `sandbox_decline` | declined: `card_declined` |
//! | `sandbox_insufficient_funds` | declined: `insufficient_funds` |
//! | `sandbox_slow` | captured at once, answered after 3 s; 409 meanwhile |
//! | `sandbox_timeout_after_capture` | captured, but the first request gets no answer: after 60 s its connection is closed without a byte. A repeat returns the capture at once |
//! | `sandbox_timeout_before_capture` | the first request hangs as above and does nothing; the repeat captures |
//! | `sandbox_500_then_success` | the first request is answered 500 and does nothing; the repeat captures |
//! | `sandbox_500_after_capture` | captured, but the first request is answered 500; the repeat returns the capture |
//! | `sandbox_duplicate` | captured; the webhook comes twice, with the same id |
//! | `sandbox_out_of_order` | captured; the webhook says `charge.captured`, and then a stale `charge.pending` |
//! | `sandbox_pending` | pending; captured 300 ms later |
//! | `sandbox_decline_then_capture` | declined; captured after all 300 ms later, so that it must be refunded |
//! | `sandbox_refund_500_then_success` | captured; the first request of each refund is answered 500 and does nothing |
//! | `sandbox_refund_timeout` | captured; refunds are settled, but the first request of each gets no answer |
//! | `sandbox_refund_refused` | captured; every refund is refused: `account_closed` |
//! | `sandbox_random` | with [`Chaos`] only: one of the first twelve, by seed and key |
//!
//! That a first request did nothing is remembered in memory only: after a restart there is a first request again.
//! Captures that were still to come when the sandbox stopped come 300 ms after the next start.
//!
//! With [`Chaos`], every refund behaves by seed and key too, whatever the method of its charge: settled, refused
//! (`account_closed`), slow, silent after or before the effect, 500 before or after it, or notified twice. Where the lot
//! decides, slow takes 100 ms and silence 1.5 s. Methods that are requested by name keep their times.
//!
//! # Journal
//!
//! `journal.jsonl` in its folder has one JSON line an entry, and the pages of `/v1/journal` have the same entries:
//! `{"sequence", "kind", "key", "id", "charge_key"?, "method"?, "amount", "currency", "reason"?, "metadata", "at"}`. The
//! kinds are `charge_captured`, `charge_declined`, `charge_pending`, `refund_settled` and `refund_refused`; sequences are
//! 1, 2, 3 and so on. A refund has a `charge_key`, a charge the `method` that was requested. `next_after` is the last
//! sequence of the page, or `after` itself where nothing follows: the next page is requested with it, and an empty page is
//! the end for now.
//!
//! An entry is on the disk (fdatasync) before any answer, page or webhook shows it. One writer takes all entries that wait,
//! writes them with one write and makes them durable with one fdatasync. At the start everything is read again. A last line
//! without its end was torn by a crash; nothing has shown it, and it is cut off. Any other broken line is an error, and the
//! file is left alone. The file is locked: a second sandbox cannot have it. Entries are kept in memory as well, of 4 million
//! charges and refunds at most.
//!
//! # Webhooks
//!
//! Every entry is posted to the [`Webhook`], if there is one, as `{"type", "timestamp", "data"}`: the type is
//! `charge.captured`, `charge.declined`, `charge.pending`, `refund.settled` or `refund.refused`, the data are the charge
//! or refund. Headers follow Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` in Unix seconds, and
//! `webhook-signature`, which is `v1,` and the Base64 of HMAC-SHA-256 over `id.timestamp.body`.
//!
//! An answer that is not 2xx, or none in 5 s, is followed by up to 8 retries with the same id: after 0.5 s, 1 s, 2 s and
//! so on. No answer of the API waits for a delivery. Up to 10,000 entries are under way at once, and no order is promised
//! among them. **Deliveries are not durable**: those under way are lost at a restart, and those to a receiver that stays
//! away for too long. The journal has all of them.

mod book;
mod config;
mod entry;
mod gateway;
mod http;
mod journal;
mod method;
mod refusal;
mod webhook;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::book::Ledger;
use crate::config::invalid;
use crate::gateway::Gateway;
use crate::webhook::Webhooks;

pub use config::{SandboxConfig, Webhook};
pub use method::Chaos;

pub struct Sandbox;

/// A sandbox at work. Dropped, it stops as well, without waiting for the end.
#[derive(Debug)]
pub struct RunningSandbox {
    address: SocketAddr,
    server: ServerHandle,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Sandbox {
    /// Reads the journal, and serves on the surrounding Tokio runtime until [`RunningSandbox::stop`].
    ///
    /// # Errors
    /// Where the configuration cannot be (`InvalidInput`), the address is taken, or the journal is broken (`InvalidData`), in
    /// use by another sandbox (`WouldBlock`), or cannot be opened.
    pub fn start(config: SandboxConfig) -> io::Result<RunningSandbox> {
        if config.secret_key.is_empty() {
            return Err(invalid("the secret key is empty"));
        }
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let webhooks = config
            .webhook
            .map(|webhook| Webhooks::new(&webhook, tasks.clone(), stop.clone()).map(Arc::new))
            .transpose()?;
        let ledger = Ledger::default();
        let file = journal::open(&config.journal_folder, |entry| ledger.book().replay(entry))?;
        let (journal, submissions) = mpsc::channel(journal::WAITING_ENTRIES_MAX);
        let gateway = Data::new(Gateway {
            secret_key: config.secret_key,
            chaos: config.chaos,
            ledger: ledger.clone(),
            journal,
            tasks: tasks.clone(),
            stop: stop.clone(),
        });
        let (address, server) = http::listen(config.listen, gateway.clone())?;
        let handle = server.handle();
        tasks.spawn(journal::write(file, ledger, webhooks, submissions));
        gateway.resume();
        tokio::spawn(server);
        Ok(RunningSandbox {
            address,
            server: handle,
            tasks,
            stop,
        })
    }
}

impl RunningSandbox {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops: takes no more requests, gives the answers under way, closes connections that hang, drops webhooks under way.
    /// Afterwards the journal may be opened again.
    pub async fn stop(self) {
        self.stop.cancel();
        self.server.stop(true).await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.stop.cancel();
        drop(self.server.stop(false)); // takes effect at once; only the waiting is left out
    }
}

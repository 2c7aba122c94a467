//! The sandbox: a payment gateway of its own, for demonstrations and tests.
//!
//! It takes no money. It answers as a gateway does, on good days and on bad ones, and keeps a journal of what it
//! charged and gave back. It shares no code with those who use it, so its journal is an independent witness: what a
//! ticket shop believes to have been paid can be compared with what was.
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
//! | `sandbox_timeout_after_capture` | captured, but the first request is never answered: after 60 s its connection is closed without a byte. A repeat tells the capture at once |
//! | `sandbox_timeout_before_capture` | the first request hangs as above and does nothing; the repeat captures |
//! | `sandbox_500_then_success` | the first request is answered 500 and does nothing; the repeat captures |
//! | `sandbox_500_after_capture` | captured, but the first request is answered 500; the repeat tells the capture |
//! | `sandbox_duplicate` | captured; the webhook comes twice, with the same id |
//! | `sandbox_out_of_order` | captured; the webhook says `charge.captured`, and then a stale `charge.pending` |
//! | `sandbox_pending` | pending; captured 300 ms later |
//! | `sandbox_decline_then_capture` | declined; captured after all 300 ms later, so that it must be refunded |
//! | `sandbox_refund_500_then_success` | captured; the first request of each refund is answered 500 and does nothing |
//! | `sandbox_refund_timeout` | captured; refunds are settled, but the first request of each is never answered |
//! | `sandbox_refund_refused` | captured; every refund is refused: `account_closed` |
//! | `sandbox_random` | with [`Chaos`] only: one of the first twelve, by seed and key |
//!
//! That a first request did nothing is remembered in memory only: after a restart there is a first request again.
//! Captures that were still to come when the sandbox stopped come 300 ms after the next start.
//!
//! With [`Chaos`], every refund behaves by seed and key too, whatever the method of its charge: settled, refused
//! (`account_closed`), slow, silent after or before the effect, 500 before or after it, or told twice. Where the lot
//! decides, slow takes 100 ms and silence 1.5 s. Methods that are asked for by name keep their times.
//!
//! # Journal
//!
//! `journal.jsonl` in its folder has one JSON line an entry, and the pages of `/v1/journal` have the same entries:
//! `{"sequence", "kind", "key", "id", "charge_key"?, "method"?, "amount", "currency", "reason"?, "metadata", "at"}`. The
//! kinds are `charge_captured`, `charge_declined`, `charge_pending`, `refund_settled` and `refund_refused`; sequences are
//! 1, 2, 3 and so on. A refund has a `charge_key`, a charge the `method` that was asked for. `next_after` is the last
//! sequence of the page, or `after` itself where nothing follows: whoever follows the journal asks again with it, and an
//! empty page is the end for now.
//!
//! An entry is on the disk (fdatasync) before anybody is told of it: by answer, by page or by webhook. One writer takes
//! all entries that wait, writes them with one write and makes them durable with one fsync. At the start everything is
//! read again. A last line without its end was torn by a crash; nobody was told of it, and it is cut off. Any other
//! broken line is an error, and the file is left alone. The file is locked: a second sandbox cannot have it. All entries
//! are kept in memory as well, 4 million at most.
//!
//! # Webhooks
//!
//! Every entry is posted to the [`Webhook`], if there is one, as `{"type", "timestamp", "data"}`: the type is
//! `charge.captured`, `charge.declined`, `charge.pending`, `refund.settled` or `refund.refused`, the data are the charge
//! or refund. Headers follow Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` in Unix seconds, and
//! `webhook-signature`, which is `v1,` and the Base64 of HMAC-SHA-256 over `id.timestamp.body`.
//!
//! An answer that is not 2xx, or none in 5 s, is followed by up to 8 retries with the same id: after 0.5 s, 1 s, 2 s and
//! so on. No answer of the API waits for a delivery. Up to 10,000 outcomes are under way at once, and no order is
//! promised among them. **Deliveries are not durable**: a restart forgets those that are under way, and so does a
//! receiver that stays away for too long. Whoever must know everything compares with the journal.

mod book;
mod chaos;
mod charge;
mod charges;
mod clock;
mod config;
mod digest;
mod entry;
mod gateway;
mod journal;
mod key;
mod ledger;
mod method;
mod pages;
mod refund;
mod refunds;
mod refusal;
mod respond;
mod sandbox;
mod server;
mod webhook;
mod writer;

pub use chaos::Chaos;
pub use config::{SandboxConfig, Webhook};
pub use sandbox::{RunningSandbox, Sandbox};

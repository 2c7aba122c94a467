//! Buyers who hold two places each and, as soon as that is answered, finish their booking: they confirm, pay or release.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::client::Answer;
use crate::keys::Buyers;
use crate::load::{Load, closed_loop};
use crate::request::{self, Bookings};
use crate::stage::Stage;

/// How buyers finish.
pub(crate) struct Finish {
    /// Last segment of the path.
    pub(crate) verb: &'static str,
    pub(crate) body: &'static [u8],
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Purchases {
    pub(crate) holds: Load,
    pub(crate) finishes: Load,
    /// Finishes whose outcome came later (202).
    pub(crate) later: u64,
    /// The last position.
    pub(crate) position: i64,
}

/// Who buys at a connection.
#[derive(Default)]
struct Buyer {
    number: u32,
    /// The booking to finish.
    held: Option<String>,
    finishing: bool,
}

/// Buys each of `pairs` for the next buyer, over so many connections; all requests together, and either kind by itself.
pub(crate) async fn purchase(
    stage: &Stage,
    connections: usize,
    (event, buyers): (&str, &Buyers),
    mut pairs: impl Iterator<Item = [String; 2]> + 'static,
    finish: Finish,
) -> anyhow::Result<(Load, Purchases)> {
    let (mut bookings, buyers, mut came) = (Bookings::of(event), buyers.clone(), 0);
    let next = move |out: &mut Vec<u8>, buyer: &mut Buyer| {
        if let Some(booking) = buyer.held.take() {
            buyer.finishing = true;
            let path = format!("/api/v1/bookings/{booking}/{}", finish.verb);
            request::post(out, &path, buyers.token(buyer.number), &booking, finish.body);
            return true;
        }
        let Some(pair) = pairs.next() else { return false };
        (buyer.number, buyer.finishing) = (came, false);
        came += 1;
        bookings.write(out, buyers.token(buyer.number), &pair);
        true
    };
    let purchases = Rc::new(RefCell::new(Purchases::default()));
    let noted = Rc::clone(&purchases);
    let seen = move |answer: &Answer<'_>, took: Duration, buyer: &mut Buyer| {
        let mut noted = noted.borrow_mut();
        noted.position = noted.position.max(answer.position());
        if buyer.finishing {
            noted.finishes.note(answer.status, took);
            noted.later += u64::from(answer.status == 202);
        } else {
            noted.holds.note(answer.status, took);
            buyer.held = placed(answer);
        }
    };
    let load = closed_loop(stage.address, connections, next, seen).await?;
    Ok((load, purchases.take()))
}

/// Id of the booking that was placed; `None` where none was.
fn placed(answer: &Answer<'_>) -> Option<String> {
    let body: Value = serde_json::from_slice(answer.body).ok()?;
    let id = body.get("id")?.as_str()?;
    (answer.status == 201).then(|| id.to_owned())
}

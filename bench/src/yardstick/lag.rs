//! `lag`: at 1,000 bookings a second, how long after its commit is a booking visible to a query?

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use hdrhistogram::Histogram;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::client::Connection;
use crate::report::Report;
use crate::request;
use crate::seats::{event_body, pair};
use crate::stage::Stage;

/// Bookings a second.
const RATE: u32 = 1_000;
/// Connections that book.
const CONNECTIONS: usize = 32;
/// One in so many bookings is looked for: enough for a p99, few enough not to be the load.
const LOOK_EVERY: u32 = 10;
/// Connections that look.
const LOOKERS: usize = 16;

struct Sold {
    booking: String,
    token: usize,
    position: i64,
    committed: Instant,
}

/// Runs it.
pub(crate) async fn run(seconds: u64) -> anyhow::Result<()> {
    let stage = Stage::start("command-api,query-api,projections,relay,processes").await?;
    let event = stage.event_on_sale(&event_body("Steady", 40, 4_500)).await?;
    // The seats of a new Event take the read side longer than any booking: they are not what is measured.
    let (status, _) = stage
        .get_at(
            &format!("/api/v1/events/{event}/availability"),
            stage.head().await?,
        )
        .await?;
    ensure!(status == 200, "the read side did not show the Event");
    let tokens: Rc<[String]> = stage.keys.buyers(1_000)?.into();
    let (sold, looked_for) = mpsc::channel(LOOKERS);
    let lag = Rc::new(RefCell::new(Histogram::<u64>::new_with_max(60_000_000, 3)?));
    let accepted = Rc::new(Cell::new(0_u64));
    let local = tokio::task::LocalSet::new();
    let looked_for = Rc::new(tokio::sync::Mutex::new(looked_for));
    for _ in 0..LOOKERS {
        let connection = Connection::open(stage.address).await?;
        local.spawn_local(look(
            connection,
            Rc::clone(&looked_for),
            Rc::clone(&tokens),
            Rc::clone(&lag),
        ));
    }
    let plan = Plan {
        started: Instant::now(),
        bookings: u32::try_from(seconds)? * RATE,
        next: Cell::new(0),
    };
    let plan = Rc::new(plan);
    for _ in 0..CONNECTIONS {
        let connection = Connection::open(stage.address).await?;
        let (plan, event, tokens) = (Rc::clone(&plan), event.clone(), Rc::clone(&tokens));
        local.spawn_local(book(
            connection,
            plan,
            event,
            tokens,
            sold.clone(),
            Rc::clone(&accepted),
        ));
    }
    drop(sold);
    local.await;
    let lag = lag.borrow();
    let ms = |share: f64| lag.value_at_quantile(share) as f64 / 1_000.0;
    let mut report = Report::of("lag");
    report.figure(
        "accepted_per_s",
        "bookings/s accepted",
        accepted.get() as f64 / plan.started.elapsed().as_secs_f64(),
    );
    report.count("looked_for", "bookings looked for", lag.len());
    report.figure("p50_ms", "commit to visible, p50, ms", ms(0.5));
    report.figure("p99_ms", "commit to visible, p99, ms", ms(0.99));
    report.figure("max_ms", "commit to visible, longest, ms", ms(1.0));
    report.print();
    Ok(())
}

/// An open loop: booking n is due at n/rate seconds, whether or not earlier ones are answered.
struct Plan {
    started: Instant,
    bookings: u32,
    next: Cell<u32>,
}

impl Plan {
    async fn due(&self) -> Option<u32> {
        let number = self.next.get();
        if number >= self.bookings {
            return None;
        }
        self.next.set(number + 1);
        let due = self.started + Duration::from_secs(1) * number / RATE;
        tokio::time::sleep_until(due.into()).await;
        Some(number)
    }
}

async fn book(
    mut connection: Connection,
    plan: Rc<Plan>,
    event: String,
    tokens: Rc<[String]>,
    sold: mpsc::Sender<Sold>,
    accepted: Rc<Cell<u64>>,
) {
    let (mut body, mut out) = (Vec::new(), Vec::new());
    while let Some(number) = plan.due().await {
        let token = usize::try_from(number).unwrap_or_default() % tokens.len();
        request::booking_body(&mut body, &event, &pair(number * 2));
        let bearer = tokens.get(token).map_or("", String::as_str);
        request::post(
            &mut out,
            "/api/v1/bookings",
            bearer,
            &Uuid::new_v4().to_string(),
            &body,
        );
        let Ok(answer) = connection.send(&out).await else {
            return;
        };
        let committed = Instant::now();
        if answer.status != 201 {
            continue;
        }
        accepted.set(accepted.get() + 1);
        let position = answer
            .header("evently-position")
            .and_then(|text| text.parse().ok())
            .unwrap_or_default();
        let booking = answer
            .header("location")
            .and_then(|path| path.rsplit('/').next())
            .map(str::to_owned);
        if number % LOOK_EVERY == 0
            && let Some(booking) = booking
        {
            // Where all lookers are busy, this one is not looked for: looking must not slow booking.
            drop(sold.try_send(Sold {
                booking,
                token,
                position,
                committed,
            }));
        }
    }
}

async fn look(
    mut connection: Connection,
    sold: Rc<tokio::sync::Mutex<mpsc::Receiver<Sold>>>,
    tokens: Rc<[String]>,
    lag: Rc<RefCell<Histogram<u64>>>,
) {
    let mut out = Vec::new();
    loop {
        let next = sold.lock().await.recv().await;
        let Some(wanted) = next else { return };
        let token = tokens.get(wanted.token).map_or("", String::as_str);
        let headers = format!(
            "Authorization: Bearer {token}\r\nEvently-Min-Position: {}\r\n",
            wanted.position
        );
        request::get(
            &mut out,
            &format!("/api/v1/bookings/{}", wanted.booking),
            &headers,
        );
        match connection.send(&out).await {
            Ok(answer) if answer.status == 200 => {
                let took = u64::try_from(wanted.committed.elapsed().as_micros()).unwrap_or(u64::MAX);
                lag.borrow_mut().saturating_record(took);
            }
            Ok(_) => lag.borrow_mut().saturating_record(u64::MAX),
            Err(_) => return,
        }
    }
}

//! `lag`: at 1,000 bookings a second, how long after its commit is a booking visible to a query?

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::sync::mpsc;

use crate::client::Connection;
use crate::keys::Buyers;
use crate::latencies::Latencies;
use crate::report::Report;
use crate::request::{self, Bookings};
use crate::seats::{event_body, pair};
use crate::stage::{ALL_ROLES, Stage};

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
    number: u32,
    position: i64,
    committed: Instant,
}

/// What came of the load.
struct Steady {
    accepted: u64,
    lag: Latencies,
    elapsed: Duration,
}

/// Runs it.
pub(crate) async fn run(seconds: u64, commit_ms: u64) -> anyhow::Result<()> {
    let stage = Stage::start(ALL_ROLES, commit_ms).await?;
    let event = stage.event_on_sale(&event_body("Steady", 40, 4_500)).await?;
    // The seats of a new Event take the read side longer than any booking: they are not what is measured.
    let (status, _) = stage
        .get_at(
            &format!("/api/v1/events/{event}/availability"),
            stage.head().await?,
        )
        .await?;
    ensure!(status == 200, "the read side did not show the Event");
    let before = stage.cpu()?;
    let Steady {
        accepted,
        lag,
        elapsed,
    } = book_and_look(&stage, &event, u32::try_from(seconds)? * RATE).await?;
    let used = stage.cpu()? - before;
    let looked_for = u64::try_from(lag.count())?;
    let mut report = Report::of("lag", commit_ms);
    report.figure(
        "accepted_per_s",
        "bookings/s accepted",
        accepted as f64 / elapsed.as_secs_f64(),
    );
    report.count("looked_for", "bookings looked for", looked_for);
    report.figure("p50_ms", "commit to visible, p50, ms", lag.quantile_ms(50));
    report.figure("p99_ms", "commit to visible, p99, ms", lag.quantile_ms(99));
    report.figure("max_ms", "commit to visible, longest, ms", lag.quantile_ms(100));
    report.cpu("request", used, accepted + looked_for);
    report.print();
    Ok(())
}

/// Places so many `bookings` at [`RATE`], and looks for some of them.
async fn book_and_look(stage: &Stage, event: &str, bookings: u32) -> anyhow::Result<Steady> {
    let buyers = stage.keys.buyers(1_000)?;
    let (sold, looked_for) = mpsc::channel(LOOKERS);
    let lag = Rc::new(RefCell::new(Latencies::default()));
    let accepted = Rc::new(Cell::new(0_u64));
    let local = tokio::task::LocalSet::new();
    let looked_for = Rc::new(tokio::sync::Mutex::new(looked_for));
    for _ in 0..LOOKERS {
        let connection = Connection::open(stage.address).await?;
        local.spawn_local(look(
            connection,
            Rc::clone(&looked_for),
            buyers.clone(),
            Rc::clone(&lag),
        ));
    }
    let plan = Rc::new(Plan {
        started: Instant::now(),
        bookings,
        next: Cell::new(0),
    });
    for _ in 0..CONNECTIONS {
        let connection = Connection::open(stage.address).await?;
        let (plan, event, buyers) = (Rc::clone(&plan), event.to_owned(), buyers.clone());
        local.spawn_local(book(
            connection,
            plan,
            event,
            buyers,
            sold.clone(),
            Rc::clone(&accepted),
        ));
    }
    drop(sold);
    local.await;
    Ok(Steady {
        accepted: accepted.get(),
        lag: lag.take(),
        elapsed: plan.started.elapsed(),
    })
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
    buyers: Buyers,
    sold: mpsc::Sender<Sold>,
    accepted: Rc<Cell<u64>>,
) {
    let (mut bookings, mut out) = (Bookings::of(&event), Vec::new());
    while let Some(number) = plan.due().await {
        bookings.write(&mut out, buyers.token(number), &pair(number * 2));
        let Ok(answer) = connection.send(&out).await else {
            return;
        };
        let committed = Instant::now();
        if answer.status != 201 {
            continue;
        }
        accepted.set(accepted.get() + 1);
        let position = answer.position();
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
                number,
                position,
                committed,
            }));
        }
    }
}

async fn look(
    mut connection: Connection,
    sold: Rc<tokio::sync::Mutex<mpsc::Receiver<Sold>>>,
    buyers: Buyers,
    lag: Rc<RefCell<Latencies>>,
) {
    let mut out = Vec::new();
    loop {
        let next = sold.lock().await.recv().await;
        let Some(wanted) = next else { return };
        let token = buyers.token(wanted.number);
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
            Ok(answer) if answer.status == 200 => lag.borrow_mut().note(wanted.committed.elapsed()),
            Ok(_) => lag.borrow_mut().note(Duration::MAX),
            Err(_) => return,
        }
    }
}

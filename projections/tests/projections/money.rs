//! What the tables say of money, prices and cancellations, after sales at random.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::booking::facts::BookingLine;
use domain::booking::{Booking, PAYMENT_ATTEMPTS_MAX, PaymentOutcome};
use domain::event::{Event, EventStatus};
use domain::ids::{BookingId, EventId};
use projections::{compare, fingerprint, unbalanced};
use serde_json::Value;
use sqlx::{PgPool, Row};
use tests::TestDatabase;

use crate::sale::Sale;
use crate::story::{Story, forget_checkpoints, project};

/// Commands of one sale: enough for every status to come up.
const STEPS: usize = 500;

#[tokio::test]
async fn tables_say_what_the_domain_folds_and_a_replay_makes_the_same() {
    let database = TestDatabase::create().await;
    let (sales, mut story) = sales_at_random(&database).await;
    let bookings = sales.iter().flat_map(|sale| sale.bookings.values());
    let statuses: BTreeSet<&str> = bookings.map(Booking::status).collect();
    let every = [
        "awaiting_payment",
        "cancelled",
        "confirmed",
        "expired",
        "held",
        "refunded",
        "released",
    ];
    assert!(
        every.iter().all(|status| statuses.contains(status)),
        "{statuses:?}"
    );

    for FoldedSale { id, event, bookings } in &sales {
        for (id, booking) in bookings {
            booking_is_told(&database.reader, *id, booking).await;
            ledger_is_right(&database.reader, *id, booking).await;
        }
        let row = sqlx::query("select status, starts_at, policy is not null from events where event_id = $1")
            .bind(id.uuid())
            .fetch_one(&database.reader)
            .await
            .unwrap();
        let cancelled = event.status(story.now()) == Some(EventStatus::Cancelled);
        assert_eq!(
            row.get::<String, _>(0),
            if cancelled { "cancelled" } else { "published" }
        );
        assert_eq!(row.get::<DateTime<Utc>, _>(1), event.details().unwrap().starts_at);
        assert_eq!(row.get::<bool, _>(2), event.cancellation_policy().is_some());
        sections_are_counted(&database.reader, id.uuid(), event).await;
    }
    assert_eq!(unbalanced(&database.reader, 10).await.unwrap(), []);

    let comparison = compare(&database.projector, &story.log).await.unwrap();
    assert!(comparison.differing().is_empty(), "{:?}", comparison.differing());
    let once = fingerprint(&database.projector, "read").await.unwrap();
    for batch in [11, 5_000] {
        forget_checkpoints(&database.projector).await;
        project(&database.projector, &story.log, batch).await;
        assert_eq!(
            fingerprint(&database.projector, "read").await.unwrap(),
            once,
            "a repetition changes nothing"
        );
    }
}

/// What the domain folded of a sale.
struct FoldedSale {
    id: EventId,
    event: Event,
    bookings: BTreeMap<BookingId, Booking>,
}

/// Sales one after the other, each projected in batches of another size.
async fn sales_at_random(database: &TestDatabase) -> (Vec<FoldedSale>, Story) {
    let mut story = Story::new(database.log());
    let mut sales = Vec::new();
    for (seed, batch) in (1..).zip([1, 7, 50, 300, 5_000, 20_000]) {
        let mut sale = Sale::open(story, seed);
        for _ in 0..STEPS {
            sale.step();
        }
        if seed % 2 == 0 {
            sale.call_off(if seed == 4 { 100 } else { 3 });
            for _ in 0..STEPS / 5 {
                sale.step();
            }
        }
        sale.append().await;
        sales.push(FoldedSale {
            id: sale.id,
            event: sale.event.clone(),
            bookings: sale.bookings.clone(),
        });
        story = sale.end();
        project(&database.projector, &story.log, batch).await;
    }
    (sales, story)
}

async fn booking_is_told(pool: &PgPool, id: BookingId, booking: &Booking) {
    let row = sqlx::query(
        "select b.status, b.expires_at, b.lines::text, m.booking_id is not null, m.lines::text, m.payment::text,
                m.attempts_left, m.cancelled::text, m.refunds::text, m.paid_amount, m.refunded_amount, m.due_amount,
                m.quantity
           from bookings b left join booking_money m using (booking_id) where b.booking_id = $1",
    )
    .bind(id.uuid())
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(row.get::<String, _>(0), booking.status(), "{id}");
    if let Booking::Held(_) | Booking::AwaitingPayment(_) = booking {
        assert_eq!(row.get::<Option<DateTime<Utc>>, _>(1), booking.until(), "{id}");
    }
    let lines = |text: &str| serde_json::from_str::<Vec<BookingLine>>(text).unwrap();
    assert_eq!(lines(row.get(2)), booking.placement().unwrap().lines);
    let payments = booking.payments().unwrap();
    if !row.get::<bool, _>(3) {
        assert!(
            payments.attempts().is_empty() && booking.cancelled().is_empty(),
            "{id}"
        );
        return;
    }
    if let Booking::Confirmed(sale) = booking {
        assert_eq!(lines(row.get(4)), sale.lines);
    }
    if let Booking::Cancelled(_) = booking {
        assert_eq!((row.get::<&str, _>(4), row.get::<i32, _>(12)), ("[]", 0));
    }
    let json = |index: usize| -> Value { serde_json::from_str(row.get(index)).unwrap() };
    if let Some(last) = payments.attempts().last() {
        assert_eq!(json(5)["id"], last.id.to_string());
    }
    assert_eq!(
        row.get::<i32, _>(6),
        i32::try_from(PAYMENT_ATTEMPTS_MAX - payments.failed()).unwrap()
    );
    assert_eq!(json(7).as_array().unwrap().len(), booking.cancelled().len());
    assert_eq!(json(8).as_array().unwrap().len(), payments.refunds().len());
    let returned = |settled: bool| -> i64 {
        let some = payments
            .refunds()
            .iter()
            .filter(|refund| refund.is_settled() == settled);
        some.map(|refund| refund.amount.amount).sum()
    };
    assert_eq!(row.get::<i64, _>(9), captured(booking, None));
    assert_eq!(
        (row.get::<i64, _>(10), row.get::<i64, _>(11)),
        (returned(true), returned(false))
    );
}

/// What was captured; only what came late, or only what did not, where that is said.
fn captured(booking: &Booking, only: Option<bool>) -> i64 {
    let attempts = booking.payments().unwrap().attempts().iter();
    attempts
        .filter(|payment| match payment.outcome {
            PaymentOutcome::Captured { late, .. } => only.is_none_or(|only| only == late),
            PaymentOutcome::Open | PaymentOutcome::Declined { .. } => false,
        })
        .map(|payment| payment.amount.amount)
        .sum()
}

async fn ledger_is_right(pool: &PgPool, id: BookingId, booking: &Booking) {
    let sums: BTreeMap<String, i64> =
        sqlx::query("select account, sum(amount)::bigint from ledger where booking_id = $1 group by account")
            .bind(id.uuid())
            .fetch_all(pool)
            .await
            .unwrap()
            .into_iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
    let of = |account: &str| sums.get(account).copied().unwrap_or_default();
    let settled: i64 = booking
        .payments()
        .unwrap()
        .refunds()
        .iter()
        .filter(|refund| refund.is_settled())
        .map(|refund| refund.amount.amount)
        .sum();
    let cancelled = booking.cancelled().iter();
    let (gross, fee, refund) = cancelled.fold((0, 0, 0), |(gross, fee, refund), places| {
        (
            gross + places.gross.amount,
            fee + places.fee.amount,
            refund + places.refund.amount,
        )
    });
    assert_eq!(of("gateway"), captured(booking, None) - settled, "{id}");
    assert_eq!(of("sales"), gross - captured(booking, Some(false)), "{id}");
    assert_eq!(of("fees"), -fee, "{id}");
    assert_eq!(
        of("refunds_due"),
        settled - refund - captured(booking, Some(true)),
        "{id}"
    );
    assert_eq!(sums.values().sum::<i64>(), 0, "{id}");
}

async fn sections_are_counted(pool: &PgPool, id: uuid::Uuid, event: &Event) {
    for section in event.seats().sections() {
        let row = sqlx::query(
            "select price_amount, capacity, held, sold,
                    (select count(*) from seats where seats.event_id = $1 and seats.section_id = $2)
               from sections where event_id = $1 and section_id = $2",
        )
        .bind(id)
        .bind(section.id.as_str())
        .fetch_one(pool)
        .await
        .unwrap();
        let number = |count: u32| i32::try_from(count).unwrap();
        assert_eq!(row.get::<i64, _>(0), section.price.amount());
        assert_eq!(row.get::<i32, _>(1), number(section.capacity));
        let held = section.capacity - section.free - section.sold;
        assert_eq!(
            (row.get::<i32, _>(2), row.get::<i32, _>(3)),
            (number(held), number(section.sold))
        );
        let named = if section.seated { held + section.sold } else { 0 };
        assert_eq!(row.get::<i64, _>(4), i64::from(named));
    }
}

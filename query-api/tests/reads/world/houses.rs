//! Events with seats and bookings, for tests that do not ask how they came about.

use chrono::TimeDelta;
use domain::booking::PAYMENT_ATTEMPTS_MAX;
use domain::event::facts::Allotment;
use domain::event::plan::PlanRow;
use domain::event::{EventDetails, EventFact};
use domain::ids::{AccountId, BookingId};
use domain::money::Currency;
use domain::text::{SectionId, Title};
use uuid::Uuid;

use super::{BUYER, NewEvent, World, new_id};
use crate::acts::{name, row};

impl World {
    /// An event, three facts long as a draft.
    pub(crate) async fn event(&self, event: NewEvent) -> Uuid {
        let id = new_id();
        let (created, published) = (self.in_days(-60), self.in_days(-50));
        let starts_at = self.in_days(event.starts_in_days);
        let details = EventDetails {
            title: Title::parse(event.title).unwrap(),
            description: "About it".to_owned(),
            category: name(event.category),
            venue: name("Hall"),
            city: name(event.city),
            time_zone: name("Europe/Berlin"),
            starts_at,
            ends_at: starts_at + TimeDelta::hours(3),
        };
        let mut facts = vec![
            EventFact::EventCreated {
                organizer: AccountId::new(event.organizer),
                details,
                currency: Currency::parse(event.currency).unwrap(),
                buyer_seats_max: 100,
                request: None,
                at: created,
            },
            EventFact::PlanImported {
                plan: serde_json::from_str(r#"{"name":"Hall","size":{"width":10,"height":10}}"#).unwrap(),
                at: created,
            },
            EventFact::ZoneAdded {
                zone: serde_json::from_str(r#"{"name":"Stalls"}"#).unwrap(),
                at: created,
            },
        ];
        if event.published {
            facts.push(EventFact::EventPublished { at: published });
        }
        if let Some(days) = event.sales_from_in_days {
            let from = self.in_days(days);
            facts.push(EventFact::SalesOpened { from, at: published });
        }
        if let Some(days) = event.sales_until_in_days {
            let until = self.in_days(days);
            facts.push(EventFact::SalesClosed { until, at: published });
        }
        self.tell(id, facts).await;
        id
    }

    /// An event on sale with a section `a` of twenty seats at 15.00.
    pub(crate) async fn rock_night(&self) -> Uuid {
        let event = self.event(NewEvent::on_sale("Rock Night")).await;
        self.now().add_section(event, "a", 1_500, 20).await;
        event
    }

    /// Lets a new buyer hold or buy a seat.
    pub(crate) async fn take(&self, event: Uuid, seat: &str, state: &str) {
        let booking = self.now().hold(event, new_id(), &[seat]).await;
        if state == "sold" {
            self.now().pay(booking).await;
        }
    }

    /// Fifty sections of forty rows of twenty-five seats, all sold.
    pub(crate) async fn stadium(&self, event: Uuid) {
        self.stop_projecting();
        let now = self.now();
        for block in 1..=50 {
            let section = format!("block-{block}");
            let rows: Vec<PlanRow> = (0..40)
                .map(|number| {
                    row(
                        &section,
                        &(number + 1).to_string(),
                        number * 25 + 1..=number * 25 + 25,
                    )
                })
                .collect();
            let places = vec![Allotment {
                section: SectionId::parse(&section).unwrap(),
                quantity: 1_000,
                seats: rows
                    .iter()
                    .flat_map(|row| row.seats.iter().map(|seat| seat.id.clone()))
                    .collect(),
            }];
            now.add_rows(event, &section, 4_000, rows).await;
            let (booking, buyer) = (BookingId::new(new_id()), AccountId::new(BUYER));
            let held = EventFact::SeatsHeld {
                booking,
                buyer,
                places: places.clone(),
                until: now.at + TimeDelta::minutes(10),
                at: now.at,
            };
            let sold = EventFact::SeatsSold {
                booking,
                buyer,
                places,
                at: now.at,
            };
            self.tell(event, vec![held, sold]).await;
        }
        self.project().await;
    }

    /// A booking of the next two seats of [`World::rock_night`], which was placed some seconds ago.
    pub(crate) async fn booking(&self, event: Uuid, account: Uuid, status: &str, placed_s_ago: i64) -> Uuid {
        let then = self.at(self.clock.now() - TimeDelta::seconds(placed_s_ago));
        let id = then.hold_any(event, account, "a", 2).await;
        match status {
            "held" => {}
            "awaiting_payment" => drop(then.request_payment(id).await),
            "confirmed" => then.pay(id).await,
            "released" => drop(then.cancel(id).await),
            "expired" => self.at(then.at + TimeDelta::minutes(10)).expire(id).await,
            "failed" => {
                for _ in 0..PAYMENT_ATTEMPTS_MAX {
                    let payment = then.request_payment(id).await;
                    then.decline(id, payment).await;
                }
            }
            "cancelled" | "refunded" => {
                then.pay(id).await;
                then.take_back(id).await;
                if status == "refunded" {
                    then.refund(id, true).await;
                }
            }
            unknown => panic!("{unknown}"),
        }
        id
    }
}

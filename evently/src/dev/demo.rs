//! What a newcomer finds on the first start: four accounts, and events of every kind. Made by the commands that
//! every client uses, so that the log shows their whole history.

mod plans;

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use command_api::CommandApi;
use domain::account::facts::Role;
use domain::event::{
    By, CancellationPolicy, CreateEvent, EventCommand, EventDetails, Fee, NewPlaces, NewSection, OpenSales,
    PublishEvent, Seating, SeatingPlan, SetCancellationPolicy,
};
use domain::ids::{AccountId, EventId};
use domain::money::{Currency, Price};
use domain::text::{Name, Title};
use event_store::clock::new_id;
use identity::{Accounts, create_account};
use lanes::{Actor, Cause};
use uuid::Uuid;

/// The password of every demonstration account. Public, so these accounts exist in `evently dev` alone.
pub(crate) const PASSWORD: &str = "evently demo only";

/// The demonstration accounts, by what they may do.
pub(crate) const ACCOUNTS: [(&str, &str, Role); 4] = [
    ("admin@evently.test", "Ada Admin", Role::Admin),
    ("organizer@evently.test", "Olu Organizer", Role::Organizer),
    ("auditor@evently.test", "Aya Auditor", Role::Auditor),
    ("buyer@evently.test", "Ben Buyer", Role::User),
];

/// Ids of demonstration events derive from this, so that a first start that was interrupted is completed by the next.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_4c0a_7f5b_4a58_9c1e_2b8f_30d9_e7a1);

/// One event of the demonstration.
struct Demo {
    title: &'static str,
    description: &'static str,
    category: &'static str,
    venue: &'static str,
    city: &'static str,
    time_zone: &'static str,
    /// Days from now until it starts.
    in_days: i64,
    hours: i64,
    seating: Seating,
}

/// Makes accounts and events, as far as they are missing.
pub(crate) async fn load(api: &CommandApi, accounts: &Accounts) -> Result<()> {
    let mut organizer = None;
    for (email, name, role) in ACCOUNTS {
        let account = create_account(accounts, email, PASSWORD, name, role)
            .await
            .with_context(|| format!("cannot make the account {email}"))?;
        if role == Role::Organizer {
            organizer = Some(account);
        }
    }
    let organizer = organizer.context("the demonstration has no organizer")?;
    for demo in demos()? {
        let title = demo.title;
        put_on_sale(api, organizer, demo)
            .await
            .with_context(|| format!("cannot make the event {title}"))?;
    }
    Ok(())
}

fn demos() -> Result<[Demo; 4]> {
    Ok([
        Demo {
            title: "Cup Final",
            description: "Two teams, fifty thousand seats, ninety minutes.",
            category: "sport",
            venue: "Riverside Stadium",
            city: "London",
            time_zone: "Europe/London",
            in_days: 60,
            hours: 3,
            seating: plan(
                plans::stadium(),
                &[
                    ("Premium", 12_000),
                    ("Standard", 6_500),
                    ("Family", 4_000),
                    ("Supporters", 5_000),
                ],
            )?,
        },
        Demo {
            title: "The Tempest",
            description: "Shakespeare's last island, in a house of five hundred seats.",
            category: "theatre",
            venue: "Lantern Theatre",
            city: "Berlin",
            time_zone: "Europe/Berlin",
            in_days: 21,
            hours: 3,
            seating: plan(
                plans::theatre(),
                &[("Premium", 9_500), ("Standard", 6_000), ("Gallery", 2_500)],
            )?,
        },
        Demo {
            title: "Night Shift",
            description: "Two floors until the morning; standing only.",
            category: "club",
            venue: "Pumpwerk",
            city: "Vienna",
            time_zone: "Europe/Vienna",
            in_days: 9,
            hours: 8,
            seating: sections(&[("Early entry", 1_500, 300), ("Admission", 2_200, 900)])?,
        },
        Demo {
            title: "Open Studio Evening",
            description: "Free of charge, but the studio is small: please book.",
            category: "art",
            venue: "Kiln Studio",
            city: "Lisbon",
            time_zone: "Europe/Lisbon",
            in_days: 14,
            hours: 2,
            seating: sections(&[("Admission", 0, 120)])?,
        },
    ])
}

fn plan(drawn: serde_json::Value, prices: &[(&str, i64)]) -> Result<Seating> {
    let parse = |(category, amount): &(&str, i64)| Ok((Name::parse(category)?, Price::parse(*amount)?));
    let prices: BTreeMap<Name, Price> = prices.iter().map(parse).collect::<Result<_>>()?;
    Ok(Seating::Plan {
        plan: SeatingPlan::from_value(drawn)?,
        prices,
    })
}

fn sections(sections: &[(&str, i64, u32)]) -> Result<Seating> {
    let parse = |(name, amount, capacity): &(&str, i64, u32)| {
        let places = NewPlaces::Capacity(*capacity);
        Ok(NewSection {
            name: Name::parse(name)?,
            price: Price::parse(*amount)?,
            places,
        })
    };
    Ok(Seating::Sections(
        sections.iter().map(parse).collect::<Result<_>>()?,
    ))
}

async fn put_on_sale(api: &CommandApi, organizer: AccountId, demo: Demo) -> Result<()> {
    let at = api.clock.now();
    let id = EventId::new(Uuid::new_v5(&NAMESPACE, demo.title.as_bytes()));
    let by = By {
        account: organizer,
        any_event: false,
    };
    let create = CreateEvent {
        organizer,
        details: details(&demo, at)?,
        currency: Currency::parse("EUR")?,
        buyer_seats_max: 8,
        seating: demo.seating,
        request: None,
        at,
    };
    for command in [
        EventCommand::Create(create),
        EventCommand::Publish(PublishEvent { by, at }),
        EventCommand::SetCancellationPolicy(SetCancellationPolicy {
            by,
            policy: Some(CancellationPolicy::new(48, Fee::BasisPoints(1_000), 2)?),
            at,
        }),
        EventCommand::OpenSales(OpenSales { by, from: None, at }),
    ] {
        let done = api.events.event(id, command, None, cause(api, organizer)).await;
        done.map_err(|error| anyhow!("{error:?}"))?;
    }
    Ok(())
}

fn details(demo: &Demo, now: DateTime<Utc>) -> Result<EventDetails> {
    let evening = now
        .date_naive()
        .and_hms_opt(18, 30, 0)
        .context("no such time of day")?
        .and_utc();
    let starts_at = evening + TimeDelta::days(demo.in_days);
    Ok(EventDetails {
        title: Title::parse(demo.title)?,
        description: demo.description.to_owned(),
        category: Name::parse(demo.category)?,
        venue: Name::parse(demo.venue)?,
        city: Name::parse(demo.city)?,
        time_zone: Name::parse(demo.time_zone)?,
        starts_at,
        ends_at: starts_at + TimeDelta::hours(demo.hours),
    })
}

fn cause(api: &CommandApi, organizer: AccountId) -> Cause {
    Cause {
        actor: Actor::Account(organizer.uuid()),
        role: "organizer",
        ..Cause::system("demo", new_id(&api.clock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_demonstration_event_is_one_that_the_domain_accepts() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let organizer = AccountId::new(Uuid::from_u128(1));
        for demo in demos().unwrap() {
            let command = CreateEvent {
                organizer,
                details: details(&demo, at).unwrap(),
                currency: Currency::parse("EUR").unwrap(),
                buyer_seats_max: 8,
                seating: demo.seating,
                request: None,
                at,
            };
            let facts =
                domain::event::decide(&domain::event::Event::default(), &EventCommand::Create(command));
            assert!(facts.is_ok(), "{}: {facts:?}", demo.title);
        }
    }
}

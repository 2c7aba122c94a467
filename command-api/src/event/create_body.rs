//! The body that creates an Event, and its way into the domain's words.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::event::{CreateEvent, NewPlaces, NewSection, Seating, SeatingPlan};
use domain::ids::AccountId;
use domain::instant::Instant;
use domain::limits::BUYER_SEATS_DEFAULT;
use domain::money::{Currency, Price};
use domain::text::Name;
use edge::problem::{Problem, pointer};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::details::{DetailTexts, details};
use super::faults::Faults;
use super::plan_fault;

/// An Event to create: its details, and either `sections`, or `seating_plan` with `prices`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// Its title, up to 200 characters.
    title: String,
    /// A longer text, possibly empty.
    #[serde(default)]
    description: String,
    /// A word to browse by, such as `concert`.
    category: String,
    /// The venue's name.
    venue: String,
    /// The city.
    city: String,
    /// IANA time zone of the venue, such as `Europe/Berlin`.
    time_zone: String,
    /// When it starts.
    #[schema(value_type = DateTime<Utc>)]
    starts_at: Instant,
    /// When it ends; after `starts_at`.
    #[schema(value_type = DateTime<Utc>)]
    ends_at: Instant,
    /// What every price is in: an ISO 4217 code such as `EUR`.
    currency: String,
    /// Seats that one buyer may hold and own at once; 8 if absent.
    buyer_seats_max: Option<u32>,
    /// Sections to generate.
    sections: Option<Vec<NewSectionBody>>,
    /// A seating plan in the JSON of pretix' seating-plan editor.
    #[schema(value_type = Option<Object>)]
    seating_plan: Option<Box<RawValue>>,
    /// What a seat costs, in minor units, by name of the plan's category.
    prices: Option<BTreeMap<String, i64>>,
}

/// A section to generate: either `rows` and `seats_per_row`, or `capacity` for general admission.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSectionBody {
    /// What buyers call it.
    name: String,
    /// What a place costs, in minor units of the Event's currency.
    price: i64,
    /// Rows of seats.
    rows: Option<u32>,
    /// Seats of each row.
    seats_per_row: Option<u32>,
    /// Places without names.
    capacity: Option<u32>,
}

impl NewEvent {
    /// The command for it. A large plan takes a while: call it where that delays no other request.
    pub(super) fn into_command(
        self,
        organizer: AccountId,
        at: DateTime<Utc>,
    ) -> Result<CreateEvent, Problem> {
        let mut faults = Faults::default();
        let details = details(
            &DetailTexts {
                title: &self.title,
                description: &self.description,
                category: &self.category,
                venue: &self.venue,
                city: &self.city,
                time_zone: &self.time_zone,
                starts_at: self.starts_at.utc(),
                ends_at: self.ends_at.utc(),
            },
            &mut faults,
        );
        let currency = faults.check("#/currency", Currency::parse(&self.currency));
        let seating = match (self.sections, self.seating_plan, self.prices) {
            (Some(sections), None, None) => generated(&sections, &mut faults),
            (None, Some(plan), Some(prices)) => imported(&plan, &prices, &mut faults)?,
            (..) => {
                faults.note("#", "name either sections, or seating_plan and prices");
                None
            }
        };
        let ((details, currency), seating) = faults.or_problem(details.zip(currency).zip(seating))?;
        Ok(CreateEvent {
            organizer,
            details,
            currency,
            buyer_seats_max: self.buyer_seats_max.unwrap_or(BUYER_SEATS_DEFAULT),
            seating,
            request: None,
            at,
        })
    }
}

fn generated(sections: &[NewSectionBody], faults: &mut Faults) -> Option<Seating> {
    let parsed = sections
        .iter()
        .enumerate()
        .map(|(index, body)| section(index, body, faults));
    let parsed: Vec<Option<NewSection>> = parsed.collect(); // all of them, so that every fault is noted
    parsed.into_iter().collect::<Option<_>>().map(Seating::Sections)
}

fn section(index: usize, body: &NewSectionBody, faults: &mut Faults) -> Option<NewSection> {
    let name = faults.check(&format!("#/sections/{index}/name"), Name::parse(&body.name));
    let price = faults.check(&format!("#/sections/{index}/price"), Price::parse(body.price));
    let places = match (body.rows, body.seats_per_row, body.capacity) {
        (Some(rows), Some(seats_per_row), None) => Some(NewPlaces::Rows { rows, seats_per_row }),
        (None, None, Some(capacity)) => Some(NewPlaces::Capacity(capacity)),
        (..) => {
            let detail = "name either rows and seats_per_row, or capacity";
            faults.note(&format!("#/sections/{index}"), detail);
            None
        }
    };
    Some(NewSection {
        name: name?,
        price: price?,
        places: places?,
    })
}

fn imported(
    plan: &RawValue,
    prices: &BTreeMap<String, i64>,
    faults: &mut Faults,
) -> Result<Option<Seating>, Problem> {
    let read = SeatingPlan::parse(plan.get()).map_err(|refusal| plan_fault::problem(plan.get(), &refusal))?;
    let mut parsed = BTreeMap::new();
    for (category, amount) in prices {
        let pointer = pointer::member("#/prices", category);
        let name = faults.check(&pointer, Name::parse(category));
        let price = faults.check(&pointer, Price::parse(*amount));
        if let Some((name, price)) = name.zip(price)
            && parsed.insert(name, price).is_some()
        {
            faults.note(&pointer, "names a category that has a price already");
        }
    }
    Ok(Some(Seating::Plan {
        plan: read,
        prices: parsed,
    }))
}

//! From pretix' seating-plan JSON to a [`SeatingPlan`].

use std::collections::{BTreeSet, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::ensure::ensure;
use crate::event::import::size;
use crate::event::import::{PlanBlock, PlanRefusal, SeatingPlan};
use crate::event::plan::{PlanHead, PlanRow, PlanSeat, PlanZone};
use crate::limits::{FACT_BYTES_MAX, SEATS_PER_EVENT_MAX};
use crate::text::{Name, SeatId, look};

/// Seat ids that a refusal lists.
const LISTED_MAX: usize = 20;

#[derive(Deserialize)]
pub(super) struct Plan {
    #[serde(deserialize_with = "Name::deserialize_new")]
    name: Name,
    zones: Vec<Zone>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Zone {
    #[serde(deserialize_with = "Name::deserialize_new")]
    name: Name,
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "row_number", deserialize_with = "Name::deserialize_new")]
    number: Name,
    #[serde(default)]
    seats: Vec<Seat>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Seat {
    #[serde(rename = "seat_guid", deserialize_with = "SeatId::deserialize_new")]
    id: SeatId,
    #[serde(rename = "seat_number", deserialize_with = "Name::deserialize_new")]
    number: Name,
    #[serde(deserialize_with = "Name::deserialize_new")]
    category: Name,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Category {
    #[serde(deserialize_with = "Name::deserialize_new")]
    name: Name,
}

pub(super) fn malformed(error: &serde_json::Error) -> PlanRefusal {
    PlanRefusal::Malformed {
        detail: error.to_string(),
    }
}

pub(super) fn parse(plan: Plan) -> Result<SeatingPlan, PlanRefusal> {
    number_of_seats_fits(&plan)?;
    seat_ids_are_unique(&plan)?;
    zones_differ(&plan)?;
    let categories = categories(&plan)?;
    categories_are_known(&plan, &categories)?;
    let head = PlanHead {
        name: plan.name,
        rest: plan.rest,
    };
    fits(
        &head,
        || "what stands beside the zones".to_owned(),
        FACT_BYTES_MAX,
    )?;
    let zones = plan.zones.into_iter().map(zone).collect::<Result<Vec<_>, _>>()?;
    Ok(SeatingPlan {
        head,
        categories,
        zones,
    })
}

fn seats(plan: &Plan) -> impl Iterator<Item = &Seat> {
    plan.zones
        .iter()
        .flat_map(|zone| &zone.rows)
        .flat_map(|row| &row.seats)
}

fn number_of_seats_fits(plan: &Plan) -> Result<(), PlanRefusal> {
    match seats(plan).count() {
        0 => Err(PlanRefusal::NoSeats),
        found if found > SEATS_PER_EVENT_MAX as usize => Err(PlanRefusal::TooManySeats { found }),
        _ => Ok(()),
    }
}

fn seat_ids_are_unique(plan: &Plan) -> Result<(), PlanRefusal> {
    let mut seen = HashSet::new();
    let ids = seats(plan).map(|seat| &seat.id);
    let twice = ids.filter(|id| !seen.insert(look(id.as_str())));
    let seats = first(twice);
    ensure(seats.is_empty(), PlanRefusal::DuplicateSeats { seats })
}

/// Zones become sections, which buyers know by their names.
fn zones_differ(plan: &Plan) -> Result<(), PlanRefusal> {
    let mut seen = HashSet::new();
    match plan
        .zones
        .iter()
        .enumerate()
        .find(|(_, zone)| !seen.insert(look(zone.name.as_str())))
    {
        None => Ok(()),
        Some((index, zone)) => Err(PlanRefusal::ZoneNamedTwice {
            zone: zone.name.clone(),
            index,
        }),
    }
}

fn categories(plan: &Plan) -> Result<BTreeSet<Name>, PlanRefusal> {
    let listed = plan.rest.get("categories").cloned().unwrap_or_default();
    let listed: Vec<Category> = serde_json::from_value(listed).map_err(|error| PlanRefusal::Malformed {
        detail: format!("categories: {error}"),
    })?;
    Ok(listed.into_iter().map(|category| category.name).collect())
}

fn categories_are_known(plan: &Plan, categories: &BTreeSet<Name>) -> Result<(), PlanRefusal> {
    let named = seats(plan).map(|seat| &seat.category);
    let categories = first(named.filter(|name| !categories.contains(*name)));
    ensure(
        categories.is_empty(),
        PlanRefusal::UnknownCategories { categories },
    )
}

/// The first of `found` in their order, each once, as many as a refusal lists.
fn first<'a, T: Clone + Ord + 'a>(found: impl Iterator<Item = &'a T>) -> Vec<T> {
    let each: BTreeSet<&T> = found.collect();
    each.into_iter().take(LISTED_MAX).cloned().collect()
}

fn zone(zone: Zone) -> Result<(PlanZone, Vec<PlanBlock>), PlanRefusal> {
    let mut blocks: Vec<PlanBlock> = Vec::new();
    for row in zone.rows {
        for (category, part) in parts(&zone.name, row) {
            fits(
                &part,
                || format!("row {} of zone {}", part.row_number, zone.name),
                size::ROWS_BYTES_MAX,
            )?;
            match blocks.iter_mut().find(|block| block.category == category) {
                Some(block) => block.rows.push(part),
                None => blocks.push(PlanBlock {
                    category,
                    rows: vec![part],
                }),
            }
        }
    }
    let zone = PlanZone {
        name: zone.name,
        rest: zone.rest,
    };
    fits(
        &zone,
        || format!("the drawing of zone {}", zone.name),
        FACT_BYTES_MAX,
    )?;
    Ok((zone, blocks))
}

/// A row cut wherever the category changes.
fn parts(zone: &Name, row: Row) -> Vec<(Name, PlanRow)> {
    let Row {
        number: row_number,
        seats,
        mut rest,
    } = row;
    // Our own key beside the plan's; a foreign one of that name would stand there twice.
    rest.remove("zone");
    let mut parts: Vec<(Name, PlanRow)> = Vec::new();
    for Seat {
        id,
        number,
        category,
        rest: seat_rest,
    } in seats
    {
        let seat = PlanSeat {
            id,
            seat_number: number,
            rest: seat_rest,
        };
        match parts.last_mut() {
            Some((last, part)) if *last == category => part.seats.push(seat),
            _ => parts.push((
                category,
                PlanRow {
                    zone: Some(zone.clone()),
                    row_number: row_number.clone(),
                    seats: vec![seat],
                    rest: rest.clone(),
                },
            )),
        }
    }
    parts
}

fn fits(value: &impl serde::Serialize, what: impl FnOnce() -> String, max: usize) -> Result<(), PlanRefusal> {
    let bytes = size::of_json(value);
    ensure(bytes <= max, PlanRefusal::TooLarge { what: what(), bytes })
}

//! Seating from an imported plan: a section for each zone and each category within it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::ensure::ensure;
use crate::event::create::from_sections::sections_are_some_but_not_too_many;
use crate::event::create::section_ids::SectionIds;
use crate::event::facts::EventFact;
use crate::event::import::{PlanBlock, SeatingPlan, rows_in_facts};
use crate::event::refusal::EventRefusal;
use crate::money::Price;
use crate::text::Name;

pub(super) fn facts(
    plan: &SeatingPlan,
    prices: &BTreeMap<Name, Price>,
    at: DateTime<Utc>,
) -> Result<Vec<EventFact>, EventRefusal> {
    every_price_has_a_category(plan, prices)?;
    let section_prices = every_category_has_a_price(plan, prices)?;
    sections_are_some_but_not_too_many(section_prices.len())?;
    let mut next_price = section_prices.into_iter();
    let mut ids = SectionIds::default();
    let mut facts = vec![EventFact::PlanImported {
        plan: plan.head().clone(),
        at,
    }];
    for (zone, blocks) in plan.zones() {
        facts.push(EventFact::ZoneAdded {
            zone: zone.clone(),
            at,
        });
        let alone = blocks.len() == 1;
        for (block, price) in blocks.iter().zip(&mut next_price) {
            let id = ids.next(&[zone.name.as_str(), block.category.as_str()]);
            facts.push(EventFact::SectionAdded {
                section: id.clone(),
                name: section_name(&zone.name, block, alone),
                price,
                category: Some(block.category.clone()),
                capacity: None,
                at,
            });
            facts.extend(rows_in_facts(&id, block.rows.clone(), at));
        }
    }
    Ok(facts)
}

/// A price that no category takes is a slip of the pen that would sell seats at another price.
fn every_price_has_a_category(
    plan: &SeatingPlan,
    prices: &BTreeMap<Name, Price>,
) -> Result<(), EventRefusal> {
    let unknown = prices
        .keys()
        .filter(|name| !plan.categories().contains(*name))
        .cloned()
        .collect::<Vec<_>>();
    ensure(
        unknown.is_empty(),
        EventRefusal::PricesUnknown { categories: unknown },
    )
}

/// The price of every section, in the order of the plan.
fn every_category_has_a_price(
    plan: &SeatingPlan,
    prices: &BTreeMap<Name, Price>,
) -> Result<Vec<Price>, EventRefusal> {
    let categories = || {
        plan.zones()
            .flat_map(|(_, blocks)| blocks.iter().map(|block| &block.category))
    };
    let missing: BTreeSet<&Name> = categories().filter(|name| !prices.contains_key(*name)).collect();
    if missing.is_empty() {
        Ok(categories()
            .filter_map(|name| prices.get(name).copied())
            .collect())
    } else {
        Err(EventRefusal::PricesMissing {
            categories: missing.into_iter().cloned().collect(),
        })
    }
}

/// `Stalls, Premium`, or just `Stalls` where the zone has one category.
fn section_name(zone: &Name, block: &PlanBlock, alone: bool) -> Name {
    if alone {
        return zone.clone();
    }
    let full: String = format!("{zone}, {}", block.category)
        .chars()
        .take(Name::CHARS_MAX)
        .collect();
    Name::parse(&full).unwrap_or_else(|_| zone.clone())
}

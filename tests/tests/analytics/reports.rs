//! Asks for analytics over HTTP as random callers, and compares answers with the books.

use std::collections::BTreeSet;
use std::fmt::Write;

use actix_web::{App, test, web};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use edge::token::{Issuer, Keys, Role, SigningKey, TokenPolicy, Verifier};
use event_store::clock::Clock;
use query_api::QueryApi;
use serde_json::{Value, json};
use tests::TestDatabase;
use uuid::Uuid;

use crate::books::Books;
use crate::dice::Dice;
use crate::story::ORGANIZERS;

pub(crate) struct Reports {
    clock: Clock,
    api: web::Data<QueryApi>,
    verifier: web::Data<Verifier>,
    issuer: Issuer,
}

/// A question, and what it is about.
struct Question {
    caller: (Uuid, Role),
    organizer: Option<Uuid>,
    event: Option<Uuid>,
    hours: bool,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

type Range = (DateTime<Utc>, DateTime<Utc>);

impl Reports {
    pub(crate) fn open(database: &TestDatabase, at: DateTime<Utc>) -> Self {
        let clock = Clock::manual(at);
        let policy = TokenPolicy {
            issuer: "test".to_owned(),
            audience: "test".to_owned(),
            lifetime_s: 900,
            skew_s: 0,
            cache_entries_max: 100,
        };
        let keys = || Keys::new(vec![SigningKey::from_seed(&[7; 32]).unwrap()]).unwrap();
        Self {
            api: web::Data::new(QueryApi::start(database.reader.clone(), clock.clone())),
            verifier: web::Data::new(Verifier::new(keys(), &policy, clock.clone())),
            issuer: Issuer::new(&keys(), &policy),
            clock,
        }
    }

    pub(crate) fn advance_to(&self, at: DateTime<Utc>) {
        self.clock.advance((at - self.clock.now()).to_std().unwrap());
    }

    pub(crate) async fn ask_and_compare(&self, books: &Books, dice: &mut Dice, place: &str) {
        let ids: Vec<Uuid> = books.events.keys().copied().collect();
        let question = Question::random(dice, &ids, self.clock.now());
        let (path, expected) = if dice.one_in(3) {
            let event = dice.pick(&ids).unwrap();
            (
                format!("/events/{event}"),
                question.sees(books, event).then(|| self.event(books, event)),
            )
        } else {
            (question.query(), self.summary(books, &question))
        };
        let (status, position, answer) = self.get(question.caller, &path).await;
        let place = format!("{place}: {path} as {:?}", question.caller);
        let Some(expected) = expected else {
            assert_eq!(status, 404, "{place}");
            return;
        };
        assert_eq!(status, 200, "{place}: {answer}");
        assert_eq!(position, books.head.to_string(), "{place}");
        for (name, expected) in expected.as_object().unwrap() {
            assert_eq!(answer[name], *expected, "{place}: {name}");
        }
        assert_eq!(answer, expected, "{place}");
    }

    async fn get(&self, (account, role): (Uuid, Role), path: &str) -> (u16, String, Value) {
        let app = App::new()
            .app_data(self.api.clone())
            .app_data(self.verifier.clone())
            .configure(query_api::routes);
        let service = test::init_service(app).await;
        let token = self.issuer.issue(account, role, self.clock.now()).unwrap().0;
        let request = test::TestRequest::get()
            .uri(&format!("/api/v1/admin/analytics{path}"))
            .insert_header(("authorization", format!("Bearer {token}")));
        let response = test::call_service(&service, request.to_request()).await;
        let position = response.headers().get("evently-position");
        let position = position.map_or("", |value| value.to_str().unwrap()).to_owned();
        let status = response.status().as_u16();
        let body = test::read_body(response).await;
        (status, position, serde_json::from_slice(&body).unwrap())
    }

    /// What is to be answered; nothing where the question is not the caller's to ask.
    fn summary(&self, books: &Books, question: &Question) -> Option<Value> {
        let events = question.events(books)?;
        let now = self.clock.now();
        let (step, (from, to)) = question.period(now);
        let mut standing = json!({"draft": 0, "published": 0, "on_sale": 0, "closed": 0, "cancelled": 0,
                                  "upcoming": 0, "past": 0});
        let (mut capacity, mut held, mut sold) = (0, 0, 0);
        for event in events.iter().map(|id| &books.events[id]) {
            let status = event.status(now);
            standing[status] = (standing[status].as_i64().unwrap() + 1).into();
            if !["draft", "cancelled"].contains(&status) {
                let when = if now >= event.ends_at { "past" } else { "upcoming" };
                standing[when] = (standing[when].as_i64().unwrap() + 1).into();
                capacity += event.capacity();
                held += event.held();
                sold += event.sold();
            }
        }
        let totals = books.counts(&events, (from, to));
        let mut series = Vec::new();
        let mut at = from;
        while at < to {
            series.push(point(books, &events, (at, at + step)));
            at += step;
        }
        let utc = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        Some(json!({
            "period": {"from": utc(from), "to": utc(to), "granularity": if question.hours { "hour" } else { "day" }},
            "cancellation_rate_bp": share(&totals["bookings_cancelled"], &totals["bookings_confirmed"]),
            "totals": totals,
            "money": books.money(&events, (from, to)),
            "events": standing,
            "places": {"capacity": capacity, "held": held, "sold": sold},
            "utilisation_bp": share(&sold.into(), &capacity.into()),
            "popular": popular(books, &events, (from, to)),
            "series": series,
        }))
    }

    fn event(&self, books: &Books, id: Uuid) -> Value {
        let (event, alone) = (&books.events[&id], BTreeSet::from([id]));
        let always = (DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC);
        let funnel = books.counts(&alone, always);
        let sections: Vec<Value> = event
            .sections
            .iter()
            .map(|section| {
                json!({"id": section.id, "name": section.name, "capacity": section.capacity, "held": section.held,
                       "sold": section.sold, "returned": section.returned,
                       "price": {"amount": section.price, "currency": event.currency},
                       "utilisation_bp": share(&section.sold.into(), &section.capacity.into())})
            })
            .collect();
        let mut days = Vec::new();
        if let Some((first, last)) = books.lifetime(id) {
            let mut day = floor(first, 86_400);
            while day <= last {
                days.push(point(books, &alone, (day, day + TimeDelta::days(1))));
                day += TimeDelta::days(1);
            }
        }
        let this_hour = floor(self.clock.now(), 3_600);
        let hour_ago = |hours| this_hour - TimeDelta::hours(hours);
        let hours: Vec<Value> = (0..48)
            .rev()
            .map(|hours| point(books, &alone, (hour_ago(hours), hour_ago(hours - 1))))
            .collect();
        json!({
            "event_id": id,
            "organizer_id": event.organizer,
            "title": event.title,
            "starts_at": event.starts_at,
            "cancellation_rate_bp": share(&funnel["bookings_cancelled"], &funnel["bookings_confirmed"]),
            "funnel": funnel,
            "money": books.money_in(&event.currency, &alone, always),
            "places": {"capacity": event.capacity(), "held": event.held(), "sold": event.sold()},
            "utilisation_bp": share(&event.sold().into(), &event.capacity().into()),
            "sections": sections,
            "pace": {"days": days, "hours": hours},
        })
    }
}

impl Question {
    fn random(dice: &mut Dice, events: &[Uuid], now: DateTime<Utc>) -> Self {
        let caller = match dice.below(4) {
            0 => (Uuid::from_u128(1), Role::Admin),
            1 => (Uuid::from_u128(2), Role::Auditor),
            _ => (dice.pick(&ORGANIZERS).unwrap(), Role::Organizer),
        };
        let hours = dice.one_in(2);
        let step = if hours { 3_600 } else { 86_400 };
        let ago = |dice: &mut Dice, steps| {
            let seconds = i64::try_from(dice.below(steps)).unwrap() * step;
            floor(now, step) - TimeDelta::seconds(seconds)
        };
        let to = dice.one_in(2).then(|| ago(dice, 12));
        let from = dice
            .one_in(2)
            .then(|| ago(dice, 30) - TimeDelta::seconds(step * 12));
        Self {
            caller,
            organizer: dice.one_in(3).then(|| dice.pick(&ORGANIZERS).unwrap()),
            event: dice.one_in(3).then(|| dice.pick(events).unwrap()),
            hours,
            from,
            to,
        }
    }

    fn query(&self) -> String {
        let mut query = format!("?granularity={}", if self.hours { "hour" } else { "day" });
        let utc = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        for (name, value) in [("from", self.from.map(utc)), ("to", self.to.map(utc))] {
            if let Some(value) = value {
                write!(query, "&{name}={value}").unwrap();
            }
        }
        for (name, value) in [("organizer_id", self.organizer), ("event_id", self.event)] {
            if let Some(value) = value {
                write!(query, "&{name}={value}").unwrap();
            }
        }
        query
    }

    /// How long a point is, and from when to when it goes.
    fn period(&self, now: DateTime<Utc>) -> (TimeDelta, Range) {
        let step = if self.hours { 3_600 } else { 86_400 };
        let end = floor(now, step) + TimeDelta::seconds(step);
        let to = self.to.unwrap_or(end);
        let from = self.from.unwrap_or(to - TimeDelta::days(30));
        (TimeDelta::seconds(step), (from, to))
    }

    fn sees(&self, books: &Books, event: Uuid) -> bool {
        self.caller.1 != Role::Organizer || books.events[&event].organizer == self.caller.0
    }

    /// The events that it is about; nothing where it is not found.
    fn events(&self, books: &Books) -> Option<BTreeSet<Uuid>> {
        if self.caller.1 == Role::Organizer && self.organizer.is_some_and(|id| id != self.caller.0) {
            return None;
        }
        let mut events = BTreeSet::new();
        for (id, event) in &books.events {
            let asked = self
                .organizer
                .is_none_or(|organizer| organizer == event.organizer);
            if asked && self.event.is_none_or(|event| event == *id) && self.sees(books, *id) {
                events.insert(*id);
            }
        }
        (self.event.is_none() || !events.is_empty()).then_some(events)
    }
}

fn point(books: &Books, events: &BTreeSet<Uuid>, (from, to): Range) -> Value {
    let mut point = books.counts(events, (from, to));
    point["from"] = json!(from);
    point["money"] = books.money(events, (from, to));
    point
}

fn popular(books: &Books, events: &BTreeSet<Uuid>, period: Range) -> Vec<Value> {
    let mut ranking = Vec::new();
    for id in events {
        let sold = books.sum("places_sold", &BTreeSet::from([*id]), period);
        if sold > 0 {
            ranking.push((-sold, *id));
        }
    }
    ranking.sort_unstable();
    let view = |(sold, id): (i64, Uuid)| {
        let event = &books.events[&id];
        json!({"event_id": id, "title": event.title, "sold": -sold, "capacity": event.capacity(),
               "utilisation_bp": share(&event.sold().into(), &event.capacity().into()),
               "gross": {"amount": books.sum("gross", &BTreeSet::from([id]), period), "currency": event.currency}})
    };
    ranking.into_iter().take(10).map(view).collect()
}

/// Basis points, or null of nothing.
fn share(part: &Value, whole: &Value) -> Value {
    let (part, whole) = (part.as_i64().unwrap(), whole.as_i64().unwrap());
    if whole == 0 {
        return Value::Null;
    }
    (part * 10_000 / whole).into()
}

fn floor(at: DateTime<Utc>, step: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp() / step * step, 0).unwrap()
}

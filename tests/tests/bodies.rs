//! A resource has one body: what a command answers with is what `GET` answers with at the command's position.

#[cfg(test)]
mod bodies {
    use reqwest::Method;
    use serde_json::{Value, json};
    use tests::{Answer, Buyer, Catalogue, Shop, ShopSettings};
    use uuid::Uuid;

    const CATALOGUE: Catalogue = Catalogue {
        rows: 2,
        seats_per_row: 4,
        price: 2_500,
        free: 10,
    };

    /// A body without what depends on the moment at which it was asked for.
    fn timeless(body: &Value) -> Value {
        let mut body = body.clone();
        if let Some(seconds) = body.get_mut("expires_in_seconds") {
            *seconds = json!(seconds.is_number());
        }
        body
    }

    /// The answer to a verb, which must have `status` and the body that `GET` of `path` has.
    async fn same(caller: &Buyer, verb: &str, status: u16, answer: Option<Answer>, path: &str) -> Answer {
        let answer = answer.unwrap();
        assert_eq!(answer.status, status, "{verb}: {}", answer.body);
        let position = answer.position.unwrap().to_string();
        let headers = [("evently-min-position", position.as_str())];
        let read = caller.send(Method::GET, path, &headers, None).await.unwrap();
        assert_eq!(read.status, 200, "{verb}: {}", read.body);
        assert_eq!(timeless(&answer.body), timeless(&read.body), "{verb}");
        answer
    }

    /// A verb of the Booking at `path`.
    async fn book(buyer: &Buyer, path: &str, verb: &str, status: u16, body: Option<Value>) -> Answer {
        let path_of_verb = format!("{path}/{verb}");
        let answer = buyer
            .ask(Method::POST, &path_of_verb, Some(verb), body.as_ref())
            .await;
        same(buyer, verb, status, answer, path).await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_verb_of_a_booking_answers_as_a_query_does() {
        let shop = Shop::open(ShopSettings::default()).await;
        let event = shop.event(CATALOGUE).await;
        let buyer = shop.buyer(Uuid::from_u128(1));
        let place = async |key: &str, places: Value| {
            let mut body = places;
            body["event_id"] = json!(event);
            let answer = buyer
                .ask(Method::POST, "/api/v1/bookings", Some(key), Some(&body))
                .await;
            let path = format!("/api/v1/bookings/{}", answer.as_ref().unwrap().id());
            same(&buyer, "place", 201, answer, &path).await;
            path
        };
        let card = |token: &str| Some(json!({"method": {"token": token}}));

        let free = place("free", json!({"section_id": "lawn", "quantity": 2})).await;
        book(&buyer, &free, "confirmation", 200, None).await;
        let one = Some(json!({"section_id": "lawn", "quantity": 1}));
        book(&buyer, &free, "cancellation", 200, one).await;

        let paid = place("paid", json!({"seat_ids": ["floor-A-1", "floor-A-2"]})).await;
        book(&buyer, &paid, "extension", 200, None).await;
        let declined = buyer
            .ask(
                Method::POST,
                &format!("{paid}/payment"),
                Some("no"),
                card("sandbox_decline").as_ref(),
            )
            .await
            .unwrap();
        assert_eq!(declined.status, 402, "{}", declined.body);
        book(&buyer, &paid, "payment", 200, card("sandbox_approve")).await;

        let pending = place("pending", json!({"seat_ids": ["floor-B-1"]})).await;
        shop.tollgate.shut().await; // refunds stay requested, payments unknown
        book(&buyer, &pending, "payment", 202, card("sandbox_approve")).await;
        let seat = Some(json!({"seat_ids": ["floor-A-1"]}));
        let reduced = book(&buyer, &paid, "cancellation", 200, seat).await;
        assert_eq!(reduced.body["status"], "confirmed");
        let rest = buyer.ask(Method::DELETE, &paid, None, None).await;
        let ended = same(&buyer, "cancel", 200, rest, &paid).await;
        assert_eq!(ended.body["status"], "cancelled");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_verb_of_an_event_answers_as_a_query_does() {
        let shop = Shop::open(ShopSettings::default()).await;
        let body = json!({
            "title": "One body", "category": "test", "venue": "Hall", "city": "Berlin", "time_zone": "Europe/Berlin",
            "starts_at": "2100-05-01T18:00:00Z", "ends_at": "2100-05-01T20:00:00Z", "currency": "EUR",
            "sections": [{"name": "Floor", "price": 2500, "rows": 2, "seats_per_row": 3},
                         {"name": "Lawn", "price": 900, "capacity": 5}],
        });
        let operator = &shop.operator;
        let admin = "/api/v1/admin/events";
        let created = operator.ask(Method::POST, admin, None, Some(&body)).await;
        let path = format!("{admin}/{}", created.as_ref().unwrap().id());
        same(operator, "create", 201, created, &path).await;
        let policy = json!({"free_hours": 48, "fee": {"per_place": 500}, "closes_hours": 2});
        let moved = json!({"starts_at": "2100-06-01T18:00:00Z", "ends_at": "2100-06-01T20:00:00Z"});
        let verbs = [
            (
                Method::PATCH,
                "",
                json!({"title": "One body still", "buyer_seats_max": 4}),
                200,
            ),
            (Method::PUT, "/cancellation-policy", policy, 200),
            (Method::PUT, "/sections/floor/price", json!({"amount": 2600}), 200),
            (
                Method::PUT,
                "/sections/lawn/capacity",
                json!({"capacity": 6}),
                200,
            ),
            (Method::POST, "/publication", json!({}), 200),
            (Method::POST, "/opening", json!({}), 200),
            (Method::POST, "/schedule", moved, 200),
            (Method::POST, "/closing", json!({}), 200),
            (Method::DELETE, "/cancellation-policy", json!({}), 200),
            (Method::POST, "/cancellation", json!({"reason": "Rain"}), 202),
        ];
        for (method, verb, body, status) in verbs {
            let of_event = format!("{path}{verb}");
            let (headers, body) = (
                [("if-match", "*")],
                Some(&body).filter(|_| method != Method::DELETE),
            );
            let answer = operator.send(method, &of_event, &headers, body).await;
            same(operator, verb, status, answer, &path).await;
        }
    }
}

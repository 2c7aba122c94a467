//! `evently reconcile`: what the gateway took and the log does not know becomes a ticket, once; what was never requested here is
//! reported, and left to people.

#[cfg(test)]
mod reconciling {
    use std::process::Output;

    use reqwest::Client;
    use serde_json::json;
    use tests::{Catalogue, Freight, Shop, ShopSettings};
    use uuid::Uuid;

    const PRICE: i64 = 3_200;

    fn said(output: &Output) -> String {
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn money_that_was_taken_during_an_outage_is_recorded_once() {
        let mut shop = Shop::open(ShopSettings::default()).await;
        let catalogue = Catalogue {
            rows: 1,
            seats_per_row: 2,
            price: PRICE,
            free: 0,
        };
        let event = shop.event(catalogue).await;
        let buyer = shop.buyer(Uuid::new_v4());
        let booking = buyer.hold(&event, &json!({"seat_ids": ["floor-A-1"]})).await;
        let charge = shop.tollgate.stop_next(Freight::Charge);
        let paying = {
            let (buyer, booking) = (buyer.clone(), booking.clone());
            tokio::spawn(async move { buyer.ask_to_pay(&booking, "pay", "sandbox_approve").await })
        };
        let answered = charge.arrived().await.forward().await;
        shop.evently.kill_9();
        drop(answered);
        assert!(paying.await.unwrap().is_none(), "the buyer got no answer");
        assert_eq!(shop.facts("PaymentCaptured").await, 0);

        let listed = shop.evently.run(&["reconcile", "--dry-run"]);
        assert_eq!(listed.status.code(), Some(1), "{}", said(&listed));
        assert!(
            said(&listed).contains("taken, and not in the log"),
            "{}",
            said(&listed)
        );
        assert_eq!(
            shop.facts("PaymentCaptured").await,
            0,
            "a dry run changes nothing"
        );

        let repaired = shop.evently.run(&["reconcile"]);
        assert!(repaired.status.success(), "{}", said(&repaired));
        assert!(
            said(&repaired).contains("1 repaired, 0 left"),
            "{}",
            said(&repaired)
        );
        assert_eq!(shop.facts("PaymentCaptured").await, 1);
        let again = shop.evently.run(&["reconcile"]);
        assert!(said(&again).contains("0 differences"), "{}", said(&again));

        shop.evently.restart().await;
        shop.is_square("after reconciling").await;
        let paid = buyer.pay(&booking, "pay", "sandbox_approve").await;
        assert_eq!(
            (paid.status, &paid.body["status"]),
            (200, &json!("confirmed")),
            "{paid:?}"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn money_that_was_never_requested_is_reported_and_left_to_people() {
        let shop = Shop::open(ShopSettings::default()).await;
        let charged = Client::new()
            .post(format!("{}/v1/charges", shop.tollgate.url()))
            .bearer_auth(tests::SANDBOX_KEY)
            .header("Idempotency-Key", "by-hand")
            .json(&json!({"amount": 700, "currency": "EUR", "method": "sandbox_approve"}))
            .send()
            .await
            .unwrap();
        assert!(charged.status().is_success());
        let reconciled = shop.evently.run(&["reconcile"]);
        assert_eq!(reconciled.status.code(), Some(1), "{}", said(&reconciled));
        assert!(
            said(&reconciled).contains("moved 700 EUR, and the log knows nothing of it"),
            "{}",
            said(&reconciled)
        );
    }
}

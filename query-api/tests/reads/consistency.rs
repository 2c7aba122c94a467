//! Reading one's own writes, and positions that are true.

use std::time::{Duration, Instant};

use edge::token::Role;
use event_store::database::{DatabaseRole, connect};
use query_api::QueryApi;
use tests::{LossyProxy, TestDatabase, eventually};

use crate::world::{BUYER, NewEvent, World};

#[actix_web::test]
async fn an_answer_has_the_position_of_its_slowest_table() {
    let world = World::new().await;
    let event = world.rock_night().await;
    let head: i64 = world.head().await.parse().unwrap();
    world.stop_projecting();
    for seat in ["a-1", "a-2"] {
        world.now().hold(event, BUYER, &[seat]).await;
    }
    for (projection, ahead) in [("events", 4), ("seats", 1), ("bookings", 3)] {
        world.project_upto(projection, head + ahead).await;
    }
    for (path, ahead) in [
        ("/events".to_owned(), 1),
        (format!("/events/{event}"), 1),
        (format!("/events/{event}/plan"), 1),
        (format!("/events/{event}/seats"), 1),
        ("/bookings".to_owned(), 3),
    ] {
        let answer = world.get_as((BUYER, Role::User), &path).await;
        let position = (head + ahead).to_string();
        assert_eq!(answer.header("evently-position"), position, "{path}");
    }
}

#[actix_web::test]
async fn a_query_waits_for_the_position_that_it_is_asked_for() {
    let world = World::new().await;
    let event = world.rock_night().await;
    world.stop_projecting();
    world.now().hold(event, BUYER, &["a-1"]).await;
    let head = world.head().await;
    let bearer = world.bearer((BUYER, Role::User));
    let headers = [
        ("evently-min-position", head.as_str()),
        ("authorization", bearer.as_str()),
    ];
    let paths = [
        "/events".to_owned(),
        format!("/events/{event}"),
        format!("/events/{event}/seats"),
        "/bookings".to_owned(),
    ];
    let asked = futures::future::join_all(paths.iter().map(|path| world.ask(path, &headers)));
    let projecting = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.project().await;
    };
    let started = Instant::now();
    let (answers, ()) = futures::future::join(asked, projecting).await;
    for answer in answers {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("evently-position"), head);
    }
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[actix_web::test]
async fn waiting_ends_with_a_problem_that_says_when_to_come_back() {
    let world = World::new().await;
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    let started = Instant::now();
    for path in [format!("/events/{event}"), format!("/events/{event}/plan")] {
        let answer = world.ask(&path, &[("evently-min-position", "99")]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (503, "position-not-reached"),
            "{path}"
        );
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[actix_web::test]
async fn a_position_that_was_reached_is_not_waited_for() {
    let world = World::new().await;
    world.event(NewEvent::on_sale("Rock Night")).await;
    let head = world.head().await;
    let answer = world.ask("/events", &[("evently-min-position", &head)]).await;
    assert_eq!(answer.status, 200);
    let answer = world.ask("/events", &[("evently-min-position", "-1")]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (400, "bad-request")
    );
}

#[actix_web::test]
async fn a_pool_without_a_free_connection_answers_that_it_is_busy() {
    let world = World::new().await;
    let mut taken = Vec::new();
    for _ in 0..world.database.reader.options().get_max_connections() {
        taken.push(world.database.reader.acquire().await.unwrap());
    }
    let answer = world.get("/events").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "overloaded")
    );
    assert_eq!(answer.header("retry-after"), "1");
}

#[actix_web::test]
async fn security_23_a_query_that_takes_too_long_is_given_up() {
    let world = World::new().await;
    let mut owner = world.database.owner().await;
    sqlx::raw_sql("begin; lock table read.events in access exclusive mode")
        .execute(&mut owner)
        .await
        .unwrap();
    let answer = world.get("/events").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "overloaded")
    );
}

#[actix_web::test]
async fn a_database_that_falls_silent_is_unavailable_until_it_speaks_again() {
    let database = TestDatabase::create().await;
    let server = database.reader.connect_options().get_port();
    let proxy = LossyProxy::to(server).await;
    let url = database
        .url
        .replace(&format!(":{server}/"), &format!(":{}/", proxy.port));
    let reader = connect(&url, DatabaseRole::Reader, 2, "test").await.unwrap();
    let patience = Duration::from_millis(500);
    let world = World::reading(database, |clock| {
        QueryApi::start(reader, clock).answering(patience)
    });
    let event = world.event(NewEvent::on_sale("Rock Night")).await;
    assert_eq!(world.get("/events").await.status, 200);

    proxy.fall_silent(true);
    let paths = [
        "/events".to_owned(),
        format!("/events/{event}/seats"),
        format!("/events/{event}"),
    ];
    for path in &paths {
        let started = Instant::now();
        let answer = world.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (503, "unavailable"),
            "{path}"
        );
        assert_eq!(answer.header("retry-after"), "1");
        assert!(
            started.elapsed() < patience * 3,
            "{path} took {:?}",
            started.elapsed()
        );
    }

    proxy.fall_silent(false);
    for path in &paths {
        eventually("it answers again", Duration::from_secs(15), || async {
            world.get(path).await.status == 200
        })
        .await;
    }
}

//! Administrators, whom the operator creates.

use domain::account::Role;
use identity::{CreateRefusal, create_account};

use crate::app::{App, PASSWORD};

#[actix_web::test]
async fn security_7_the_operator_creates_the_first_administrator_and_may_repeat_it() {
    let app = App::start().await;
    let admin = create_account(
        &app.accounts,
        "root@example.org",
        PASSWORD,
        "Operator",
        Role::Admin,
    )
    .await
    .unwrap();
    let again = create_account(
        &app.accounts,
        "root@example.org",
        PASSWORD,
        "Operator",
        Role::Admin,
    )
    .await
    .unwrap();
    assert_eq!(admin, again);
    assert_eq!(app.facts().await, ["AccountRegistered"]);
    let login = app.login("root@example.org", PASSWORD).await;
    assert_eq!(login.body["account"]["role"], "admin");
}

#[actix_web::test]
async fn an_address_that_another_person_registered_never_becomes_an_administrators() {
    let app = App::start().await;
    app.register("root@example.org", "mallory was here first, alas", "Mallory")
        .await;
    let refused = create_account(
        &app.accounts,
        "root@example.org",
        PASSWORD,
        "Operator",
        Role::Admin,
    )
    .await;
    assert!(matches!(refused, Err(CreateRefusal::Taken { .. })), "{refused:?}");

    create_account(
        &app.accounts,
        "root@example.org",
        "mallory was here first, alas",
        "Operator",
        Role::Admin,
    )
    .await
    .unwrap();
    assert_eq!(app.facts().await, ["AccountRegistered", "RoleGranted"]);
    let login = app
        .login("root@example.org", "mallory was here first, alas")
        .await;
    assert_eq!(login.body["account"]["role"], "admin");
}

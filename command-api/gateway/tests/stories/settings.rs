//! What a gateway can be set up with.

use domain::payment::GatewayName;
use gateway::{GatewaySettings, Sandbox, SettingsRefusal, Stripe};

fn stripe(address: &str, key: &str, webhook_secret: &str) -> Result<Stripe, SettingsRefusal> {
    Stripe::new(GatewaySettings {
        name: GatewayName::parse("stripe").unwrap(),
        address: address.to_owned(),
        key: key.into(),
        webhook_secrets: vec![webhook_secret.into()],
    })
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let refusal = |address, key, secret| stripe(address, key, secret).unwrap_err();
    for address in ["", "api.stripe.com", "ftp://api.stripe.com", "http://"] {
        assert_eq!(
            refusal(address, "sk_test_1", "whsec_1"),
            SettingsRefusal::Address,
            "{address}"
        );
    }
    for key in ["", "sk test", "sk_test\n"] {
        assert_eq!(
            refusal("https://api.stripe.com", key, "whsec_1"),
            SettingsRefusal::Key,
            "{key:?}"
        );
    }
    assert_eq!(
        refusal("https://api.stripe.com", "sk_test_1", ""),
        SettingsRefusal::WebhookSecret
    );
}

#[test]
fn a_live_key_goes_nowhere_in_clear() {
    for key in ["sk_live_1", "rk_live_1"] {
        assert_eq!(
            stripe("http://localhost:1", key, "whsec_1").unwrap_err(),
            SettingsRefusal::LiveKeyInClear
        );
        assert!(stripe(gateway::STRIPE_ADDRESS, key, "whsec_1").is_ok());
    }
}

#[test]
fn secrets_are_in_no_debug_output() {
    let settings = GatewaySettings {
        name: GatewayName::parse("sandbox").unwrap(),
        address: "http://127.0.0.1:1".to_owned(),
        key: "a_key_of_ours".into(),
        webhook_secrets: vec!["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()],
    };
    let shown = format!("{settings:?} {:?}", Sandbox::new(settings.clone()).unwrap());
    assert!(
        !shown.contains("a_key_of_ours") && !shown.contains("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "{shown}"
    );
    let shown = format!(
        "{:?}",
        stripe("https://api.stripe.com", "sk_test_hidden", "whsec_hidden").unwrap()
    );
    assert!(!shown.contains("hidden"), "{shown}");
}

//! Money in minor units, with checked arithmetic; no floats.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::ensure::ensure;

/// A currency by its ISO 4217 alphabetic code. One that a fact names is any three upper-case letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Currency([u8; 3]);

/// A code that no currency in use has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not the code of a currency in use (ISO 4217), such as EUR")]
pub struct CurrencyRefusal;

impl Currency {
    /// Parses the code of a currency that people pay with.
    pub fn parse(code: &str) -> Result<Self, CurrencyRefusal> {
        let currency = Self::recorded(code)?;
        ensure(currency.exists(), CurrencyRefusal)?;
        Ok(currency)
    }

    /// Whether people pay with it: precious metals, funds, codes for tests and what was superseded are none.
    pub fn exists(self) -> bool {
        self.digits().is_some()
    }

    /// Digits of its minor unit, such as 2 for EUR and 0 for JPY; `None` where people do not pay with it.
    pub fn digits(self) -> Option<u16> {
        let currency = iso_currency::Currency::from_code(self.as_str())?;
        let superseded = currency
            .is_superseded()
            .is_some_and(|by| by != iso_currency::Currency::VED); // VES and VED are both in use
        if superseded || currency.is_special() || currency.is_fund() {
            return None;
        }
        currency.exponent()
    }

    /// Takes what a fact or a table names, whether or not it exists.
    pub fn recorded(code: &str) -> Result<Self, CurrencyRefusal> {
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| CurrencyRefusal)?;
        if bytes.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(bytes))
        } else {
            Err(CurrencyRefusal)
        }
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyRefusal;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::recorded(&code)
    }
}

/// A price of one seat, in minor units of its Event's currency: 0 to [`Price::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Price(i64);

/// A price below zero or above [`Price::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a price lies between 0 and {} minor units", Price::MAX)]
pub struct PriceRefusal;

impl Price {
    /// Ten million of a currency with two decimals: far above any ticket, far below overflow when multiplied.
    pub const MAX: i64 = 1_000_000_000;

    /// Parses an amount in minor units.
    pub fn parse(amount: i64) -> Result<Self, PriceRefusal> {
        if (0..=Self::MAX).contains(&amount) {
            Ok(Self(amount))
        } else {
            Err(PriceRefusal)
        }
    }

    /// Minor units.
    pub const fn amount(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Price {
    type Error = PriceRefusal;

    fn try_from(amount: i64) -> Result<Self, Self::Error> {
        Self::parse(amount)
    }
}

impl From<Price> for i64 {
    fn from(price: Price) -> Self {
        price.0
    }
}

/// An amount in minor units of a currency, such as 12000 EUR for 120.00 €.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// What they are units of.
    pub currency: Currency,
}

impl Money {
    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// This plus `quantity` seats at `price`; `None` on overflow.
    pub fn plus_seats(self, price: Price, quantity: u32) -> Option<Self> {
        let seats = price.amount().checked_mul(i64::from(quantity))?;
        Some(Self {
            amount: self.amount.checked_add(seats)?,
            currency: self.currency,
        })
    }

    /// This without `other`; `None` below zero, and where currencies differ.
    pub fn minus(self, other: Self) -> Option<Self> {
        let amount = self.amount.checked_sub(other.amount).filter(|left| *left >= 0)?;
        (self.currency == other.currency).then_some(Self { amount, ..self })
    }

    /// Whether there is nothing to pay.
    pub const fn is_zero(self) -> bool {
        self.amount == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_24_sums_that_do_not_fit_are_no_sums() {
        let price = Price::parse(Price::MAX).unwrap();
        let money = |amount| Money {
            amount,
            currency: Currency::parse("EUR").unwrap(),
        };
        let whole = Price::MAX * i64::from(u32::MAX);
        assert_eq!(money(0).plus_seats(price, u32::MAX), Some(money(whole)));
        assert_eq!(money(i64::MAX).plus_seats(price, 1), None);
        assert_eq!(money(i64::MAX - whole + 1).plus_seats(price, u32::MAX), None);
    }

    #[test]
    fn security_24_prices_are_whole_numbers_from_zero_to_the_greatest() {
        for text in ["-1", "1000000001", "12.5", "1e3", "\"5\"", "9223372036854775808"] {
            assert!(serde_json::from_str::<Price>(text).is_err(), "{text}");
        }
        assert_eq!(serde_json::from_str::<Price>("0").unwrap().amount(), 0);
    }

    #[test]
    fn a_currency_is_one_that_people_pay_with() {
        for (code, digits) in [
            ("EUR", 2),
            ("JPY", 0),
            ("KWD", 3),
            ("CHF", 2),
            ("VES", 2),
            ("XOF", 0),
        ] {
            assert_eq!(Currency::parse(code).unwrap().digits(), Some(digits), "{code}");
        }
        for code in [
            "ZZZ", "BTC", "XXX", "XTS", "DEM", "XAU", "CHE", "HRK", "eur", "EURO", "",
        ] {
            assert_eq!(Currency::parse(code), Err(CurrencyRefusal), "{code}");
        }
    }

    #[test]
    fn a_fact_with_a_currency_that_does_not_exist_decodes() {
        let currency: Currency = serde_json::from_str("\"ZZZ\"").unwrap();
        assert_eq!((currency.as_str(), currency.exists()), ("ZZZ", false));
    }
}

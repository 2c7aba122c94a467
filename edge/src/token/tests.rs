//! Forged tokens are refused, genuine ones accepted while they last.

//! The read API over HTTP, on a real database whose read tables are filled by hand: they are its contract.

#[cfg(test)]
mod analytics;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod audit_of_sales;
#[cfg(test)]
mod bookings;
#[cfg(test)]
mod consistency;
#[cfg(test)]
mod events;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod money;
#[cfg(test)]
mod seat_maps;
#[cfg(test)]
mod world;

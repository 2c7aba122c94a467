//! The read API over HTTP, on a real database whose read tables are filled by facts through the real projections.

#[cfg(test)]
mod acts;
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
mod rebuilding;
#[cfg(test)]
mod sales;
#[cfg(test)]
mod seam;
#[cfg(test)]
mod seat_maps;
#[cfg(test)]
mod world;
#[cfg(test)]
mod write_side;

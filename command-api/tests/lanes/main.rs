//! The lanes and the log writer against a real log: bounds, races, repeated commands, deadlines, and lost answers.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod counters;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod draining;
#[cfg(test)]
mod elsewhere;
#[cfg(test)]
mod executor;
#[cfg(test)]
mod races;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod sale;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod units;

//! CPU time by part of a stage: Evently, PostgreSQL, NATS, and this load generator.

use std::ops::{AddAssign, Sub};

use procfs::process::{self, Stat};

/// CPU seconds of each part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) evently: f64,
    pub(crate) postgres: f64,
    pub(crate) nats: f64,
    pub(crate) load: f64,
}

/// The first process of each part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) evently: Option<u32>,
    pub(crate) postgres: Option<u32>,
    pub(crate) nats: Option<u32>,
}

impl Parts {
    /// What they have used since they began, with their child processes.
    pub(crate) fn used(self) -> anyhow::Result<Cpu> {
        let running = process::all_processes()?.filter_map(|each| each.ok()?.stat().ok());
        let running: Vec<Stat> = running.collect();
        let of = |root: Option<u32>| root.map_or(0.0, |root| seconds_of(root, &running));
        Ok(Cpu {
            evently: of(self.evently),
            postgres: of(self.postgres),
            nats: of(self.nats),
            load: alone(&process::Process::myself()?.stat()?),
        })
    }
}

/// CPU seconds of `root`, of its children that run, and of those that have ended.
fn seconds_of(root: u32, running: &[Stat]) -> f64 {
    let family = running.iter().filter(|each| {
        let (pid, parent) = (u32::try_from(each.pid), u32::try_from(each.ppid));
        pid == Ok(root) || parent == Ok(root)
    });
    family
        .map(|each| alone(each) + ticks(each.cutime + each.cstime))
        .sum()
}

fn alone(stat: &Stat) -> f64 {
    ticks(i64::try_from(stat.utime + stat.stime).unwrap_or(i64::MAX))
}

fn ticks(count: i64) -> f64 {
    count as f64 / procfs::ticks_per_second() as f64
}

impl Cpu {
    /// The same in microseconds for each of `count` operations.
    pub(crate) fn micros_each(self, count: u64) -> Self {
        let each = |seconds: f64| seconds * 1_000_000.0 / count as f64;
        Self {
            evently: each(self.evently),
            postgres: each(self.postgres),
            nats: each(self.nats),
            load: each(self.load),
        }
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            evently: self.evently - before.evently,
            postgres: self.postgres - before.postgres,
            nats: self.nats - before.nats,
            load: self.load - before.load,
        }
    }
}

impl AddAssign for Cpu {
    fn add_assign(&mut self, more: Self) {
        self.evently += more.evently;
        self.postgres += more.postgres;
        self.nats += more.nats;
        self.load += more.load;
    }
}

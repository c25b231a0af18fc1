//! The random quantities of the SW-1 session workload, drawn from a seeded generator so that every
//! server sees the same traffic.

use std::time::Duration;

use anyhow::{Result, ensure};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use rand_distr::{Distribution, Exp, Geometric, LogNormal};

use crate::body::{HEADER, LENGTH_MAX};

/// Mean pages of a visit.
pub const PAGES_MEAN: f64 = 16.0;
/// Mean think time between two pages, before compression.
pub const THINK_MEAN: Duration = Duration::from_secs(7);
/// The longest think time, before compression.
pub const THINK_MAX: Duration = Duration::from_secs(70);
/// Mean time that a page holds its session's lock. The server's work, hence never compressed.
pub const HOLD_MEAN: Duration = Duration::from_millis(5);
/// Sliding timeout of a session, before compression: ASP.NET's default.
pub const TIMEOUT: Duration = Duration::from_mins(20);
/// How often a client asks again for a locked session, before compression.
pub const POLL: Duration = Duration::from_millis(500);

const LENGTH_MEDIAN: f64 = 4096.0;
const LENGTH_SIGMA: f64 = 1.0;
/// A modifying page changes the length by at most this share.
const GROWTH: f64 = 0.1;

/// How long bodies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lengths {
    /// 512 bytes each.
    Small,
    /// 4 KiB each.
    Fixed,
    /// Log-normal with median 4 KiB and sigma 1, cut at 256 KiB; a write changes it by up to 10 %.
    LogNormal,
}

/// What one page does to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Lock, change, write and unlock: 42 of 100 pages.
    Modify,
    /// Lock, change nothing, unlock: 28 of 100.
    Inspect,
    /// Read without locking: 25 of 100.
    Read,
    /// Renew the timeout only: 5 of 100.
    Touch,
}

impl Page {
    /// Mean requests per page: 70 pages of 100 take two, the rest one.
    pub const REQUESTS_MEAN: f64 = 1.7;
}

/// All draws of one run.
#[derive(Debug)]
pub struct Draws {
    random: Xoshiro256PlusPlus,
    lengths: Lengths,
    length: LogNormal<f64>,
    pages: Geometric,
    unit: Exp<f64>,
    compression: f64,
}

impl Draws {
    /// Draws from `seed`, with think times divided by `compression`.
    ///
    /// # Errors
    /// A compression below 1.
    pub fn new(seed: u64, lengths: Lengths, compression: u32) -> Result<Self> {
        ensure!(compression >= 1, "--compression must be 1 or more, not {compression}");
        Ok(Self {
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            lengths,
            length: LogNormal::new(LENGTH_MEDIAN.ln(), LENGTH_SIGMA)?,
            pages: Geometric::new(1.0 / PAGES_MEAN)?,
            unit: Exp::new(1.0)?,
            compression: f64::from(compression),
        })
    }

    /// Length in bytes of a new session's body.
    pub fn length(&mut self) -> usize {
        match self.lengths {
            Lengths::Small => 512,
            Lengths::Fixed => 4096,
            Lengths::LogNormal => clamped(self.length.sample(&mut self.random)),
        }
    }

    /// Length in bytes of a body of `length` after a modifying page.
    pub fn grown(&mut self, length: usize) -> usize {
        if self.lengths != Lengths::LogNormal {
            return length;
        }
        let length = u32::try_from(length).expect("bodies are at most 256 KiB");
        clamped(f64::from(length) * self.random.random_range(1.0 - GROWTH..=1.0 + GROWTH))
    }

    /// Pages that a visit still has; the same for a new one and, as the law has no memory, for one
    /// in full swing.
    pub fn pages(&mut self) -> u64 {
        1 + self.pages.sample(&mut self.random)
    }

    /// Time to the next page of a visit.
    pub fn think(&mut self) -> Duration {
        self.exponential(THINK_MEAN).min(THINK_MAX).div_f64(self.compression)
    }

    /// Time that a page keeps its lock.
    pub fn hold(&mut self) -> Duration {
        self.exponential(HOLD_MEAN)
    }

    /// Time to the next event of a Poisson stream of `rate` events per second.
    pub fn gap(&mut self, rate: f64) -> Duration {
        self.exponential(Duration::from_secs_f64(1.0 / rate))
    }

    /// What the next page does.
    pub fn page(&mut self) -> Page {
        match self.random.random_range(0..100) {
            0..42 => Page::Modify,
            42..70 => Page::Inspect,
            70..95 => Page::Read,
            _ => Page::Touch,
        }
    }

    /// True with probability `share`.
    pub fn chance(&mut self, share: f64) -> bool {
        self.random.random_bool(share)
    }

    /// A number below `bound`, all equally likely.
    pub fn below(&mut self, bound: usize) -> usize {
        self.random.random_range(0..bound)
    }

    fn exponential(&mut self, mean: Duration) -> Duration {
        mean.mul_f64(self.unit.sample(&mut self.random))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive length; `as` saturates and the clamp bounds it"
)]
fn clamped(length: f64) -> usize {
    (length as usize).clamp(HEADER, LENGTH_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: u32 = 100_000;

    fn draws(compression: u32) -> Draws {
        Draws::new(1, Lengths::LogNormal, compression).unwrap()
    }

    fn check_mean(name: &str, expected: f64, draw: impl FnMut() -> f64) {
        let mean = std::iter::repeat_with(draw).take(100_000).sum::<f64>() / f64::from(N);
        assert!((mean / expected - 1.0).abs() < 0.02, "{name}: mean {mean}, not {expected}");
    }

    #[test]
    fn means_are_those_of_the_workload() {
        let mut d = draws(20);
        check_mean("pages", 16.0, || u32::try_from(d.pages()).unwrap().into());
        check_mean("think", 7.0 / 20.0, || d.think().as_secs_f64());
        check_mean("hold", 0.005, || d.hold().as_secs_f64());
        check_mean("gap", 0.01, || d.gap(100.0).as_secs_f64());
        // Median 4 KiB and sigma 1 have mean 4096 * sqrt(e); the cut at 256 KiB takes less than 1 %.
        check_mean("length", 4096.0 * 0.5_f64.exp(), || u32::try_from(d.length()).unwrap().into());
        check_mean("growth", 4096.0, || u32::try_from(d.grown(4096)).unwrap().into());
        check_mean("requests", Page::REQUESTS_MEAN, || {
            if matches!(d.page(), Page::Modify | Page::Inspect) { 2.0 } else { 1.0 }
        });
        check_mean("writes", 0.42, || f64::from(u8::from(d.page() == Page::Modify)));
        check_mean("chance", 0.3, || f64::from(u8::from(d.chance(0.3))));
    }

    #[test]
    fn lengths_follow_the_quantiles_and_bounds() {
        let mut d = draws(1);
        let mut lengths: Vec<_> = (0..N).map(|_| d.length()).collect();
        lengths.sort_unstable();
        let quantile = |percent: usize| lengths[lengths.len() * percent / 100];
        assert!((1_050..1_250).contains(&quantile(10)), "{}", quantile(10));
        assert!((4_000..4_200).contains(&quantile(50)), "{}", quantile(50));
        assert!((14_200..15_400).contains(&quantile(90)), "{}", quantile(90));
        assert!(lengths[0] >= HEADER && lengths[lengths.len() - 1] <= LENGTH_MAX);
    }

    #[test]
    fn a_seed_gives_the_same_traffic_again() {
        let traffic = |seed| {
            let mut d = Draws::new(seed, Lengths::LogNormal, 1).unwrap();
            (0..50).map(|_| (d.length(), d.pages(), d.think())).collect::<Vec<_>>()
        };
        assert_eq!(traffic(4), traffic(4));
        assert_ne!(traffic(4), traffic(5));
    }

    #[test]
    fn think_time_is_cut() {
        let mut d = draws(1);
        assert!((0..N).all(|_| d.think() <= THINK_MAX));
    }

    #[test]
    fn compression_below_one_is_refused() {
        assert!(Draws::new(1, Lengths::Fixed, 0).unwrap_err().to_string().contains("1 or more"));
    }
}

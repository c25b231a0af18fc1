//! Everything a run found out, before it is written down.

use crate::{
    peer::Peer,
    statistics::{Better, steady_rounds},
};

/// What was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    /// A heading that says it all but the unit.
    pub(crate) title: String,
    /// The unit.
    pub(crate) unit: &'static str,
    /// Which values are good.
    pub(crate) better: Better,
    /// The peer that the others are compared with.
    pub(crate) baseline: Peer,
    /// Whether the plot shows it.
    pub(crate) plotted: bool,
}

/// One measure of several peers.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// What was measured.
    pub(crate) measure: Measure,
    /// Per peer one value per round, in the order of the rounds.
    pub(crate) rows: Vec<(Peer, Vec<f64>)>,
}

/// All measures of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    /// In the order in which they were first taken.
    pub(crate) series: Vec<Series>,
    /// What a reader must know besides the figures.
    pub(crate) notes: Vec<String>,
    /// Which servers failed, and how.
    pub(crate) failures: Vec<String>,
}

impl Results {
    /// Adds the value that `peer` reached in the next round.
    pub(crate) fn record(&mut self, measure: &Measure, peer: Peer, value: f64) {
        let at = self.series.iter().position(|series| series.measure == *measure);
        let series = match at {
            Some(at) => &mut self.series[at],
            None => {
                self.series.push(Series { measure: measure.clone(), rows: Vec::new() });
                self.series.last_mut().expect("just pushed")
            }
        };
        match series.rows.iter_mut().find(|(known, _)| *known == peer) {
            Some((_, values)) => values.push(value),
            None => series.rows.push((peer, vec![value])),
        }
        eprintln!("    {:<18} {value:>12.3} {}: {}", peer.name(), measure.unit, measure.title);
    }

    /// Takes back what `peer` reached in all but the first `before` series: it failed later on, and
    /// there is no figure without correct answers.
    pub(crate) fn withdraw(&mut self, peer: Peer, before: usize, failure: String) {
        for series in &mut self.series[before..] {
            series.rows.retain(|(known, _)| *known != peer);
        }
        self.failures.push(failure);
    }

    /// Leaves out the rounds in which the ping server was disturbed, wherever at least three
    /// undisturbed ones remain, and notes what was left out or had to stay.
    pub(crate) fn drop_disturbed_rounds(&mut self) {
        for series in &mut self.series {
            let Some(control) = series.of(Peer::Ping) else {
                continue;
            };
            let steady = steady_rounds(control);
            let disturbed = control.len() - steady.len();
            if disturbed == 0 {
                continue;
            }
            let title = &series.measure.title;
            let rounds = control.len();
            self.notes.push(if steady.len() >= 3 {
                format!(
                    "{title}: {disturbed} of {rounds} rounds left out, the control moved by more than 5 %."
                )
            } else {
                format!(
                    "{title}: the control moved by more than 5 % in {disturbed} of {rounds} rounds; too few \
                     would be left, so all are shown. Take differences below 20 % as noise."
                )
            });
            if steady.len() >= 3 {
                for (_, values) in &mut series.rows {
                    *values = steady.iter().filter_map(|round| values.get(*round).copied()).collect();
                }
            }
        }
    }
}

impl Series {
    /// The values of `peer`.
    #[must_use]
    pub(crate) fn of(&self, peer: Peer) -> Option<&[f64]> {
        let (_, values) = self.rows.iter().find(|(known, _)| *known == peer)?;
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure() -> Measure {
        Measure {
            title: "CPU".into(),
            unit: "µs",
            better: Better::Less,
            baseline: Peer::Redis,
            plotted: true,
        }
    }

    fn check_dropped(control: &[f64], left: &[f64]) {
        let mut results = Results::default();
        for (round, value) in (0_u32..).zip(control) {
            results.record(&measure(), Peer::Ping, *value);
            results.record(&measure(), Peer::Redis, round.into());
        }
        results.drop_disturbed_rounds();
        assert_eq!(results.series[0].of(Peer::Redis), Some(left), "{control:?}");
        let disturbed = control.iter().any(|value| (value / 10.0 - 1.0).abs() > 0.05);
        assert_eq!(results.notes.len(), usize::from(disturbed));
    }

    #[test]
    fn a_peer_that_fails_loses_its_figures_of_the_stage_only() {
        let mut results = Results::default();
        let later = Measure { title: "rate".into(), ..measure() };
        for (measure, peer) in [(measure(), Peer::Redis), (later.clone(), Peer::Redis), (later, Peer::Valkey)]
        {
            results.record(&measure, peer, 1.0);
        }
        results.withdraw(Peer::Redis, 1, "lost a session".into());
        let left: Vec<_> = results.series.iter().map(|series| series.rows.clone()).collect();
        assert_eq!(left, [[(Peer::Redis, vec![1.0])], [(Peer::Valkey, vec![1.0])]]);
        assert_eq!(results.failures, ["lost a session"]);
    }

    #[test]
    fn disturbed_rounds_are_dropped_from_all_peers_if_enough_remain() {
        check_dropped(&[10.0, 10.0, 10.0], &[0.0, 1.0, 2.0]);
        check_dropped(&[10.0, 12.0, 10.0, 10.0], &[0.0, 2.0, 3.0]);
        check_dropped(&[10.0, 12.0, 10.0], &[0.0, 1.0, 2.0]);
    }
}

//! Networks that cut, lose and delay.

use std::time::Duration;

use super::Trouble;
use crate::engine;
use crate::machine::Machine;
use crate::network::Link;
use crate::operator;
use crate::time::pass;

impl Trouble {
    pub(super) async fn isolate(&self) {
        let Some(machine) = self.victim() else { return };
        // Held against other trouble only for the choice: a node that is cut off may crash as well.
        machine.give_back();
        let with_operator = self.chance.percent(50);
        let with_engine = self.engine.as_ref().filter(|_| self.chance.percent(50));
        let others = self.others(&machine);
        let mut far: Vec<&str> = others.iter().map(String::as_str).collect();
        far.extend(with_operator.then_some(operator::NAME));
        far.extend(with_engine.map(|_| engine::NAME));
        self.trace.note(format_args!("{} is cut off from {}", machine.name(), far.join(", ")));
        with_engine.inspect(|engine| engine.trouble_begins());
        self.both_ways(&machine, far.iter().copied(), Link::CUT);
        pass(self.chance.millis(200, 6_000)).await;
        self.both_ways(&machine, far.iter().copied(), Link::default());
        with_engine.inspect(|engine| engine.trouble_ends());
        self.trace.note(format_args!("{} is back on the network", machine.name()));
    }

    pub(super) async fn one_way(&self) {
        let Some(machine) = self.victim() else { return };
        machine.give_back();
        let (deaf, all) = (self.chance.percent(50), self.chance.percent(50));
        let mut others = self.others(&machine);
        if !all {
            others.retain(|_| self.chance.percent(50));
        }
        self.trace.note(format_args!(
            "{} {} {}",
            machine.name(),
            if deaf { "does not hear" } else { "is not heard by" },
            others.join(", ")
        ));
        let set = |link: Link| {
            for other in &others {
                let (from, to) =
                    if deaf { (other.as_str(), machine.name()) } else { (machine.name(), other.as_str()) };
                self.network.set(from, to, link);
            }
        };
        set(Link::CUT);
        pass(self.chance.millis(200, 5_000)).await;
        set(Link::default());
        self.trace.note(format_args!("all hear {} again", machine.name()));
    }

    pub(super) async fn corner(&self) {
        let Some(machine) = self.victim() else { return };
        machine.give_back();
        let others = self.others(&machine);
        let accuser = self.chance.pick(&others);
        self.trace.note(format_args!("{} is out of sight of the operator and of {accuser}", machine.name()));
        self.both_ways(&machine, [operator::NAME, &accuser], Link::CUT);
        for _ in 0..6_000 {
            pass(Duration::from_millis(1)).await;
            if self.rings.newest().is_some_and(|ring| ring.member(machine.name()).is_none()) {
                self.trace.note(format_args!("{} is cut off", machine.name()));
                self.both_ways(&machine, others.iter().map(String::as_str), Link::CUT);
                pass(self.chance.millis(200, 2_500)).await;
                break;
            }
        }
        self.both_ways(&machine, others.iter().map(String::as_str), Link::default());
        self.both_ways(&machine, [operator::NAME], Link::default());
        self.trace.note(format_args!("{} is back on the network", machine.name()));
    }

    fn both_ways<'a>(&self, machine: &Machine, others: impl IntoIterator<Item = &'a str>, link: Link) {
        for other in others {
            self.network.set(machine.name(), other, link);
            self.network.set(other, machine.name(), link);
        }
    }

    pub(super) async fn some_links(&self, link: Link) {
        let names: Vec<&str> = self.machines.iter().map(|machine| machine.name()).collect();
        let mut chosen = Vec::new();
        for from in &names {
            for to in &names {
                if from != to && self.chance.percent(40) {
                    chosen.push((*from, *to));
                }
            }
        }
        self.trace.note(format_args!("{} ways are {link:?}", chosen.len()));
        for (from, to) in &chosen {
            self.network.set(from, to, link);
        }
        pass(self.chance.millis(200, 2_500)).await;
        for (from, to) in &chosen {
            self.network.set(from, to, Link::default());
        }
    }

    fn others(&self, machine: &Machine) -> Vec<String> {
        self.machines
            .iter()
            .map(|other| other.name().to_owned())
            .filter(|name| name != machine.name())
            .collect()
    }
}

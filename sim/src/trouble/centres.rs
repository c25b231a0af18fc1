//! Data centres that do not reach each other, or not the engine, or are gone.

use super::Trouble;
use crate::engine;
use crate::machine::Stop;
use crate::network::Link;
use crate::time::pass;

impl Trouble {
    /// The data centres do not reach each other, in one direction or in both; both reach the engine.
    pub(super) async fn centres_cut(&self) {
        let Some(east) = &self.east else { return };
        let (there, back) = (self.chance.percent(80), self.chance.percent(80));
        self.trace.note(format_args!("the data centres are cut apart, {there} {back}"));
        let set = |link: Link| {
            for machine in &self.machines {
                if there {
                    self.network.set(machine.name(), east.name(), link);
                }
                if back || !there {
                    self.network.set(east.name(), machine.name(), link);
                }
            }
        };
        set(Link::CUT);
        pass(self.chance.millis(300, 3_000)).await;
        set(Link::default());
        self.trace.note("the data centres reach each other again");
    }

    /// One data centre reaches neither the other nor the engine; clients reach it.
    pub(super) async fn centre_lost(&self, first: bool) {
        let (Some(east), Some(engine)) = (&self.east, &self.engine) else { return };
        let which = if first { "first" } else { "second" };
        self.trace.note(format_args!("the {which} data centre is lost"));
        let both = |a: &str, b: &str, link: Link| {
            self.network.set(a, b, link);
            self.network.set(b, a, link);
        };
        let set = |link: Link| {
            for machine in &self.machines {
                both(machine.name(), east.name(), link);
                if first {
                    both(machine.name(), engine::NAME, link);
                }
            }
            if !first {
                both(east.name(), engine::NAME, link);
            }
        };
        engine.trouble_begins();
        set(Link::CUT);
        pass(self.chance.millis(500, 4_000)).await;
        set(Link::default());
        engine.trouble_ends();
        self.trace.note(format_args!("the {which} data centre is back"));
    }

    /// The second data centre's process is killed, or loses power, and starts again.
    pub(super) async fn centre_crashes(&self) {
        let Some(east) = self.east.as_ref().filter(|east| east.take()) else { return };
        let how = if self.chance.percent(50) { Stop::Killed } else { Stop::PowerCut };
        east.stop(how);
        pass(self.chance.millis(50, 2_000)).await;
        east.start().expect("a volume that only lost what was not synced can be opened");
        east.give_back();
    }
}

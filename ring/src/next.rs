//! The ring after this one.

use crate::check::UNSETTLED_MAX;
use crate::member::{Member, State};
use crate::ring::{Earlier, Ring};

impl Ring {
    /// The ring that follows: epoch one higher, and this one remembered as unsettled.
    ///
    /// `settled` says of a member of this ring whether it reported at this epoch that it has handed
    /// over all that it does not own, and no longer waits for a lost member to have stopped. Then it
    /// need not be asked as an owner of older times. Older rings are remembered until nobody need
    /// be asked as theirs; a member of them that is lost is given up when all of this ring are
    /// settled. Beyond [`UNSETTLED_MAX`] the oldest is forgotten with whatever its owners still
    /// have: who can wait, waits before that.
    pub fn next(&self, members: Vec<Member>, settled: impl Fn(&str) -> bool) -> Ring {
        let mut unsettled = vec![self.as_earlier()];
        if !self.members.iter().all(|member| settled(&member.name)) {
            let older = self.unsettled.iter().map(|earlier| self.with_news(earlier, &settled));
            unsettled.extend(older.filter(|earlier| earlier.members.iter().any(|former| !former.settled)));
        }
        unsettled.truncate(UNSETTLED_MAX);
        // An Active one takes its own share along, whatever it had of others.
        let empty = |member: &Member| member.state == State::Draining && settled(&member.name);
        let stays = |member: &Member| members.iter().any(|next| next.name == member.name);
        let given_up = |member: &Member| !stays(member) && !empty(member);
        let lossy = self.lossy || self.members.iter().any(given_up);
        Ring { cluster: self.cluster.clone(), epoch: self.epoch + 1, members, unsettled, lossy }
    }

    /// `earlier`, with the members of this ring that are settled marked so.
    fn with_news(&self, earlier: &Earlier, settled: impl Fn(&str) -> bool) -> Earlier {
        let mut earlier = earlier.clone();
        for former in &mut earlier.members {
            former.settled |= self.member(&former.name).is_some() && settled(&former.name);
        }
        earlier
    }
}

//! Who leads, judged from the Lease and from how long it has not changed. A function of values.
//!
//! The timestamps in the record come from other machines' clocks and are never looked at.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::LeaseSpec;

/// How long a record holds without being renewed, as written by this release.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// A leader that could not renew for this long ends, well before anybody else may lead.
pub(super) const FAIL_STOP: Duration = Duration::from_secs(10);

/// What to do about the Lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nobody leads: take it.
    Acquire,
    /// It is ours: say that we are alive.
    Renew,
    /// Somebody else leads.
    Yield,
}

/// What `me` does about a Lease that says `record` and that `me` has not seen change for `unchanged`.
pub(super) fn decide(record: &LeaseSpec, me: &str, unchanged: Duration) -> Decision {
    let duration = record.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
    let duration = duration.filter(|seconds| *seconds > 0).map_or(LEASE, Duration::from_secs);
    match record.holder_identity.as_deref().unwrap_or_default() {
        "" => Decision::Acquire,
        holder if holder == me => Decision::Renew,
        _ if unchanged >= duration => Decision::Acquire,
        _ => Decision::Yield,
    }
}

#[cfg(test)]
mod tests {
    //! A record, its age as seen from here, and what follows.

    use std::time::Duration;

    use k8s_openapi::{
        api::coordination::v1::LeaseSpec, apimachinery::pkg::apis::meta::v1::MicroTime, jiff::Timestamp,
    };

    use super::{Decision, FAIL_STOP, LEASE, decide};

    #[track_caller]
    fn check(holder: Option<&str>, lease_seconds: Option<i32>, unchanged: u64, decision: Decision) {
        let record = LeaseSpec {
            holder_identity: holder.map(str::to_owned),
            lease_duration_seconds: lease_seconds,
            // Would be long expired if anybody believed it.
            renew_time: Some(MicroTime(Timestamp::UNIX_EPOCH)),
            ..LeaseSpec::default()
        };
        assert_eq!(decide(&record, "me", Duration::from_secs(unchanged)), decision);
    }

    #[test]
    fn a_released_lease_is_taken_at_once() {
        check(None, Some(15), 0, Decision::Acquire);
        check(Some(""), Some(15), 0, Decision::Acquire);
    }

    #[test]
    fn ones_own_is_renewed_whatever_its_age() {
        check(Some("me"), Some(15), 0, Decision::Renew);
        check(Some("me"), Some(15), 100, Decision::Renew);
    }

    #[test]
    fn anothers_is_taken_only_after_it_stood_still_for_its_own_time() {
        check(Some("other"), Some(15), 0, Decision::Yield);
        check(Some("other"), Some(15), 14, Decision::Yield);
        check(Some("other"), Some(15), 15, Decision::Acquire);
        check(Some("other"), Some(60), 59, Decision::Yield);
        check(Some("other"), Some(1), 1, Decision::Acquire);
    }

    #[test]
    fn a_record_without_a_usable_time_holds_as_long_as_ours() {
        for seconds in [None, Some(0), Some(-5)] {
            check(Some("other"), seconds, 14, Decision::Yield);
            check(Some("other"), seconds, 15, Decision::Acquire);
        }
    }

    #[test]
    fn a_leader_ends_before_another_may_begin() {
        assert!(FAIL_STOP < LEASE);
    }
}

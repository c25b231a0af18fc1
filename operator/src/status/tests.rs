//! What only time mends is no person's matter. Everything else about the status is in the golden files.

use super::*;
use crate::{
    fixtures,
    validate::{BEING_REMOVED, Refusal},
};

#[test]
fn waiting_for_a_former_cluster_to_go() {
    let check = |reasons: &[&'static str], progressing: (&str, &str), degraded: (&str, &str)| {
        let refusal = |reason: &&'static str| Refusal { reason, message: format!("because {reason}") };
        let refusals = Refusals::new(reasons.iter().map(refusal).collect()).unwrap();
        let (cluster, observed) = (fixtures::cluster("{}"), Observed::default());
        let outcome = Outcome::Refused(refusals);
        let said = status(Timestamp::UNIX_EPOCH, &cluster, Some(&observed), &outcome);
        for (type_, expected) in [(types::PROGRESSING, progressing), (types::DEGRADED, degraded)] {
            let found = said.conditions.iter().find(|condition| condition.type_ == type_).unwrap();
            assert_eq!((found.status.as_str(), found.reason.as_str()), expected, "{reasons:?}: {found:?}");
        }
    };
    let well = ("False", "AsExpected");
    check(&[BEING_REMOVED], ("True", BEING_REMOVED), well);
    check(&[BEING_REMOVED, BEING_REMOVED], ("True", BEING_REMOVED), well);
    check(&[BEING_REMOVED, "NameTaken"], ("False", "Refused"), ("True", "NameTaken"));
    check(&["NameTaken"], ("False", "Refused"), ("True", "NameTaken"));
}

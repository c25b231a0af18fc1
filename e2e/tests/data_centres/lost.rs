//! West is lost: its sessions go on from east, with all that was answered. West comes back: what it was about to write is
//! refused.

use std::time::Duration;

use cloakroom_e2e::{
    CutOffFrom,
    load::{Failure, Report},
    testbed::eventually,
};

use crate::group::{EAST, Group, WEST, group};

/// Before, between and after, to compare with.
const CALM: Duration = Duration::from_secs(3);
/// From when west's engine is away until all of west is: what its nodes are about to write gets stuck.
const STUCK: Duration = Duration::from_secs(1);

/// Shorter than it takes until a pod that does not answer is started anew, and forgets what it was about to write.
const CUT: Duration = Duration::from_secs(15);

const SWINGS: &str = "cloakroom_swings_total";
const LATE: &str = "cloakroom_late_writes_refused_total";
/// Phases in which east serves west's visitors.
const GONE: &str = "west is cut off";
const BACK: &str = "west is back";

#[tokio::test]
async fn sessions_of_a_data_centre_that_is_lost_go_on_from_the_other() {
    group("lost", async |group: &Group<'_>| {
        let loads = group.loads().await;
        loads.a_while(CALM).await;
        loads.mark("west loses the engine and east");
        group.cut_west(Some(CutOffFrom::Engine(group.engine.address().port()))).await;
        loads.a_while(STUCK).await;
        loads.mark(GONE);
        group.cut_west(Some(CutOffFrom::Everybody)).await;
        loads.serve(WEST, EAST);
        loads.a_while(CUT).await;
        let taken_over = group.east.figure(SWINGS);
        loads.mark(BACK);
        group.cut_west(None).await;
        group.west.settled().await;
        group.east.settled().await;
        eventually("west counts late writes that were refused", async || match group.west.figure(LATE) {
            0 => Err("none so far".to_owned()),
            _ => Ok(()),
        })
        .await;
        loads.mark("west serves its visitors again");
        loads.serve(WEST, WEST);
        loads.a_while(CALM).await;
        let late = group.west.figure(LATE);
        let [stock, library] = loads.finish().await;
        for (name, report) in [("stock clients", &stock), ("client library", &library)] {
            println!(
                "figure: a data centre lost, {name}: {} operations, {} errors of those that asked it, {} of those that asked the \
                 other, {} lost, longest hold after the cut {} ms",
                report.requests(),
                report.errors_of(WEST),
                report.errors_of(EAST),
                report.lost_for_good(),
                held(report).as_millis(),
            );
            judge(report);
        }
        println!("figure: a data centre lost: {taken_over} sessions taken over, {late} late writes refused");
        assert!(taken_over > 0, "nothing was taken over");
    })
    .await;
}

/// The longest that anybody waited for an answer, or was put off, from the cut on: of east, since west answers nobody.
fn held(report: &Report) -> Duration {
    let gone = report.phases.iter().filter(|phase| phase.name == GONE);
    gone.map(|phase| phase.longest_hold.max(phase.longest_answer)).max().unwrap_or_default()
}

/// Nobody who asks east fails, whatever becomes of west.
fn judge(report: &Report) {
    report.check_nothing_lost();
    report.check_no_lock_twice();
    let after = report.phases.iter().filter(|phase| [GONE, BACK].contains(&phase.name.as_str()));
    for phase in after {
        let errors = phase.errors_of.get(&EAST).copied().unwrap_or(0);
        assert_eq!(errors, 0, "{}: failures of clients that ask east, see above", phase.name);
    }
    assert_eq!(report.failures(Failure::Shed), 0, "more pages at once than the generator carries");
}

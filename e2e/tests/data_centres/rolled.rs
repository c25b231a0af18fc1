//! A data centre's nodes are replaced one after the other, as its operator does: whoever asks the other data centre for sessions that
//! live there notices nothing.

use std::time::Duration;

use cloakroom_e2e::{load::Load, testbed::eventually};

use crate::group::{EAST, Group, SHOP, WEST, group, plan};

const CALM: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_data_centre_is_rolled_and_those_who_ask_the_other_notice_nothing() {
    group("rolled", async |group: &Group<'_>| {
        let load = Load::start_in(group.stock().await, None, plan(3)).await;
        let load = load.expect("two calm data centres store every session");
        load.a_while(CALM).await;
        load.mark("east serves west's visitors, from west");
        load.serve(WEST, EAST);
        load.a_while(CALM).await;
        load.mark("west is rolled");
        let west = group.west.at;
        let before = west.pod_uids(SHOP).await;
        west.kubectl(&["rollout", "restart", "statefulset/shop"]);
        eventually("every pod of west is another one", async || {
            let now = west.pod_uids(SHOP).await;
            let same = now.iter().filter(|uid| before.contains(uid)).count();
            if same == 0 && now.len() == before.len() { Ok(()) } else { Err(format!("{same} are the same")) }
        })
        .await;
        group.west.settled().await;
        group.east.settled().await;
        load.mark("calm again");
        load.a_while(CALM).await;
        let report = load.finish().await;
        println!("{report}");
        println!(
            "figure: a data centre rolled, stock clients of the other: {} operations, {} errors, {} lost, longest hold {} ms",
            report.requests(),
            report.errors(),
            report.lost_for_good(),
            report.longest_hold().as_millis(),
        );
        report.check_unnoticed();
    })
    .await;
}

//! The same again and again: what goes well by luck fails in the end. Runs only with `CLOAKROOM_LONG`.

use cloakroom_e2e::{
    load::{Lengths, Plan, long},
    testbed::{Sandbox, sandbox},
};

use crate::{
    memory,
    scale::scale,
    under_load::{all_replaced, under_load},
};

#[tokio::test]
async fn ten_rolling_restarts() {
    if !long() {
        return;
    }
    sandbox("load-restarts", async |at: &Sandbox| {
        let report = under_load(at, Plan::default(), async |load| {
            for time in 1..=10 {
                load.mark(&format!("restart {time}"));
                all_replaced(at, async || drop(at.kubectl(&["rollout", "restart", "statefulset/shop"])))
                    .await;
            }
        });
        report.await.check_unnoticed();
    })
    .await;
}

#[tokio::test]
async fn five_times_to_six_and_back() {
    if !long() {
        return;
    }
    sandbox("load-scales", async |at: &Sandbox| {
        let plan = Plan { sessions: 100_000, lengths: Lengths::Fixed, ..Plan::default() };
        let report = under_load(at, plan, async |load| {
            let cycles = async {
                for _ in 0..5 {
                    scale(at, load, 6).await;
                    scale(at, load, 3).await;
                }
            };
            memory::watched(at, cycles).await;
        });
        report.await.check_unnoticed();
    })
    .await;
}

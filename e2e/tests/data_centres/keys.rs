//! The keys of the location cookie are rotated under load: nobody notices, and cookies of before still open.

use std::time::Duration;

use cloakroom_e2e::testbed::eventually;
use cloakroom_location::{Binding, DataCentre, Home, Location};
use serde_json::json;

use crate::group::{Group, SHOP, group};

const CALM: Duration = Duration::from_secs(3);
/// Longer than until a new key seals, and shorter than clocks may differ.
const LATER: Duration = Duration::from_secs(150);

#[tokio::test]
async fn keys_are_rotated_and_nobody_notices() {
    group("rotated", async |group: &Group<'_>| {
        let loads = group.loads().await;
        loads.a_while(CALM).await;
        let before = group.keys().await;
        loads.mark("keys rotated");
        group.west.at.change(SHOP, json!({ "locationKeys": { "rotation": 1 } })).await;
        let after = eventually("there is another key", async || {
            let keys = group.keys().await;
            if keys.newest_id() > before.newest_id() { Ok(keys) } else { Err("the same".to_owned()) }
        })
        .await;
        loads.library.begin_to_rotate(after.clone());
        loads.a_while(CALM).await;
        loads.mark("the new key seals");
        loads.library.rotate(after.clone(), LATER);
        loads.a_while(CALM).await;
        let [stock, library] = loads.finish().await;
        let (opened, unopened) = library.cookies;
        println!(
            "figure: keys rotated under load: {} operations, {} errors, {opened} cookies opened, {unopened} not",
            stock.requests() + library.requests(),
            stock.errors() + library.errors(),
        );
        stock.check_unnoticed();
        library.check_unnoticed();
        assert!(opened > 0, "no cookie was looked at");
        assert_eq!(unopened, 0, "cookies that did not open");

        let seals_from = after.newest_seals_from();
        let binding = Binding { cookie: "location", app: "/", session: "k1im0mymglivv5rttkwn4fle" };
        let home = Home::first(DataCentre::new(1).expect("a number"));
        let sealed = after.seal(seals_from, [0; 24], &Location { home, issued: seals_from }, &binding);
        let day = Duration::from_secs(86_400);
        assert_eq!(before.open(seals_from, &sealed, &binding, day), None, "the new key sealed what was opened");
    })
    .await;
}

//! What is refused, and the word for it.

use cloakroom_crds::ALLOW_DOWNGRADE;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use serde_json::json;

use super::*;
use crate::{
    fixtures::{cluster, settings},
    observed::Stranger,
};

fn check(spec: &str, expected: &[(&str, &str)]) {
    let found = validate(&cluster(spec), &Observed::default(), &settings());
    let found: Vec<Refusal> = found.err().iter().flat_map(Refusals::iter).cloned().collect();
    let reasons: Vec<&str> = found.iter().map(|refusal| refusal.reason).collect();
    assert_eq!(reasons, expected.iter().map(|(reason, _)| *reason).collect::<Vec<_>>(), "{spec}: {found:?}");
    for (refusal, (_, says)) in found.iter().zip(expected) {
        assert!(refusal.message.contains(says), "{:?} does not say {says:?}", refusal.message);
    }
}

#[test]
fn specs() {
    check("{}", &[]);
    check("{podTemplate: {resources: {}}}", &[]);
    check("{hotTier: {size: 1GB}}", &[("InvalidAmount", "spec.hotTier.size: `1GB` is not an amount; write")]);
    check(
        "{storage: {size: lots}, hotTier: {size: 9Ei}, podTemplate: {resources: {limits: {memory: x}}}}",
        &[
            ("InvalidAmount", "spec.hotTier.size: `9Ei` is too large"),
            ("InvalidAmount", "spec.storage.size"),
            ("InvalidAmount", "spec.podTemplate.resources.limits.memory"),
        ],
    );
    check("{state: {port: 70000}}", &[("InvalidPort", "70000 is not a port")]);
    check("{tls: {secretName: a}}", &[]);
    check("{backingStore: {mode: WriteBehind}}", &[("NodesRefuse", "backingStore: it names no engine")]);
    check("{backingStore: {mode: WriteBehind, redis: {addresses: ['redis:6379']}}}", &[]);
    check(
        "{backingStore: {mode: WriteBehind, window: soon, redis: {addresses: ['redis:6379']}}}",
        &[("InvalidTime", "spec.backingStore.window: `soon` is not a time")],
    );
    check(
        "{locationKeys: {rotateEvery: seldom}}",
        &[("InvalidTime", "spec.locationKeys.rotateEvery: `seldom` is not a time")],
    );
    let through = "backingStore: {mode: WriteThrough, redis: {addresses: ['redis:6379']}}";
    let west = "name: west, number: 1, gateway: {keySecret: {name: a}}";
    check(&format!("{{{through}, dataCentre: {{{west}}}}}"), &[]);
    check(&format!("{{dataCentre: {{{west}}}}}"), &[("NodesRefuse", "dataCentre: ")]);
    check(
        &format!("{{{through}, dataCentre: {{{west}, swingBackAfter: later}}}}"),
        &[("InvalidTime", "spec.dataCentre.swingBackAfter: `later` is not a time")],
    );
    check(
        "{hotTier: {size: 2Ti}, podTemplate: {resources: {}}}",
        &[("HotTierTooLarge", "spec.hotTier.size: nodes keep at most 1Ti in memory; write 1Ti or less")],
    );
    check("{hotTier: {size: 1Ti}, podTemplate: {resources: {limits: {memory: 64Ti}}}}", &[]);
}

#[test]
fn a_backing_store_is_not_given_up_by_mistake() {
    let store = |mode: &str| match mode {
        "" => "{}".to_owned(),
        mode => format!("{{backingStore: {{mode: {mode}, redis: {{addresses: ['redis:6379']}}}}}}"),
    };
    for (in_force, asked, annotation, refused) in [
        ("", "WriteThrough", "", None),
        ("WriteBehind", "WriteThrough", "", None),
        ("WriteThrough", "WriteThrough", "", None),
        ("WriteThrough", "WriteBehind", "", Some("cannot go back from WriteThrough to WriteBehind")),
        ("WriteBehind", "", "", Some("spec.backingStore cannot be removed")),
        ("WriteThrough", "", "false", Some("put back mode WriteThrough")),
        ("WriteThrough", "WriteBehind", "true", None),
        ("WriteThrough", "", "true", None),
    ] {
        let mut cluster = cluster(&store(asked));
        cluster.metadata.annotations = Some([(ALLOW_DOWNGRADE.to_owned(), annotation.to_owned())].into());
        let told = json!({ "backingStore": (!in_force.is_empty()).then(|| json!({ "mode": in_force })) });
        cluster.status = Some(serde_json::from_value(told).unwrap());
        let found = validate(&cluster, &Observed::default(), &settings()).err();
        let reason = found.as_ref().map(Refusals::reason);
        assert_eq!(reason, refused.map(|_| "BackingStoreDowngrade"), "{in_force} to {asked}: {found:?}");
        let message = found.map(|found| found.to_string()).unwrap_or_default();
        assert!(message.contains(refused.unwrap_or_default()), "{message}");
    }
}

#[test]
fn sessions_are_not_left_behind_by_mistake() {
    let group = |group: &str| {
        let group = if group.is_empty() { String::new() } else { format!("group: {group}, ") };
        format!(", dataCentre: {{{group}name: west, number: 1, gateway: {{keySecret: {{name: a}}}}}}")
    };
    for (in_force, asked, annotation, refused) in [
        ("{mode: WriteThrough}", group(""), "", None),
        ("{mode: WriteThrough}", group("web/shop"), "", None),
        (
            "{mode: WriteThrough}",
            group("a/b"),
            "",
            Some("belongs to the group web/shop, and nodes of the group a/b"),
        ),
        ("{mode: WriteThrough}", group("a/b"), "true", None),
        ("{mode: WriteThrough, keyPrefix: a/b/}", group("a/b"), "", None),
        ("{mode: WriteThrough, keyPrefix: a/b/}", group("a/c"), "", Some("write spec.dataCentre.group: a/b")),
        (
            "{mode: WriteThrough, keyPrefix: a/b/}",
            String::new(),
            "",
            Some("nodes of the group web/shop would find none"),
        ),
        ("{mode: WriteThrough, keyPrefix: a/b/}", String::new(), "true", None),
        // Nothing was stored so far.
        ("null", group("a/b"), "", None),
    ] {
        let store = "backingStore: {mode: WriteThrough, redis: {addresses: ['redis:6379']}}";
        let mut cluster = cluster(&format!("{{{store}{asked}}}"));
        cluster.metadata.annotations = Some([(ALLOW_DOWNGRADE.to_owned(), annotation.to_owned())].into());
        let status = format!("{{backingStore: {in_force}}}");
        cluster.status = Some(serde_yaml::from_str(&status).unwrap());
        let found = validate(&cluster, &Observed::default(), &settings()).err();
        let reason = found.as_ref().map(Refusals::reason);
        assert_eq!(reason, refused.map(|_| "SessionsLeftBehind"), "{in_force} to {asked}: {found:?}");
        let message = found.map(|found| found.to_string()).unwrap_or_default();
        assert!(message.contains(refused.unwrap_or_default()), "{message}");
    }
}

#[test]
fn things_in_the_way() {
    let claim = |size: &str| -> PersistentVolumeClaim {
        let spec = json!({ "resources": { "requests": { "storage": size } } });
        serde_json::from_value(json!({ "metadata": { "name": "data-shop-0" }, "spec": spec })).unwrap()
    };
    let stranger = |owner: Option<&str>| Stranger {
        kind: "Service".to_owned(),
        name: "shop".to_owned(),
        owner: owner.map(str::to_owned),
        going: false,
    };
    let former = Stranger { going: true, ..stranger(Some("SessionCluster/shop")) };
    for (claims, strangers, expected) in [
        // Larger than asked harms nobody.
        (vec![claim("11Gi"), claim("1Gi")], vec![], None),
        (vec![], vec![stranger(None)], Some("Service shop exists and has no owner: delete it")),
        (vec![], vec![former.clone()], Some("Service shop of a former cluster is still being removed: wait")),
        (vec![], vec![former, stranger(None)], Some("Service shop exists and has no owner: delete it")),
        (vec![], vec![stranger(Some("Deployment/web"))], Some("Service shop exists and is Deployment/web's")),
    ] {
        let observed = Observed { claims, strangers, ..Observed::default() };
        let refused = validate(&cluster("{}"), &observed, &settings()).err();
        let message = refused.as_ref().map(ToString::to_string);
        let says = |expected: &str| message.as_ref().is_some_and(|message| message.contains(expected));
        assert!(expected.map_or(refused.is_none(), says), "{refused:?}");
        let waits = refused.is_some_and(|refused| refused.is_waiting());
        assert_eq!(waits, message.is_some_and(|message| message.contains("wait")));
    }
}

//! Every validation rule, against the real API server: what is accepted, what is refused, and the sentence.

use cloakroom_crds::{
    SessionCluster,
    cases::{self, Case},
};
use cloakroom_e2e::testbed::{Sandbox, eventually, sandbox};
use kube::{
    Api,
    api::{ApiResource, DeleteParams, DynamicObject, PostParams},
};
use serde_json::Value;

#[tokio::test]
async fn every_rule_accepts_and_refuses() {
    sandbox("rules", async |at: &Sandbox| {
        // Sent as they are written: types would fill in what an example leaves out.
        let kind = ApiResource::erase::<SessionCluster>(&());
        let clusters = Api::namespaced_with(at.client.clone(), &at.namespace, &kind);
        let cases = cases::all();
        for case in &cases {
            check(&clusters, case).await;
        }
        println!("figure: {} examples of validation rules", cases.len());
    })
    .await;
}

async fn check(clusters: &Api<DynamicObject>, case: &Case) {
    let sent = match &case.before {
        None => create(clusters, &case.after).await,
        Some(before) => {
            let created = create(clusters, before).await;
            created.unwrap_or_else(|refusal| panic!("{}: refused before its change: {refusal}", case.title));
            replace(clusters, &case.after).await
        }
    };
    match (&sent, &case.refused) {
        (Ok(()), None) => {}
        (Ok(()), Some(message)) => panic!("{}: accepted, without {message:?}", case.title),
        (Err(refusal), None) => panic!("{}: {refusal}", case.title),
        (Err(refusal), Some(message)) => assert!(refusal.contains(message), "{}: {refusal:?}", case.title),
    }
    if sent.is_ok() || case.before.is_some() {
        delete(clusters, &case.after).await;
    }
}

/// # Errors
/// The refusal as a person sees it.
async fn create(clusters: &Api<DynamicObject>, cluster: &Value) -> Result<(), String> {
    let created = clusters.create(&PostParams::default(), &paused(cluster)).await;
    created.map(drop).map_err(|refusal| refusal.to_string())
}

/// # Errors
/// The refusal as a person sees it.
async fn replace(clusters: &Api<DynamicObject>, cluster: &Value) -> Result<(), String> {
    eventually("no status is written in between", async || {
        let mut after = paused(cluster);
        let now = clusters.get(name(cluster)).await.expect("it was created");
        after.metadata.resource_version = now.metadata.resource_version;
        match clusters.replace(name(cluster), &PostParams::default(), &after).await {
            Err(kube::Error::Api(refusal)) if refusal.is_conflict() => Err(refusal.message),
            replaced => Ok(replaced.map(drop).map_err(|refusal| refusal.to_string())),
        }
    })
    .await
}

/// Nobody needs its pods.
fn paused(cluster: &Value) -> DynamicObject {
    let mut cluster = cluster.clone();
    cluster["spec"]["paused"] = Value::Bool(true);
    serde_json::from_value(cluster).expect("a resource")
}

async fn delete(clusters: &Api<DynamicObject>, cluster: &Value) {
    clusters.delete(name(cluster), &DeleteParams::default()).await.expect("it is there");
    eventually("it is gone", async || match clusters.get_opt(name(cluster)).await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}

fn name(cluster: &Value) -> &str {
    cluster["metadata"]["name"].as_str().expect("every case has one")
}

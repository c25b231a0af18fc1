//! Every call of a reconcile to the API server: its timeout, its count if it writes, and what went wrong.
//!
//! Nothing is retried here. Whoever reconciles tries again later with a fresh view, which a repeated request
//! would not have.

mod convert;
mod error;
mod verb;

use std::{fmt::Debug, sync::Arc, time::Duration};

use kube::{
    Api, Client, Resource,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
    core::{DynamicObject, NamespaceResourceScope},
};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use convert::{dynamic, typed};
pub(crate) use error::ApiError;
use error::Call;
pub(crate) use error::why;
use verb::Verb;

use crate::{kind::Kind, metrics::Metrics};

/// Owner of the fields of everything that is applied.
const MANAGER: &str = "cloakroom-operator";
/// Owner of the status. Another than [`MANAGER`]: applying a status without the spec would give the spec up.
const STATUS_MANAGER: &str = "cloakroom-operator-status";
/// Longer than a healthy API server takes for anything here, short enough to notice one that hangs.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The API server.
#[derive(Clone)]
pub(crate) struct Server {
    client: Client,
    metrics: Arc<Metrics>,
}

impl Server {
    pub(crate) fn new(client: Client, metrics: Arc<Metrics>) -> Self {
        Self { client, metrics }
    }

    /// The objects of one namespace.
    pub(crate) fn namespace<'a>(&'a self, namespace: &'a str) -> Objects<'a> {
        Objects { server: self, namespace }
    }
}

/// The objects of one namespace.
#[derive(Clone, Copy)]
pub(crate) struct Objects<'a> {
    server: &'a Server,
    namespace: &'a str,
}

impl Objects<'_> {
    /// The object as it is now, `None` if the API server says there is none.
    ///
    /// # Errors
    /// [`ApiError`], as of every call here.
    pub(crate) async fn get(self, kind: Kind, name: &str) -> Result<Option<DynamicObject>, ApiError> {
        let call = self.call(Verb::Get, kind, name);
        timed(call, self.dynamic(kind).get_opt(name)).await
    }

    /// As [`Objects::get`], typed.
    pub(crate) async fn read<K>(self, kind: Kind, name: &str) -> Result<Option<K>, ApiError>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        let api: Api<K> = Api::namespaced(self.server.client.clone(), self.namespace);
        timed(self.call(Verb::Get, kind, name), api.get_opt(name)).await
    }

    /// All that have these labels.
    pub(crate) async fn list<K>(self, kind: Kind, selector: &str) -> Result<Vec<K>, ApiError>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        let api: Api<K> = Api::namespaced(self.server.client.clone(), self.namespace);
        let call = self.call(Verb::List, kind, selector);
        let params = ListParams::default().labels(selector);
        Ok(timed(call, api.list(&params)).await?.items)
    }

    /// Makes the object's fields that `object` has what `object` says, whoever had them.
    pub(crate) async fn apply(
        self,
        kind: Kind,
        name: &str,
        object: &DynamicObject,
    ) -> Result<DynamicObject, ApiError> {
        let (params, patch) = (PatchParams::apply(MANAGER).force(), Patch::Apply(object));
        self.write(Verb::Patch, kind, name, self.dynamic(kind).patch(name, &params, &patch)).await
    }

    /// Makes an object that must not exist yet.
    pub(crate) async fn create(
        self,
        kind: Kind,
        name: &str,
        object: &DynamicObject,
    ) -> Result<DynamicObject, ApiError> {
        self.write(Verb::Create, kind, name, self.dynamic(kind).create(&posted(), object)).await
    }

    /// Puts `object` in the place of the version that its resourceVersion names, and of no other.
    pub(crate) async fn replace(
        self,
        kind: Kind,
        name: &str,
        object: &DynamicObject,
    ) -> Result<DynamicObject, ApiError> {
        self.write(Verb::Update, kind, name, self.dynamic(kind).replace(name, &posted(), object)).await
    }

    /// Changes only what `patch` names.
    pub(crate) async fn merge(
        self,
        kind: Kind,
        name: &str,
        patch: &impl Serialize,
    ) -> Result<DynamicObject, ApiError> {
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let patch = serde_json::json!(patch);
        let patch = Patch::Merge(&patch);
        self.write(Verb::Patch, kind, name, self.dynamic(kind).patch(name, &params, &patch)).await
    }

    /// Makes the status what `object` says.
    pub(crate) async fn apply_status(
        self,
        kind: Kind,
        name: &str,
        object: &impl Serialize,
    ) -> Result<(), ApiError> {
        let params = PatchParams::apply(STATUS_MANAGER).force();
        let object = serde_json::json!(object);
        let patch = Patch::Apply(&object);
        self.write(Verb::PatchStatus, kind, name, self.dynamic(kind).patch_status(name, &params, &patch))
            .await?;
        Ok(())
    }

    /// Deletes the object with this uid; one that is gone, or has been replaced by another, is left alone.
    pub(crate) async fn delete(
        self,
        kind: Kind,
        name: &str,
        uid: Option<&str>,
        children: PropagationPolicy,
    ) -> Result<(), ApiError> {
        let preconditions = Preconditions { uid: uid.map(str::to_owned), ..Preconditions::default() };
        let params = DeleteParams {
            propagation_policy: Some(children),
            preconditions: Some(preconditions),
            ..DeleteParams::default()
        };
        let deleting = async {
            match self.dynamic(kind).delete(name, &params).await {
                Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
                Err(error) => Err(error),
                Ok(_) => Ok(()),
            }
        };
        self.write(Verb::Delete, kind, name, deleting).await
    }

    /// The complaint about an object that should be gone by now.
    pub(crate) fn still_there(self, kind: Kind, name: &str) -> ApiError {
        ApiError::StillThere { kind, namespace: self.namespace.to_owned(), name: name.to_owned() }
    }

    async fn write<T>(
        self,
        verb: Verb,
        kind: Kind,
        name: &str,
        request: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, ApiError> {
        self.server.metrics.wrote(kind);
        timed(self.call(verb, kind, name), request).await
    }

    fn dynamic(self, kind: Kind) -> Api<DynamicObject> {
        Api::namespaced_with(self.server.client.clone(), self.namespace, &kind.resource())
    }
}

impl<'a> Objects<'a> {
    fn call(self, verb: Verb, kind: Kind, name: &'a str) -> Call<'a> {
        Call { verb, kind, namespace: self.namespace, name }
    }
}

/// The plural names of the resources in a group and version such as `apps/v1`; empty if there is no such.
///
/// # Errors
/// The API server could not be asked.
pub(crate) async fn known_resources(client: &Client, version: &str) -> Result<Vec<String>, ApiError> {
    let undiscovered = |message| ApiError::Undiscovered { version: version.to_owned(), message };
    let listing = tokio::time::timeout(TIMEOUT, client.list_api_group_resources(version));
    match listing.await.map_err(|_| undiscovered("no answer in time".to_owned()))? {
        Ok(listed) => Ok(listed.resources.into_iter().map(|resource| resource.name).collect()),
        // A group that nobody serves is answered in plain text, which gives no reason, only the code.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Vec::new()),
        Err(error) => Err(undiscovered(why(&error))),
    }
}

fn posted() -> PostParams {
    PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() }
}

async fn timed<T>(call: Call<'_>, request: impl Future<Output = kube::Result<T>>) -> Result<T, ApiError> {
    match tokio::time::timeout(TIMEOUT, request).await {
        Ok(answer) => answer.map_err(|error| call.failed(&error)),
        Err(_) => Err(call.timed_out()),
    }
}

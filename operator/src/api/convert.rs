//! Between typed objects, which are built and judged, and dynamic ones, which are sent and compared.

use kube::{ResourceExt as _, core::DynamicObject};
use serde::{Serialize, de::DeserializeOwned};

use super::ApiError;

/// `object` without its type.
pub(crate) fn dynamic(object: &impl Serialize) -> DynamicObject {
    let value = serde_json::to_value(object).expect("objects of the API server have only text keys");
    serde_json::from_value(value).expect("objects of the API server have a kind and metadata")
}

/// `object` with its type.
///
/// # Errors
/// [`ApiError::Unreadable`], which only a broken API server can cause.
pub(crate) fn typed<K: DeserializeOwned>(object: &DynamicObject) -> Result<K, ApiError> {
    let read = serde_json::to_value(object).and_then(serde_json::from_value);
    read.map_err(|error| ApiError::Unreadable { name: object.name_any(), message: error.to_string() })
}

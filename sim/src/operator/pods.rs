//! What Kubernetes says of the pods.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// One pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Another one for each pod of a name.
    pub uid: String,
    /// Whether it has a deletion timestamp.
    pub deleting: bool,
}

/// All pods, and how many are wanted. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Pods(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    pods: BTreeMap<String, Pod>,
    replicas: u16,
    made: u64,
}

impl Pods {
    /// The pod of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Pod> {
        self.0.lock().pods.get(name).cloned()
    }

    /// Makes a pod, or replaces the one of that name.
    pub fn create(&self, name: &str) {
        let mut inner = self.0.lock();
        inner.made += 1;
        let pod = Pod { uid: format!("uid-{}", inner.made), deleting: false };
        inner.pods.insert(name.to_owned(), pod);
    }

    /// Gives the pod its deletion timestamp.
    pub fn delete(&self, name: &str) {
        if let Some(pod) = self.0.lock().pods.get_mut(name) {
            pod.deleting = true;
        }
    }

    /// Removes the pod, whose process has ended.
    pub fn remove(&self, name: &str) {
        self.0.lock().pods.remove(name);
    }

    /// How many pods are wanted.
    #[must_use]
    pub fn replicas(&self) -> u16 {
        self.0.lock().replicas
    }

    /// Wants that many.
    pub fn scale(&self, replicas: u16) {
        self.0.lock().replicas = replicas;
    }
}

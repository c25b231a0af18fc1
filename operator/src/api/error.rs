//! Why a call to the API server did not do what it was for, in words that say what to change.

use kube::core::Status;

use super::verb::Verb;
use crate::kind::Kind;

/// A call that failed, and of what kind the failure was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The operator's role lacks a verb.
    #[error(
        "the operator may not {verb} {resource} in namespace {namespace}: give its role the verb `{verb}` on \
         `{resource}`"
    )]
    RoleLacks { verb: Verb, resource: String, namespace: String },
    /// The object as it would be breaks a rule of its kind.
    #[error("{verb} {kind} {namespace}/{name} was refused: {message}", kind = kind.word())]
    Invalid { verb: Verb, kind: Kind, namespace: String, name: String, message: String },
    /// A rule of the cluster, such as a quota or an admission policy.
    #[error("{verb} {kind} {namespace}/{name} was refused: {message}", kind = kind.word())]
    Refused { verb: Verb, kind: Kind, namespace: String, name: String, message: String },
    /// Somebody else changed the object in between.
    #[error("{kind} {namespace}/{name} changed while it was being written", kind = kind.word())]
    Conflict { kind: Kind, namespace: String, name: String },
    /// No answer in time.
    #[error("the API server did not answer in time ({verb} {kind} {namespace}/{name})", kind = kind.word())]
    Timeout { verb: Verb, kind: Kind, namespace: String, name: String },
    /// Anything else: the network, or a server that cannot now.
    #[error("{verb} {kind} {namespace}/{name} failed: {message}", kind = kind.word())]
    Failed { verb: Verb, kind: Kind, namespace: String, name: String, message: String },
    /// The API server does not say which resources it knows.
    #[error("cannot ask the API server which resources of {version} it knows: {message}")]
    Undiscovered { version: String, message: String },
    /// An object that should be gone is not.
    #[error("{kind} {namespace}/{name} is still being deleted; is the garbage collector (kube-controller-manager) running?", kind = kind.word())]
    StillThere { kind: Kind, namespace: String, name: String },
    /// The API server holds something that its own schema does not allow.
    #[error("cannot read what the API server holds as {name}: {message}")]
    Unreadable { name: String, message: String },
}

/// What was being called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) verb: Verb,
    pub(crate) kind: Kind,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Call<'_> {
    /// The failure of this call that `error` stands for.
    pub(crate) fn failed(self, error: &kube::Error) -> ApiError {
        let Self { verb, kind, namespace, name } = self;
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        match error {
            kube::Error::Api(status) if status.is_forbidden() && is_role(status) => {
                ApiError::RoleLacks { verb, resource: kind.role_name() + verb.subresource(), namespace }
            }
            kube::Error::Api(status) if status.is_conflict() || status.is_already_exists() => {
                ApiError::Conflict { kind, namespace, name }
            }
            kube::Error::Api(status) if status.is_invalid() => {
                ApiError::Invalid { verb, kind, namespace, name, message: status.message.clone() }
            }
            kube::Error::Api(status) if status.is_forbidden() => {
                ApiError::Refused { verb, kind, namespace, name, message: status.message.clone() }
            }
            other => ApiError::Failed { verb, kind, namespace, name, message: why(other) },
        }
    }

    pub(crate) fn timed_out(self) -> ApiError {
        let Self { verb, kind, namespace, name } = self;
        ApiError::Timeout { verb, kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// Quotas and admission policies refuse with the same code, in words of their own; the authorizer's are these.
fn is_role(status: &Status) -> bool {
    status.message.contains("is forbidden: User \"") && status.message.contains(" cannot ")
}

/// What the API server said, or why it said nothing.
pub(crate) fn why(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => chain(other),
    }
}

/// The library's own text stops before the cause, for example before "connection refused".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    //! What the API server answered, and what a person reads about it.

    use kube::core::Status;

    use super::{ApiError, Call};
    use crate::{api::verb::Verb, kind::Kind};

    #[track_caller]
    fn check(verb: Verb, kind: Kind, code: u16, reason: &str, message: &str, said: &str) {
        let call = Call { verb, kind, namespace: "web", name: "shop" };
        let status = Status::failure(message, reason).with_code(code);
        let error: ApiError = call.failed(&kube::Error::Api(status.boxed()));
        assert_eq!(error.to_string(), said);
    }

    #[test]
    fn a_missing_permission_names_the_verb_and_the_resource() {
        let denied = "statefulsets.apps \"shop\" is forbidden: User \"system:serviceaccount:x:y\" cannot patch \
                      resource \"statefulsets\" in API group \"apps\" in the namespace \"web\"";
        check(
            Verb::Patch,
            Kind::StatefulSet,
            403,
            "Forbidden",
            denied,
            "the operator may not patch statefulsets.apps in namespace web: give its role the verb `patch` on \
             `statefulsets.apps`",
        );
        check(
            Verb::PatchStatus,
            Kind::SessionCluster,
            403,
            "Forbidden",
            denied,
            "the operator may not patch sessionclusters.cloakroom.dev/status in namespace web: give its role the \
             verb `patch` on `sessionclusters.cloakroom.dev/status`",
        );
    }

    #[test]
    fn a_rule_of_the_cluster_is_quoted() {
        check(
            Verb::Create,
            Kind::ConfigMap,
            403,
            "Forbidden",
            "exceeded quota: small",
            "create ConfigMap web/shop was refused: exceeded quota: small",
        );
        check(
            Verb::Patch,
            Kind::Service,
            403,
            "Forbidden",
            "services \"shop\" is forbidden: policy x denied: a Service cannot have this name",
            "patch Service web/shop was refused: services \"shop\" is forbidden: policy x denied: a Service cannot \
             have this name",
        );
        check(
            Verb::Patch,
            Kind::Service,
            422,
            "Invalid",
            "spec.ports: bad",
            "patch Service web/shop was refused: spec.ports: bad",
        );
    }

    #[test]
    fn a_race_and_an_outage_are_neither() {
        for (code, reason) in [(409, "Conflict"), (409, "AlreadyExists")] {
            let said = "ConfigMap web/shop changed while it was being written";
            check(Verb::Update, Kind::ConfigMap, code, reason, "whatever", said);
        }
        check(Verb::Get, Kind::Pod, 503, "ServiceUnavailable", "later", "get Pod web/shop failed: later");
    }
}

//! What the API server refuses: each rule once, as an expression in CEL and the sentence that a person gets.
//!
//! The types name the rules beside the fields that they judge. What an expression cannot see, such as the
//! volumes that exist, is judged by the operator. Every rule has accepted and refused examples in
//! `tests/cases`.
//!
//! Amounts are written as integers or strings, hence `string(…)` before they are parsed; a rule that compares
//! them holds for a text that is no amount, because [`AMOUNT`] refuses that with a better sentence.

/// Entries in each `allowFrom`. The API server refuses a rule that might take too long, and this one reads addresses.
pub(crate) const PEERS_MAX: usize = 30;

/// Labels or annotations, for the same reason.
pub(crate) const KEYS_MAX: usize = 32;

/// The schema of a label's value: as long as Kubernetes admits, or the rule over it might take too long.
pub(crate) fn label_value() -> serde_json::Value {
    serde_json::json!({ "type": "string", "maxLength": 63 })
}

/// An expression that must be true, and the message if it is not.
pub(crate) type Rule = (&'static str, &'static str);

/// A revision's label is the name, a dash and a hash of up to ten characters, in 63 characters; what is left
/// over is room for names that later releases derive.
pub(crate) const NAME_LENGTH: Rule = (
    "self.metadata.name.size() <= 40",
    "metadata.name is longer than 40 characters, which leaves no room for the names of pods; choose a shorter one",
);

/// The client Service has the cluster's name, and Services are stricter about names than other resources.
pub(crate) const NAME_OF_A_SERVICE: Rule = (
    "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    "metadata.name becomes the name of a Service; write lower-case letters, digits and dashes, beginning with a letter and without a dash at the end, for example shop-2",
);

/// Whitespace is what an unset variable in somebody's template leaves.
pub(crate) const IMAGE: Rule = (
    r"self.matches('^\\S+$')",
    "image is empty or contains spaces; write one image reference, for example registry.example/cloakroom-node:0.1.0, or remove the field to run the operator's own",
);

/// Before anything is computed with it.
pub(crate) const AMOUNT: Rule = (
    "isQuantity(string(self))",
    "this is not an amount; write a number with Mi, Gi or Ti, for example 512Mi or 10Gi",
);

/// Below it the journal's segments and their compaction have no room.
pub(crate) const STORAGE_MINIMUM: Rule = (
    "!isQuantity(string(self)) || quantity(string(self)).compareTo(quantity('1Gi')) >= 0",
    "storage.size is below 1Gi, too small for a journal and its compaction; write 1Gi or more",
);

/// No storage driver shrinks a volume.
pub(crate) const STORAGE_NEVER_SHRINKS: Rule = (
    "!isQuantity(string(self)) || !isQuantity(string(oldSelf)) || quantity(string(self)).compareTo(quantity(string(oldSelf))) >= 0",
    "storage.size cannot shrink, because volumes cannot; write the former size or more, or make a new SessionCluster with smaller volumes",
);

/// A volume stays where it was made, so a class that can be changed would be a lie.
pub(crate) const STORAGE_CLASS_IMMUTABLE: Rule = (
    "has(self.storageClassName) == has(oldSelf.storageClassName) && (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)",
    "storage.storageClassName cannot be set, changed or removed after creation, because volumes cannot move; write the former value, or make a new SessionCluster with the other class",
);

/// Less serves nothing from memory.
pub(crate) const HOT_TIER_MINIMUM: Rule = (
    "!isQuantity(string(self)) || quantity(string(self)).compareTo(quantity('1Mi')) >= 0",
    "hotTier.size is below 1Mi; write 1Mi or more, for example 256Mi",
);

/// What a node needs beside its hot tier, or the kernel kills it under load.
pub(crate) const HOT_TIER_FITS: Rule = (
    "!has(self.podTemplate.resources.limits) || !('memory' in self.podTemplate.resources.limits) || !isQuantity(string(self.podTemplate.resources.limits['memory'])) || !isQuantity(string(self.hotTier.size)) || quantity(string(self.podTemplate.resources.limits['memory'])).compareTo(quantity(string(self.hotTier.size)).add(quantity('192Mi'))) >= 0",
    "the memory limit does not hold hotTier.size and the 192Mi that a node needs beside it; raise podTemplate.resources.limits.memory (768Mi unless set) or write a smaller hotTier.size",
);

/// The rule above computes with it.
pub(crate) const MEMORY_LIMIT_IS_AN_AMOUNT: Rule = (
    "!has(self.limits) || !('memory' in self.limits) || isQuantity(string(self.limits['memory']))",
    "podTemplate.resources.limits.memory is not an amount; write a number with Mi or Gi, for example 768Mi",
);

/// Each node listens on these beside the state port.
pub(crate) const STATE_PORT_IS_FREE: Rule = (
    "!(self in [9424, 42425, 42426, 42443])",
    "state.port is a port that nodes use themselves (9424 for administration, 42425 for their peers, 42426 for other data centres, 42443 for TLS); write another one, for example 42424",
);

/// Kubernetes refuses an empty peer, and so late that it would be the operator's problem.
pub(crate) const PEERS_NAME_SOMEBODY: Rule = (
    "self.all(peer, has(peer.podSelector) || has(peer.namespaceSelector) || has(peer.ipBlock))",
    "an entry of allowFrom names nobody; write podSelector, namespaceSelector or ipBlock in each, or podSelector: {} for every pod of this namespace",
);

/// As above.
pub(crate) const PEERS_BY_ADDRESS_ALONE: Rule = (
    "self.all(peer, !has(peer.ipBlock) || !(has(peer.podSelector) || has(peer.namespaceSelector)))",
    "an entry of allowFrom has ipBlock beside a selector; write two entries, either of which admits",
);

/// As above.
pub(crate) const PEERS_ADDRESSES: Rule = (
    "self.all(peer, !has(peer.ipBlock) || isCIDR(peer.ipBlock.cidr))",
    "an ipBlock.cidr of allowFrom is not a range of addresses; write for example 10.0.0.0/16, or 10.0.0.7/32 for one address",
);

/// The operator selects its pods by them.
pub(crate) const OPERATOR_KEYS: Rule = (
    "self.all(key, !(key in ['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app.kubernetes.io/component', 'app.kubernetes.io/managed-by']) && !key.startsWith('cloakroom.dev/'))",
    "a key belongs to the operator (app.kubernetes.io/name, instance, component and managed-by, and all of cloakroom.dev/); remove it or choose another key",
);

/// Kubernetes refuses other keys, and so late that it would be the operator's problem.
pub(crate) const KEYS_ARE_NAMES: Rule = (
    "self.all(key, !format.qualifiedName().validate(key).hasValue())",
    "a key is not a name that Kubernetes accepts; write letters, digits, '-', '_' and '.', at most 63 characters, after an optional DNS name and a slash, for example example.com/team",
);

/// As above.
pub(crate) const VALUES_ARE_LABELS: Rule = (
    "self.all(key, !format.labelValue().validate(self[key]).hasValue())",
    "a value is not one that Kubernetes accepts in a label; write letters, digits, '-', '_' and '.', at most 63 characters, with a letter or digit at both ends",
);

/// Two would have to agree on every session.
pub(crate) const ONE_ENGINE: Rule = (
    "has(self.redis) != has(self.postgres)",
    "backingStore names no engine, or two; write exactly one of redis and postgres",
);

/// With `WriteBehind` nodes serve without the engine anyway.
pub(crate) const DEGRADE_IS_FOR_WRITE_THROUGH: Rule = (
    "self.whenUnreachable != 'Degrade' || self.mode == 'WriteThrough'",
    "backingStore.whenUnreachable: Degrade is for mode: WriteThrough; remove it, with WriteBehind the nodes serve without the engine anyway",
);

/// What the nodes accept.
pub(crate) const WINDOW: Rule = (
    "self.matches('^[0-9]{1,5}(ms|s)$') && duration(self) >= duration('50ms') && duration(self) <= duration('60s')",
    "backingStore.window is not a time from 50ms to 60s; write for example 1s or 250ms",
);

/// Sentinels and clusters have other rules of who answers.
pub(crate) const STANDALONE_IS_ONE: Rule = (
    "self.topology != 'Standalone' || self.addresses.size() == 1",
    "several addresses are not one server; write topology: Cluster or topology: Sentinel, or a single address",
);

/// Sentinels know several servers by name.
pub(crate) const SENTINELS_NAME_THE_MASTER: Rule = (
    "(self.topology == 'Sentinel') == has(self.masterName)",
    "redis.masterName belongs to topology: Sentinel; write there what the sentinels call the server, for example mymaster, and remove it otherwise",
);

/// Redis Cluster knows no other.
pub(crate) const CLUSTER_HAS_ONE_DATABASE: Rule = (
    "self.topology != 'Cluster' || self.database == 0",
    "a Redis Cluster has only database 0; remove redis.database",
);

/// An address without its port would be found out by each node for itself.
pub(crate) const ADDRESSES: Rule = (
    r"self.all(address, address.matches('^([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$') && int(address.substring(address.lastIndexOf(':') + 1)) >= 1 && int(address.substring(address.lastIndexOf(':') + 1)) <= 65535 && (!address.startsWith('[') || isIP(address.substring(1, address.lastIndexOf(']')))))",
    "one of redis.addresses is not a host and a port; write for example redis.data.svc:6379, or [fd00::7]:6379",
);

/// As above.
pub(crate) const HOST: Rule = (
    "self.matches('^[A-Za-z0-9._-]+$') || isIP(self)",
    "postgres.host is neither a host name nor an IP address; write one without its port, for example postgres.data.svc",
);

/// It is part of every statement.
pub(crate) const SCHEMA: Rule = (
    "self.matches('^[a-z_][a-z0-9_]*$')",
    "postgres.schema is not a plain name; write lower-case letters, digits and underscores, no digit first, for example cloakroom",
);

/// What certificates bear.
pub(crate) const SERVER_NAME: Rule = (
    "self.matches('^[A-Za-z0-9._-]+$') || isIP(self)",
    "tls.serverName is neither a host name nor an IP address; write what the engine's certificate bears, or remove it",
);

/// Without the engine's decision before each answer, two data centres could both be right.
pub(crate) const DATA_CENTRE_WRITES_THROUGH: Rule = (
    "!has(self.dataCentre) || (has(self.backingStore) && self.backingStore.mode == 'WriteThrough' && self.backingStore.whenUnreachable == 'Stall')",
    "dataCentre needs a backingStore with mode: WriteThrough and whenUnreachable: Stall, or two data centres could serve one session; write both, or remove dataCentre",
);

/// Nobody could tell whose sessions these are.
pub(crate) const PEERS_NEED_A_DATA_CENTRE: Rule = (
    "!has(self.peers) || self.peers.size() == 0 || has(self.dataCentre)",
    "peers are those of a data centre; write dataCentre with a name, a number and a gateway, or remove peers",
);

/// A session's home is one of them.
pub(crate) const PEERS_ARE_OTHERS: Rule = (
    "!has(self.peers) || !has(self.dataCentre) || self.peers.all(peer, peer.name != self.dataCentre.name && peer.number != self.dataCentre.number)",
    "one of peers has the name or the number of dataCentre itself; list the others alone, each with the name and number of its own",
);

/// As above.
pub(crate) const PEERS_ARE_DISTINCT: Rule = (
    "self.all(peer, self.exists_one(other, other.name == peer.name || other.number == peer.number))",
    "two of peers have the same name or the same number; write for each what its own dataCentre has",
);

/// Stored sessions have nothing else to name their home by.
pub(crate) const NUMBER_IS_FOR_LIFE: Rule = (
    "self == oldSelf",
    "dataCentre.number cannot change, because stored sessions name their home by it; write the former number",
);

/// What is stored begins with it: with one slash, as with a namespace and a name, nothing of one group is among another's.
pub(crate) const GROUP: Rule = (
    "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    "dataCentre.group is not two names with a slash between them; write the namespace and name of the first SessionCluster of the group, for example web/shop",
);

/// It stands in configurations, conditions and metrics.
pub(crate) const DATA_CENTRE_NAME: Rule = (
    "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    "the name of a data centre is not a plain one; write lower-case letters, digits and dashes, for example west",
);

/// What the nodes accept.
pub(crate) const SWING_BACK_AFTER: Rule = (
    "self.matches('^[0-9]{1,5}(s|m|h)$') && duration(self) >= duration('1s') && duration(self) <= duration('168h')",
    "dataCentre.swingBackAfter is not a time from 1s to 168h; write for example 10m, or remove it, and sessions stay where they are",
);

/// As for an engine's.
pub(crate) const PEER_ADDRESS: Rule = (
    r"self.matches('^([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$') && int(self.substring(self.lastIndexOf(':') + 1)) >= 1 && int(self.substring(self.lastIndexOf(':') + 1)) <= 65535 && (!self.startsWith('[') || isIP(self.substring(1, self.lastIndexOf(']'))))",
    "the address of a peer is not a host and a port; write for example shop-gateway.web.svc:42426, or [fd00::7]:42426",
);

/// Days are what people think in here, and CEL's times have none.
pub(crate) const ROTATE_EVERY: Rule = (
    "(self.matches('^[0-9]{1,3}d$') && int(self.replace('d', '')) >= 1 && int(self.replace('d', '')) <= 365) || (self.matches('^[0-9]{1,4}h$') && int(self.replace('h', '')) >= 1 && int(self.replace('h', '')) <= 8760)",
    "locationKeys.rotateEvery is not a time from 1h to 365d; write hours or days, for example 30d",
);

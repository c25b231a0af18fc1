//! The examples are complete and say what they mean. Whether they hold is asked of a real API server elsewhere.

use std::collections::BTreeSet;

use cloakroom_crds::cases::all;
use serde_json::Value;

use crate::fields::unknown_fields;

/// Every `message` of a rule below `schema`.
fn messages(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(keys) => {
            for rule in keys.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten() {
                found.insert(rule["message"].as_str().unwrap_or_default().to_owned());
            }
            keys.values().for_each(|value| messages(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| messages(item, found)),
        _ => {}
    }
}

#[test]
fn refuse_with_every_message_and_with_no_other() {
    let mut rules = BTreeSet::new();
    messages(&serde_json::to_value(cloakroom_crds::crd()).unwrap(), &mut rules);
    let examples: BTreeSet<String> = all().into_iter().filter_map(|case| case.refused).collect();
    assert_eq!(examples, rules);
}

#[test]
fn show_both_sides_of_every_rule() {
    let files = |refused: bool| -> BTreeSet<String> {
        all()
            .into_iter()
            .filter(|case| case.refused.is_some() == refused)
            .map(|case| case.title.split(": ").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(files(false), files(true));
}

#[test]
fn use_only_fields_that_exist() {
    for case in all() {
        for resource in [case.before.as_ref(), Some(&case.after)].into_iter().flatten() {
            assert_eq!(unknown_fields(resource), Vec::<String>::new(), "{}", case.title);
        }
    }
}

//! What differs between an object and the one it is compared with, so that a golden file shows nothing else.

use serde_json::{Map, Value};

/// Texts of so many lines are shown whole.
const SHORT: usize = 5;

/// Kind, name and what differs from the object of that kind and name in `base`; `None` if nothing does. What is
/// gone shows as null.
pub(crate) fn difference(base: &[Value], object: &Value) -> Option<Value> {
    let same = |other: &&Value| {
        other["kind"] == object["kind"] && other["metadata"]["name"] == object["metadata"]["name"]
    };
    let Some(base) = base.iter().find(same) else { return Some(object.clone()) };
    let mut shown = differing(base, object)?;
    shown["kind"] = object["kind"].clone();
    shown["metadata"]["name"] = object["metadata"]["name"].clone();
    Some(shown)
}

fn differing(base: &Value, value: &Value) -> Option<Value> {
    if base == value {
        return None;
    }
    match (base, value) {
        (Value::Object(base), Value::Object(map)) => {
            let gone =
                base.keys().filter(|key| !map.contains_key(*key)).map(|key| (key.clone(), Value::Null));
            let changed = map.iter().filter_map(|(key, value)| {
                let value =
                    base.get(key).map_or_else(|| Some(value.clone()), |base| differing(base, value))?;
                Some((key.clone(), value))
            });
            Some(Value::Object(gone.chain(changed).collect::<Map<_, _>>()))
        }
        // Elements are told by their place.
        (Value::Array(base), Value::Array(list)) if base.len() == list.len() => {
            let changed = base.iter().zip(list).enumerate();
            let changed =
                changed.filter_map(|(at, (base, value))| Some((at.to_string(), differing(base, value)?)));
            Some(Value::Object(changed.collect::<Map<_, _>>()))
        }
        (Value::String(base), Value::String(text)) if base.lines().count() > SHORT => Some(lines(base, text)),
        _ => Some(value.clone()),
    }
}

/// The lines that are new, and how many are gone.
fn lines(base: &str, text: &str) -> Value {
    let not_in = |other: &str| {
        let known: Vec<String> = other.lines().map(str::to_owned).collect();
        move |line: &&str| known.iter().all(|known| known != line)
    };
    let gone = base.lines().filter(not_in(text)).count();
    let new: String = text.lines().filter(not_in(base)).map(|line| format!("{line}\n")).collect();
    Value::String(format!("{new}({gone} lines gone)"))
}
